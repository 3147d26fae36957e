"""What happens when people are identified."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class CohortBuilt:
    """A cohort run was written: who joined, who left."""

    run: UUID


@dataclass(frozen=True)
class RecordsAsked:
    """Somebody who cares for a person wants to know what the records say of them."""

    question: UUID


@dataclass(frozen=True)
class AskingEnded:
    """The legal basis on which the members of a programme were asked has ended; all of them have left."""

    programme: str


@dataclass(frozen=True)
class MemberLeft:
    """One person is no longer a member."""

    member: UUID
    person: UUID
    why: str
