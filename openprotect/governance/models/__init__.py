"""Organisations, people who work, legal bases, who may see whom, and what was seen."""

from openprotect.governance.models.access import AccessGrant
from openprotect.governance.models.audit import AuditEvent
from openprotect.governance.models.bases import LegalBasis
from openprotect.governance.models.installation import Installation, ServiceClock
from openprotect.governance.models.organisations import Organisation, Team
from openprotect.governance.models.staff import Membership, Role, User

__all__ = [
    "AccessGrant",
    "AuditEvent",
    "Installation",
    "LegalBasis",
    "Membership",
    "Organisation",
    "Role",
    "ServiceClock",
    "Team",
    "User",
]
