"""Risks: what a decision needs, when it suspends what it let go on, how long decisions take."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median

from openprotect.lib.nhs_number import is_nhs_number
from openprotect.lib.periods import Period

_FILE = Path(__file__).parents[1] / "risks.toml"
# Ten digits, with or without spaces or dashes between them, that are no part of a longer number.
_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ \-\u2010-\u2015]?[0-9]){9}(?![0-9])")

OPEN, GOING, STOPPED, CLOSED = "open", "going", "stopped", "closed"
DECISIONS: Mapping[str, str] = {"go": "Go on, at this risk", "stop": "Do not go on"}
REVIEWS: Mapping[str, str] = {
    "go": "Go on, until another review",
    "stop": "Stop: the stop rule is met, or the risk is not worth it",
    "close": "The risk is over",
}
ANSWERS: Mapping[str, str] = {
    "accepted": "Accept",
    "reservations": "Accept, with reservations",
    "declined": "Decline",
}


@dataclass(frozen=True)
class Settings:
    """What `risks.toml` says."""

    words_at_least: int
    review_within: Period
    kinds: Mapping[str, str]
    activities: Mapping[str, str]
    documents: Mapping[str, str]


@cache
def settings() -> Settings:
    """What is in force."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Settings(**{**read, "review_within": Period.parse(read["review_within"])})


def names_somebody(text: str) -> bool:
    """Whether an NHS number stands in a text: the register is about no single person."""
    return any(is_nhs_number(found) for found in _DIGITS.findall(text))


def enough(text: str) -> bool:
    """Whether a field says something."""
    return len(text.split()) >= settings().words_at_least


def review_in_bounds(review_by: datetime, now: datetime) -> bool:
    """A decision is looked at again: later than now, and not later than the bound."""
    return now < review_by <= settings().review_within.after(now)


def after_decision(decision: str) -> str:
    """The state that a decision leads to."""
    return GOING if decision == "go" else STOPPED


def after_review(outcome: str) -> str:
    """The state that a review leads to."""
    return {"go": GOING, "stop": STOPPED, "close": CLOSED}[outcome]


def is_suspended(state: str, review_by: datetime | None, now: datetime) -> bool:
    """Whether what a risk lets go on stands still: decided against, or not reviewed by the second it should be."""
    return state == STOPPED or (state == GOING and review_by is not None and review_by <= now)


@dataclass(frozen=True)
class Taken:
    """How long decisions took: how many, the median and the longest."""

    decisions: int
    median: timedelta
    longest: timedelta


def time_taken(spans: Iterable[timedelta]) -> Taken | None:
    """The figures of the register; None where nothing was decided."""
    seconds = [span.total_seconds() for span in spans]
    if not seconds:
        return None
    return Taken(len(seconds), timedelta(seconds=median(seconds)), timedelta(seconds=max(seconds)))
