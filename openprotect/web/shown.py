"""How values are written for readers: the NHS content guide's dates, times and numbers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openprotect.governance.facts.teams import Opening
from openprotect.lib.nhs_number import format_nhs_number
from openprotect.lib.telephone import format_telephone

HERE = ZoneInfo("Europe/London")


def shown_date(value: date | datetime | None) -> str:
    """A day as "30 March 2020"; a moment is shown as its day in England."""
    if value is None:
        return ""
    day = value.astimezone(HERE) if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def shown_time(value: datetime | time | None) -> str:
    """A time as "8:05am", "midday" or "midnight"; a moment in England's clock time."""
    if value is None:
        return ""
    clock = value.astimezone(HERE).time() if isinstance(value, datetime) else value
    if clock.minute == 0 and clock.hour in (0, 12):
        return "midday" if clock.hour else "midnight"
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{clock.hour % 12 or 12}{minutes}{'pm' if clock.hour >= 12 else 'am'}"


def shown_moment(value: datetime | None) -> str:
    """A moment as "30 March 2020 at 8:05am"."""
    return f"{shown_date(value)} at {shown_time(value)}" if value else ""


def shown_nhs_number(value: str | None) -> str:
    """Ten digits in the groups in which they are read out: 3, 3 and 4."""
    return format_nhs_number(value) if value else ""


def shown_age(born: date | None, on: date | datetime) -> str:
    """An age as "81 years", or "7 months" under two years, on the day given."""
    if born is None:
        return ""
    day = on.astimezone(HERE).date() if isinstance(on, datetime) else on
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 24:
        return f"{months // 12} years"
    return f"{months} month{'' if months == 1 else 's'}"


def shown_telephone(value: str | None) -> str:
    """A number as it is read out in this country: "07700 900123"."""
    return format_telephone(value) if value else ""


def shown_span(span: timedelta) -> str:
    """A length of time in its two largest units, rounded down: "1 hour 40 minutes", "2 days"."""
    minutes = int(span.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    words = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts[:2] if number]
    return " ".join(words)


def shown_due(due: datetime, now: datetime) -> str:
    """How much of a time limit is left: "due in 1 hour 40 minutes", "overdue by 3 hours"."""
    if left := shown_span(abs(due - now)):
        return f"due in {left}" if due > now else f"overdue by {left}"
    return "due now"


def shown_opening(opening: Opening, now: datetime) -> str:
    """Whether a team is there: "open until 6:30pm", "closed, opens on Tuesday 14 April 2020 at 8am"; "" if not known."""
    if not opening.known:
        return ""
    if opening.open:
        return f"open until {_when(opening.until, now)}" if opening.until else "open all day and night"
    return f"closed, opens {_when(opening.opens, now, at='at ')}" if opening.opens else "closed"


def _when(moment: datetime, now: datetime, at: str = "") -> str:
    local = moment.astimezone(HERE)
    if local.date() == now.astimezone(HERE).date():
        return f"{at}{shown_time(moment)}"
    if (
        local == local.replace(hour=0, minute=0)
        and not at
        and local.date() - now.astimezone(HERE).date() == timedelta(1)
    ):
        return "midnight"
    return f"{'on ' if at else ''}{local:%A} {shown_date(moment)} at {shown_time(moment)}"
