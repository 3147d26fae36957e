"""What act decides with."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Wanted:
    """A call to action that something asks for."""

    category: str
    urgency: str
    why: str


@dataclass(frozen=True)
class OpenedLink:
    """What a partner's link opens: one referral to one organisation. `link` names the link without its token."""

    link: UUID
    referral: UUID
    organisation: int
    person: UUID
