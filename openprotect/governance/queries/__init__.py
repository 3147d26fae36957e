"""Who somebody is, and what they may see; what was seen."""

from openprotect.governance.queries.audit import audit_events
from openprotect.governance.queries.bases import basis_id, find_basis
from openprotect.governance.queries.installation import is_demo
from openprotect.governance.queries.organisations import organisation_names, organisations, owner_team
from openprotect.governance.queries.staff import (
    StaffMember,
    covered_by,
    membership_titles,
    memberships_of,
    names_acting,
    people_who_work,
    roles,
    staff_member,
    user_id_of,
    user_names,
)

__all__ = [
    "StaffMember",
    "audit_events",
    "basis_id",
    "covered_by",
    "find_basis",
    "is_demo",
    "membership_titles",
    "memberships_of",
    "names_acting",
    "organisation_names",
    "organisations",
    "owner_team",
    "people_who_work",
    "roles",
    "staff_member",
    "user_id_of",
    "user_names",
]
