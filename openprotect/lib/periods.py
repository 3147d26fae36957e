"""Lengths of time as people write them: "6 months", "1 day", "90 minutes"."""

import calendar
import re
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Self, TypeVar

Moment = TypeVar("Moment", date, datetime)

_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,5}) (year|month|week|day|hour|minute)s?")


@dataclass(frozen=True)
class Period:
    """A length of time in whole units; years and months are the calendar's."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0

    @classmethod
    def parse(cls, written: str) -> Self:
        """A whole number and one unit, such as "6 months"; ValueError for anything else."""
        match = _WRITTEN.fullmatch(written)
        if not match:
            raise ValueError(
                f"'{written}' is no period: write a whole number and a unit, such as '6 months', "
                "'2 weeks', '1 day', '4 hours' or '15 minutes'"
            )
        return cls(**{f"{match[2]}s": int(match[1])})

    def after(self, moment: Moment) -> Moment:
        """The moment this long after `moment`.

        Years and months go by the calendar and stop at the end of a shorter month:
        31 January and 1 month is 28 or 29 February. Hours and minutes are hours and
        minutes that pass, also over the night on which the clocks change.
        """
        return self._from(moment, 1)

    def before(self, moment: Moment) -> Moment:
        """The moment this long before `moment`, by the same rules as `after`."""
        return self._from(moment, -1)

    def _from(self, moment: Moment, sign: int) -> Moment:
        passing = timedelta(hours=self.hours, minutes=self.minutes) * sign
        if passing and not isinstance(moment, datetime):
            raise ValueError(f"'{self}' cannot be counted from a date without a time")
        moved = _by_months(moment, sign * (12 * self.years + self.months))
        moved += sign * timedelta(weeks=self.weeks, days=self.days)
        if not passing:
            return moved
        assert isinstance(moved, datetime)
        if moved.tzinfo is None:
            return moved + passing
        return (moved.astimezone(UTC) + passing).astimezone(moved.tzinfo)

    @property
    def length(self) -> timedelta:
        """About how long this is, to compare periods: a month as 30 days, a year as 365."""
        days = 365 * self.years + 30 * self.months + 7 * self.weeks + self.days
        return timedelta(days=days, hours=self.hours, minutes=self.minutes)

    def __str__(self) -> str:
        parts = [
            f"{number} {unit.name[:-1] if number == 1 else unit.name}"
            for unit in fields(self)
            if (number := getattr(self, unit.name))
        ]
        return " ".join(parts) or "0 minutes"


def _by_months(moment: Moment, months: int) -> Moment:
    if not months:
        return moment
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
