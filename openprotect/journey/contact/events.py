"""What happens while we reach people."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class OccurrencesPlanned:
    """Steps of the ladder were planned; they carry this batch id."""

    batch: UUID


@dataclass(frozen=True)
class ContactExhausted:
    """Nothing we may do reaches this member. `why` says what was tried."""

    member: UUID
    source_id: str
    why: str


@dataclass(frozen=True)
class WelfareConcern:
    """What was heard or seen on a call worries the call handler."""

    member: UUID
    source_id: str
    why: str


@dataclass(frozen=True)
class ContactedInError:
    """Somebody whom we reached should never have been contacted."""

    member: UUID
