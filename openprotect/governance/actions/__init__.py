"""Writes of governance: the audit trail, organisations and people who work, who may see whom."""

from openprotect.governance.actions.access import grant_access
from openprotect.governance.actions.audit import permit, record, record_denial, record_each
from openprotect.governance.actions.bases import state_basis
from openprotect.governance.actions.organisations import form_team, register_organisations
from openprotect.governance.actions.staff import appoint, change_membership, define_role, end_membership, transfer

__all__ = [
    "appoint",
    "change_membership",
    "define_role",
    "end_membership",
    "form_team",
    "grant_access",
    "permit",
    "record",
    "record_denial",
    "record_each",
    "register_organisations",
    "state_basis",
    "transfer",
]
