"""By when a request that access stops is decided, and what a decision needs."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from openprotect.lib.working_days import after_working_days, bank_holidays

FILE = Path(__file__).parents[1] / "access_stops.toml"
VERDICTS = ("granted", "in_part", "refused")


@dataclass(frozen=True)
class Clock:
    """How long there is to decide, and which days do not count besides weekends."""

    working_days: int
    holidays: frozenset[date]


@cache
def clock() -> Clock:
    """What the data file says."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Clock(read["decide_within_working_days"], bank_holidays())


def due_at(asked_at: datetime, given: Clock) -> datetime:
    """By when a request is to be decided."""
    return after_working_days(asked_at, given.working_days, given.holidays)


def missing(verdict: str, words: str, spared: Collection[UUID]) -> tuple[str, ...]:
    """The fields that a decision lacks."""
    lacks = {
        "verdict": verdict not in VERDICTS,
        "spared": verdict == "in_part" and not spared,
        "words": not words.strip(),
    }
    return tuple(field for field, lacking in lacks.items() if lacking)
