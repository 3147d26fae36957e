"""Who somebody is, and what they may see; what was seen."""

from openprotect.governance.queries.audit import audit_events
from openprotect.governance.queries.bases import basis_id, find_basis
from openprotect.governance.queries.installation import is_demo
from openprotect.governance.queries.organisations import organisation_names, organisations, owner_team
from openprotect.governance.queries.staff import StaffMember, staff_member, user_id_of, user_names

__all__ = [
    "StaffMember",
    "audit_events",
    "basis_id",
    "find_basis",
    "is_demo",
    "organisation_names",
    "organisations",
    "owner_team",
    "staff_member",
    "user_id_of",
    "user_names",
]
