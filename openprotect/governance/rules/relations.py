"""Relations over time: what holds on a day, and what cannot be true together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar

ENDLESS = date.max


class Span(Protocol):
    """Days from the first until the last, both included; without an end, for good."""

    @property
    def starts_on(self) -> date: ...

    @property
    def ends_on(self) -> date | None: ...


Spanning = TypeVar("Spanning", bound=Span)


def holds(span: Span, day: date) -> bool:
    """Whether the day is one of the span's."""
    return span.starts_on <= day <= (span.ends_on or ENDLESS)


def overlap(one: Span, other: Span) -> bool:
    """Whether there is a day on which both hold."""
    return one.starts_on <= (other.ends_on or ENDLESS) and other.starts_on <= (one.ends_on or ENDLESS)


def contradictions(spans: Iterable[Spanning]) -> list[tuple[Spanning, Spanning]]:
    """Of spans of which one may hold on a day: each that begins before one before it has ended, with that one."""
    found = []
    longest: Spanning | None = None
    for span in sorted(spans, key=lambda each: (each.starts_on, each.ends_on or ENDLESS)):
        if longest is not None and overlap(longest, span):
            found.append((span, longest))
        if longest is None or (span.ends_on or ENDLESS) >= (longest.ends_on or ENDLESS):
            longest = span
    return found


def day_before(day: date) -> date:
    """The last day of what another begins to replace on `day`."""
    return day - timedelta(days=1)


def day_after(day: date) -> date:
    """The first day on which what holds until `day` does no more."""
    return day + timedelta(days=1)


def clash(span: Span, others: Sequence[Spanning]) -> Spanning | None:
    """One of the others that holds on a day of the span, if any does."""
    return next((other for other in others if overlap(span, other)), None)
