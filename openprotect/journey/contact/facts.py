"""What contact decides with: frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID


@dataclass(frozen=True)
class Planned:
    """One step of the ladder for one occurrence: when it is due, and by when an answer is."""

    step: str
    due_at: datetime


@dataclass(frozen=True)
class Missed:
    """A check-in that nobody answered, and how many in a row that makes."""

    member: UUID
    occurrence: int
    in_a_row: int


@dataclass(frozen=True)
class Claim:
    """An intent that is being sent: whom it is for and every way they can be reached.

    `rings` says that there is a number to ring, whatever can be written to.
    """

    intent: int
    member: UUID
    person: UUID
    pack_version: int
    occurrence: int
    step: str
    respond_by: datetime
    given_name: str
    family_name: str
    language: str
    practice: str
    points_json: str
    rings: bool
    needs: Sequence[str]

    @cached_property
    def points(self) -> Mapping[str, tuple[int, str]]:
        """Channel -> contact point id and value."""
        found: Mapping[str, tuple[int, str]] = json.loads(self.points_json)
        return found
