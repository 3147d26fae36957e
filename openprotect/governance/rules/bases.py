"""When a legal basis is in force, which one a use rests on, and when people are warned of its end.

A basis holds from the second it starts up to, and without, the second it ends; one that awaits approval has
no start, and never holds. The policies of the
database say the same (`op_sees`), and a property test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from openprotect.governance.facts.bases import Approval, BasisStated, Change, Option, Term

LIVE, AWAITING, NOT_YET, ENDED = "live", "awaiting approval", "not yet", "ended"


def state(term: Term, now: datetime) -> str:
    """Whether a basis is in force: `live`, `awaiting approval`, `not yet` or `ended`."""
    if term.ends_at is not None and now >= term.ends_at:
        return ENDED
    if term.starts_at is None:
        return AWAITING
    return NOT_YET if now < term.starts_at else LIVE


def in_force_from(
    asked_from: datetime, approvals: Sequence[Approval], *, approvers: Iterable[str], stated_by: str
) -> datetime | None:
    """When a basis comes into force: as asked, but not before all have approved it. None while one is missing."""
    if not are_enough(approvals, approvers=approvers, asked_by=stated_by):
        return None
    return max(asked_from, *(each.at for each in approvals if each.by != stated_by))


def are_enough(approvals: Sequence[Approval], *, approvers: Iterable[str], asked_by: str) -> bool:
    """Whether all of `approvers` have approved, each of them another person, and none whoever asked for it."""
    counted = {each.approver: each.by for each in approvals if each.by != asked_by}
    wanted = set(approvers)
    return wanted <= counted.keys() and len(set(counted.values())) >= len(wanted)


def is_live(term: Term, now: datetime) -> bool:
    """Whether a basis is in force at this moment."""
    return state(term, now) == LIVE


def rests_on(options: Iterable[Option], *, purpose: str | None, source: str | None, now: datetime) -> int | None:
    """The basis that carries a use now, or None: of those in force the one that holds longest.

    A basis that names no sources covers any; one that names some covers no other.
    """
    fitting = [
        option
        for option in options
        if is_live(option.term, now)
        and (purpose is None or purpose in option.purposes)
        and (source is None or not option.sources or source in option.sources)
        and (purpose is not None or source in option.sources)
    ]
    for_ever = datetime.max.replace(tzinfo=now.tzinfo)
    return min(fitting, key=lambda o: (for_ever - (o.term.ends_at or for_ever), o.id)).id if fitting else None


def may_carry_on(ended: Collection[int], other: Collection[int]) -> bool:
    """Whether a basis may go on with what rested on another, by who controls under each.

    One of them controls under both. Where one names nobody, it is for whoever uses this service.
    """
    return not ended or not other or not set(ended).isdisjoint(other)


def may_be_without_end(stated: BasisStated) -> bool:
    """Only direct care may have no end, and then somebody looks at it again by a day."""
    return stated.is_direct_care and stated.review_date is not None


def end_in_force(changes: Sequence[Change], moment: datetime) -> datetime | None:
    """The end that was in force at a moment, from the history of a basis. LookupError before it was stated."""
    known = [change for change in changes if change.at <= moment]
    if not known:
        raise LookupError("the basis was not stated yet")
    return known[-1].ends_at


def warning_due(term: Term, days: Sequence[int], given: Iterable[int], now: datetime) -> int | None:
    """The warning (in days ahead of the end) that is due and was not given for this end; None otherwise.

    Only the nearest: who is told 30 days ahead is not told of 90 and 56 as well. Nobody is warned of
    an end that is past.
    """
    if term.ends_at is None or now >= term.ends_at:
        return None
    reached = [each for each in days if term.ends_at - now <= timedelta(days=each)]
    nearest = min(reached, default=None)
    if nearest is None or any(each <= nearest for each in given):
        return None
    return nearest


def is_to_be_reviewed(term: Term, review_date: date | None, now: datetime, *, today: date) -> bool:
    """Whether a basis in force goes on although the day by which somebody was to look at it is past."""
    return review_date is not None and review_date < today and is_live(term, now)


def may_be_reviewed_on(day: date, term: Term, *, today: date) -> bool:
    """Whether a day may be that of the next review: still to come, and not after the end."""
    return day > today and (term.ends_at is None or day <= term.ends_at.date())


def days_left(term: Term, now: datetime) -> int | None:
    """Whole days until the end, rounded up, so that the last day is one day; None without an end."""
    if term.ends_at is None:
        return None
    return max(0, -((now - term.ends_at) // timedelta(days=1)))
