"""Is a team there now, until when, or when next? By London's clock, shut on bank holidays unless stated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from openprotect.governance.facts.teams import Hours, Opening
from openprotect.lib import london

# Longer than any run of days on which a team that is there once a week may be shut.
LOOKED_AHEAD = 15
NO_END = timedelta(days=8)


def opening(hours: Sequence[Hours], *, holidays: Collection[date], on_holidays: bool, now: datetime) -> Opening:
    """What the hours say at a moment. Hours that touch, as at midnight, are one."""
    if not hours:
        return Opening(known=False, open=False)
    shut = frozenset() if on_holidays else frozenset(holidays)
    spans = list(_spans(hours, shut, london.today(now) - timedelta(days=1)))
    for opens, closes in spans:
        if opens <= now < closes:
            return Opening(known=True, open=True, until=None if closes - now > NO_END else closes)
        if now < opens:
            return Opening(known=True, open=False, opens=opens)
    return Opening(known=True, open=False)


def _spans(hours: Sequence[Hours], shut: Collection[date], first: date) -> Iterator[tuple[datetime, datetime]]:
    """From when until when, in order, those that touch as one."""
    held: tuple[datetime, datetime] | None = None
    for opens, closes in _days(hours, shut, first):
        if held is not None and opens <= held[1]:
            held = (held[0], max(held[1], closes))
            continue
        if held is not None:
            yield held
        held = (opens, closes)
    if held is not None:
        yield held


def _days(hours: Sequence[Hours], shut: Collection[date], first: date) -> Iterator[tuple[datetime, datetime]]:
    for number in range(LOOKED_AHEAD):
        day = first + timedelta(days=number)
        if day in shut:
            continue
        for each in sorted(hours, key=lambda h: h.opens):
            if each.weekday == day.weekday():
                last = day + timedelta(days=1) if each.closes == time() else day
                yield london.at(day, each.opens), london.at(last, each.closes)
