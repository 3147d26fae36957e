"""What is hashed, and how: the same that the database's own functions say in SQL.

- Event hash: SHA-256 over every column of the event in the order of `FORMATS`, each as PostgreSQL's
  text in UTC and ISO style, written `LENGTH:BYTES,`, and `-,` where it is NULL.
- Chain hash: SHA-256 over the chain hash before, the event hash, and `POSITION|EVENT|FORMAT|SEALED AT`.
- The first chain hash follows from the id of the installation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# The columns of an event that each format seals. A new column of the table is a new format: what was
# sealed before stays as it was.
FORMATS: dict[int, tuple[str, ...]] = {
    1: ("id", "at", "identity", "actor", "organisation_id", "membership_id", "role", "basis_id", "purpose",
        "action", "person_id", "object_type", "object_id", "why"),
}  # fmt: skip
NEWEST = max(FORMATS)
EVENT = FORMATS[NEWEST]
SEAL = ("position", "event_id", "format", "sealed_at", "event_hash", "chain_hash")
CUT = "audit trail cut"

INTACT, BROKEN, NOT_JUDGED = 0, 1, 2

Text = bytes | None


class CannotBeJudged(Exception):
    """Something that is needed for a judgement is not there or cannot be read."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where, on which side (`event`, `seal`, `trail`, `anchor`), and what."""

    side: str
    what: str
    position: int | None = None
    event: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = [
            f"line {self.line}" if self.line is not None else "",
            f"position {self.position}" if self.position is not None else "",
            f"event {self.event}" if self.event is not None else "",
            self.side,
        ]
        return f"{', '.join(filter(None, where))}: {self.what}"


@dataclass(frozen=True)
class Sealed:
    """A seal as it is stored, and the event that it names. `fault` says what could not be read of the row."""

    position: int
    event_id: int
    format: int
    sealed_at: bytes
    event_hash: bytes
    chain_hash: bytes
    event: tuple[Text, ...] | None
    line: int | None = None


@dataclass(frozen=True)
class Unreadable:
    """A line of a file that is not as it was written."""

    line: int
    what: str


@dataclass(frozen=True)
class Unsealed:
    """An event without a seal; `event` None: something waits for a seal and is not there."""

    event_id: int
    event: tuple[Text, ...] | None
    waiting: bool
    line: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """Where the trail begins since its oldest part was disposed of."""

    position: int
    chain_hash: bytes


@dataclass(frozen=True)
class Anchored:
    """That a line was written to the anchor, as the database has noted it."""

    at: datetime
    position: int
    head: str


class Source(Protocol):
    """A trail to be verified."""

    installation: str
    checkpoint: Checkpoint | None

    def seals(self) -> Iterator[Sealed | Unreadable]:
        """Every seal in the order of positions, with its event."""

    def unsealed(self) -> Iterator[Unsealed | Unreadable]:
        """Every event without a seal."""

    def anchored(self) -> Sequence[Anchored]:
        """Every line that was written to the anchor, where that is known."""


def start_of(installation: str) -> bytes:
    """What stands before the first seal of an installation."""
    return hashlib.sha256(f"OpenProtect audit chain {installation}".encode()).digest()


def event_hash(columns: Iterable[Text]) -> bytes:
    """The hash of an event, over all its columns."""
    return hashlib.sha256(
        b"".join([b"-," if value is None else b"%d:%b," % (len(value), value) for value in columns])
    ).digest()


def chain_hash(before: bytes, event: bytes, seal: Sealed) -> bytes:
    """The hash that a seal must have after the one before."""
    return hashlib.sha256(
        b"%b%b%d|%d|%d|%b" % (before, event, seal.position, seal.event_id, seal.format, seal.sealed_at)
    ).digest()
