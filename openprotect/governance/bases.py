"""The keys of the legal bases that the service itself asks for."""

DIRECT_CARE = "direct-care"  # the care of a programme's members rests on it
