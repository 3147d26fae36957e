"""When people are written to, when they are rung, and when trying ends.

All times of day are London's and come from the pack.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from openprotect.journey.contact.facts import Claim, Planned
from openprotect.lib.london import LONDON, at, today
from openprotect.programmes.definitions.contact import CallRule, Contact

CALL = "call"
TEXT_AFTER_TRY = "text_after_try_"


def next_allowed(contact: Contact, moment: datetime) -> datetime:
    """The first moment from `moment` on that is not in the quiet hours."""
    clock = moment.astimezone(LONDON).time()
    if contact.quiet_until <= clock < contact.quiet_from:
        return moment
    day = today(moment)
    return at(day if clock < contact.quiet_until else day + timedelta(days=1), contact.quiet_until)


def steps_from(contact: Contact, opens_at: datetime) -> tuple[Planned, ...]:
    """The messages of a check-in that opens then, each at its own time outside quiet hours."""
    return tuple(Planned(step.id, next_allowed(contact, step.after.after(opens_at))) for step in contact.steps)


def next_check_in(contact: Contact, joined: datetime, now: datetime) -> datetime:
    """When the next check-in opens after an answer at `now`.

    The cadence that is in force is the one that covers the days since the member joined.
    """
    start = joined
    for cadence in contact.cadence:
        if cadence.for_ is None or now < cadence.for_.after(start):
            day: date = today(cadence.every.after(now.astimezone(LONDON)))
            return next_allowed(contact, at(max(day, today(now) + timedelta(days=1)), contact.quiet_until))
        start = cadence.for_.after(start)
    raise ValueError("a cadence without an end closes the list")


def next_try(call: CallRule, tries: Sequence[datetime], raised_at: datetime, now: datetime) -> datetime | None:
    """When to ring next, given when we rang before; None when trying ends.

    The next part of the day that this call has not tried, so that morning, afternoon and
    evening are all covered; when all are, any later part of the day.
    """
    if len(tries) >= call.tries:
        return None
    tried = {name for moment in tries if (name := part_of_day(call, moment))}
    all_tried = len(tried) >= len(call.parts_of_day)
    last_day = today(call.within.after(raised_at))
    day = today(now)
    while day <= last_day:
        for part in call.parts_of_day:
            start = at(day, max(part.from_, call.hours_from))
            if start > now and (all_tried or part.name not in tried):
                return start
        day += timedelta(days=1)
    return None


def first_try(call: CallRule, now: datetime) -> datetime:
    """When a new call may first be made: now, or when calling hours begin."""
    clock = now.astimezone(LONDON).time()
    if call.hours_from <= clock < call.hours_until:
        return now
    day = today(now)
    return at(day if clock < call.hours_from else day + timedelta(days=1), call.hours_from)


def part_of_day(call: CallRule, moment: datetime) -> str | None:
    """The name of the part of the day in which a moment falls."""
    clock = moment.astimezone(LONDON).time()
    for part in call.parts_of_day:
        if part.from_ <= clock < part.until:
            return part.name
    return None


def message_of(contact: Contact, step: str) -> str:
    """The name of a step's message, such as `invite`."""
    if step.startswith(TEXT_AFTER_TRY):
        return contact.call.text_message
    return next(s.message for s in contact.steps if s.id == step)


def channels_for(contact: Contact, claim: Claim) -> tuple[str, ...]:
    """The channels that may carry this step to this person, in order of preference.

    Somebody who asked for nothing digital is written to on paper or not at all.
    """
    if claim.step.startswith(TEXT_AFTER_TRY):
        step: tuple[str, ...] = ("sms",)
    else:
        step = next(s.channels for s in contact.steps if s.id == claim.step)
    if "no_digital" in claim.needs:
        step = tuple(c for c in step if c == "letter")
    return tuple(c for c in step if c in claim.points)


def is_first(contact: Contact, step: str) -> bool:
    """Whether a step opens the check-in: without it, the person knows of nothing."""
    return step == contact.steps[0].id
