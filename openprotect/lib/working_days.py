"""Working days: Monday to Friday, by London's calendar, without the days that are given as holidays."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from openprotect.lib.london import LONDON, at

_SATURDAY = 5
_HOLIDAYS = Path(__file__).with_name("bank_holidays.toml")


@cache
def bank_holidays() -> frozenset[date]:
    """The days of England on which offices are shut although it is no weekend."""
    years = tomllib.loads(_HOLIDAYS.read_text(encoding="utf-8"))
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, days in years.items() for day in days)


def is_working_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Whether offices are open on this day."""
    return day.weekday() < _SATURDAY and day not in holidays


def after_working_days(moment: datetime, days: int, holidays: Collection[date] = ()) -> datetime:
    """The same time of the clock in London so many working days later, in UTC.

    Counted from the next working day where the moment falls on none, as if it had come that morning.
    """
    local = moment.astimezone(LONDON)
    day, clock = local.date(), local.time()
    while not is_working_day(day, holidays):
        day, clock = day + timedelta(days=1), clock.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(days):
        day += timedelta(days=1)
        while not is_working_day(day, holidays):
            day += timedelta(days=1)
    return at(day, clock)
