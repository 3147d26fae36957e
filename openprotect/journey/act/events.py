"""What happens to calls to action, cases and referrals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class CallToActionRaised:
    """A call to action has an owner and a clock."""

    call_to_action: UUID


@dataclass(frozen=True)
class ReferralSent:
    """A call to action was handed to another organisation; its link is still to be sent."""

    referral: UUID


@dataclass(frozen=True)
class ReferralSettled:
    """A partner handed a referral back or reported an outcome."""

    referral: UUID


@dataclass(frozen=True)
class CaseClosed:
    """The last open call to action of a member was closed."""

    case: UUID
    member: UUID
