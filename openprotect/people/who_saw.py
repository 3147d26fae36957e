"""Who saw somebody, in words that the person reads: on their page and in a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from openprotect.governance.queries import WhoSaw

# What a legal basis calls a purpose, as a person says it. Another purpose is shown as it is written.
PURPOSES: Mapping[str, str] = {
    "direct care": "for your care",
    "risk stratification": "to find out who needs help most",
    "communicable disease": "to ask how you are and to help you during an outbreak",
    "evaluation": "to plan services and find out whether they help",
    "emergency care": "in an emergency",
}
ONLY_BY_NAME = (
    "We do not give the names of people who work or volunteer here. If you need to know a name, ask our privacy "
    "officer, who will look into it with you."
)


@dataclass(frozen=True)
class Day:
    """What happened on a day, a line each."""

    date: date
    lines: tuple[str, ...]


def days(seen: Sequence[WhoSaw]) -> list[Day]:
    """By day, the newest first."""
    return [
        Day(day, tuple(in_words(each) for each in of_day)) for day, of_day in groupby(seen, key=lambda each: each.day)
    ]


def in_words(seen: WhoSaw) -> str:
    """One line: "Clinical reviewer at First Surgery, 2 times, for your care"."""
    who = f"{seen.role or 'Somebody with a link to a referral'} at {seen.organisation or 'another organisation'}"
    purpose = seen.purpose.replace("_", " ")
    why = PURPOSES.get(purpose, f"for {purpose}" if purpose else "")
    return ", ".join(filter(None, (who, "" if seen.times == 1 else f"{seen.times} times", why)))
