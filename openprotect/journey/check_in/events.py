"""What happens to check-ins."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class CheckInsOpened:
    """Check-ins were opened for a batch of planned steps."""

    batch: UUID
    opened: int


@dataclass(frozen=True)
class CheckInSubmitted:
    """A person's answers were taken in."""

    answer_set: UUID
    member: UUID
    person: UUID
    occurrence: int


@dataclass(frozen=True)
class CheckInsMissed:
    """Check-ins ran out without an answer; they carry this sweep id."""

    sweep: UUID
    missed: int
