"""Organisations, people who work, legal bases, who may see whom, and what was seen."""

from openprotect.governance.models.access import (
    AccessGrant,
)
from openprotect.governance.models.access_stops import (
    AccessStop,
    AccessStopRequest,
)
from openprotect.governance.models.agreements import (
    AgreementSignature,
    Export,
    SharingAgreement,
)
from openprotect.governance.models.audit import (
    DENIALS,
    AuditEvent,
    PatternReview,
    WhoSawLetter,
)
from openprotect.governance.models.bases import (
    BasisApproval,
    BasisChange,
    BasisExtension,
    BasisParty,
    BasisWarning,
    LegalBasis,
    LegalHold,
)
from openprotect.governance.models.emergency import (
    EmergencyAccess,
    EmergencyNotice,
    EmergencyReview,
    EmergencyTry,
)
from openprotect.governance.models.installation import (
    Installation,
    ServiceClock,
)
from openprotect.governance.models.organisations import (
    Organisation,
    OrganisationRelation,
    Team,
    TeamHours,
)
from openprotect.governance.models.retention import (
    Disposal,
)
from openprotect.governance.models.risks import (
    DocumentAnswer,
    DocumentAsked,
    DocumentVersion,
    Risk,
    RiskDissent,
    RiskDocument,
    RiskStep,
)
from openprotect.governance.models.staff import (
    Credential,
    Membership,
    Role,
    StaffSession,
    User,
)
from openprotect.governance.models.trail import (
    AuditAnchor,
    AuditCheckpoint,
    AuditSeal,
    AuditUnsealed,
    SendingHold,
)

__all__ = [
    "DENIALS",
    "AccessGrant",
    "AccessStop",
    "AccessStopRequest",
    "AgreementSignature",
    "AuditAnchor",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "BasisApproval",
    "BasisChange",
    "BasisExtension",
    "BasisParty",
    "BasisWarning",
    "Credential",
    "Disposal",
    "DocumentAnswer",
    "DocumentAsked",
    "DocumentVersion",
    "EmergencyAccess",
    "EmergencyNotice",
    "EmergencyReview",
    "EmergencyTry",
    "Export",
    "Installation",
    "LegalBasis",
    "LegalHold",
    "Membership",
    "Organisation",
    "OrganisationRelation",
    "PatternReview",
    "Risk",
    "RiskDissent",
    "RiskDocument",
    "RiskStep",
    "Role",
    "SendingHold",
    "ServiceClock",
    "SharingAgreement",
    "StaffSession",
    "Team",
    "TeamHours",
    "User",
    "WhoSawLetter",
]
