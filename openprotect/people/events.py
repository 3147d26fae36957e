"""What happens to people and lists."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ListReceived:
    """A list version was taken in."""

    name: str
    number: int


@dataclass(frozen=True)
class ContactDeclined:
    """A person asked for no more contact."""

    person: UUID


@dataclass(frozen=True)
class ContactWanted:
    """A person who had declined contact wants it again."""

    person: UUID


@dataclass(frozen=True)
class DeathRecorded:
    """We learnt that a person has died."""

    person: UUID
