"""The legal bases that the service itself asks for: by key, or by purpose."""

DIRECT_CARE = "direct-care"  # the care of a programme's members rests on it
EMERGENCY_CARE = "emergency_care"  # the purpose for which one record is opened outside somebody's scope
