"""Emergency access: for what, for how long, and by when somebody looks into it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from openprotect.lib.errors import BadInput, Fault
from openprotect.lib.periods import Period
from openprotect.lib.working_days import after_working_days, bank_holidays

_FILE = Path(__file__).parents[1] / "emergency_access.toml"
LONGEST = timedelta(hours=4)  # as the constraint of the table
FINAL = ("justified", "not_justified")
OUTCOMES: Mapping[str, str] = {
    "justified": "It was justified",
    "not_justified": "It was not justified",
    "ask": "Ask them first",
}


@dataclass(frozen=True)
class Settings:
    """What `emergency_access.toml` says."""

    lasts: Period
    words_at_least: int
    tries: int
    tries_within: Period
    openings: int
    openings_within: Period
    told_within: Period
    review_working_days: int
    escalates_to: tuple[str, ...]
    reasons: Mapping[str, str]


@cache
def settings() -> Settings:
    """What is in force."""
    return parse(_FILE.read_text(encoding="utf-8"), file=_FILE.name)


def parse(text: str, *, file: str) -> Settings:
    """The settings of a file. Raises BadInput with every fault of it."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise BadInput([Fault(file, "", "", str(broken), "a TOML file")]) from None
    faults: list[Fault] = []
    settings = Settings(
        lasts=_period(read, "lasts", faults, file),
        words_at_least=_number(read, "words_at_least", faults, file),
        tries=_number(read, "tries", faults, file),
        tries_within=_period(read, "tries_within", faults, file),
        openings=_number(read, "openings", faults, file),
        openings_within=_period(read, "openings_within", faults, file),
        told_within=_period(read, "told_within", faults, file),
        review_working_days=_number(read, "review_working_days", faults, file),
        escalates_to=tuple(map(str, read.get("escalates_to") or ())),
        reasons=read.get("reasons") or {},
    )
    if not faults and not timedelta(0) < settings.lasts.length <= LONGEST:
        faults.append(Fault(file, "", "lasts", str(settings.lasts), "4 hours at most"))
    for name, kind, words in (
        ("escalates_to", list, "a list of roles"),
        ("reasons", dict, "a table of reasons, each with its sentence"),
    ):
        if not isinstance(read.get(name), kind) or not read[name]:
            faults.append(Fault(file, "", name, str(read.get(name, "")), words))
    if faults:
        raise BadInput(faults)
    return settings


def ends_at(opened: datetime, settings: Settings) -> datetime:
    """The second at which it is over, however long anybody needs it."""
    return min(settings.lasts.after(opened), opened + LONGEST)


def review_due(opened: datetime, settings: Settings) -> datetime:
    """By when somebody has looked into it."""
    return after_working_days(opened, settings.review_working_days, bank_holidays())


def says_why(words: str, settings: Settings) -> bool:
    """Whether somebody has written more than a word or two."""
    return len([word for word in words.split() if any(map(str.isalpha, word))]) >= settings.words_at_least


def may_try(tries: int, settings: Settings) -> bool:
    """Whether somebody who has looked for this many people lately may look for another."""
    return tries < settings.tries


def may_open(unjustified: int, settings: Settings) -> bool:
    """Whether somebody may open a record again of which they opened this many lately that nobody found justified."""
    return unjustified < settings.openings


def may_review(*, reviewer: int, opener: int) -> bool:
    """Nobody reviews what they opened themselves."""
    return reviewer != opener


def _period(read: Mapping[str, Any], name: str, faults: list[Fault], file: str) -> Period:
    try:
        return Period.parse(str(read.get(name, "")))
    except ValueError:
        faults.append(Fault(file, "", name, str(read.get(name, "")), "a period such as '4 hours'"))
        return Period()


def _number(read: Mapping[str, Any], name: str, faults: list[Fault], file: str) -> int:
    number = read.get(name)
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    faults.append(Fault(file, "", name, str(read.get(name, "")), "a whole number above 0"))
    return 1
