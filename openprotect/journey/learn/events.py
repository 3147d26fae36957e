"""What happens while we learn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class DayRecorded:
    """The ledger of a programme's day was written."""

    programme: str
    date: date


@dataclass(frozen=True)
class RecordErased:
    """A person's record was erased at their request; the letters to them still lie in the data folder."""

    letters: tuple[UUID, ...]
