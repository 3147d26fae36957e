"""Who somebody is, and what they may see; what was seen."""

from openprotect.governance.queries.access import CouldSee, GrantsHeld, Worker, who_could_see
from openprotect.governance.queries.access_stops import access_stop, access_stop_request, access_stop_requests, people_asked_about, stops_in_force
from openprotect.governance.queries.agreements import Agreement, agreement, agreements, agreements_to_export, bases_to_agree_on, every_organisation, export_by_id, exports, exports_of_requests, resting_on, waiting_exports
from openprotect.governance.queries.audit import AuditSearch, EVERYTHING, OwnCounts, OwnEvent, OwnSearch, WhoSaw, audit_actions, audit_events, own_audit, own_audit_counts, who_saw
from openprotect.governance.queries.bases import basis_id, basis_titles, find_basis
from openprotect.governance.queries.installation import is_demo
from openprotect.governance.queries.organisations import organisation_by_code, organisation_names, organisations, owner_team
from openprotect.governance.queries.staff import StaffMember, covered_by, membership_titles, memberships_of, names_acting, people_who_work, role_labels, roles, staff_member, user_id_of, user_names, users_called

__all__ = [
    "Agreement",
    "AuditSearch",
    "CouldSee",
    "EVERYTHING",
    "GrantsHeld",
    "OwnCounts",
    "OwnEvent",
    "OwnSearch",
    "StaffMember",
    "WhoSaw",
    "Worker",
    "access_stop",
    "access_stop_request",
    "access_stop_requests",
    "agreement",
    "agreements",
    "agreements_to_export",
    "audit_actions",
    "audit_events",
    "bases_to_agree_on",
    "basis_id",
    "basis_titles",
    "covered_by",
    "every_organisation",
    "export_by_id",
    "exports",
    "exports_of_requests",
    "find_basis",
    "is_demo",
    "membership_titles",
    "memberships_of",
    "names_acting",
    "organisation_by_code",
    "organisation_names",
    "organisations",
    "own_audit",
    "own_audit_counts",
    "owner_team",
    "people_asked_about",
    "people_who_work",
    "resting_on",
    "role_labels",
    "roles",
    "staff_member",
    "stops_in_force",
    "user_id_of",
    "user_names",
    "users_called",
    "waiting_exports",
    "who_could_see",
    "who_saw",
]
