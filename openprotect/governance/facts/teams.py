"""When teams are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True)
class Hours:
    """On a day of the week (Monday is 0) by London's clock. Midnight as the end closes the day."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a team is there at a moment, and until when; `opens` is when next, if it is not.

    Both are None where its hours are not known, and `until` where it never closes.
    """

    known: bool
    open: bool
    until: datetime | None = None
    opens: datetime | None = None
