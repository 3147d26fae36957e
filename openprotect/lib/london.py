"""Times are stored in UTC and decided in London."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def today(moment: datetime) -> date:
    """The date in London at an aware moment."""
    return moment.astimezone(LONDON).date()


def at(day: date, clock: time) -> datetime:
    """The moment in UTC at which London's clocks show `clock` on `day`.

    In the hour that the clocks skip in March this is the time shown an hour later; in the hour
    that they repeat in October, the first of the two.
    """
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def moment_in_words(moment: datetime) -> str:
    """A moment as messages say it: "Wednesday 1 April 2020 at 8am"."""
    local = moment.astimezone(LONDON)
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local:%A} {local.day} {local:%B %Y} at {hour}{minutes}{'am' if local.hour < 12 else 'pm'}"
