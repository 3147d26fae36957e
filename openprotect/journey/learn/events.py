"""What happens while we learn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DayRecorded:
    """The ledger of a programme's day was written."""

    programme: str
    date: date
