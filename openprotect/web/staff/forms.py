"""What colleagues' forms sent, as the arguments of an action, or what is wrong with it.

What is only missing is said beside its field; what the state of things does not allow is the
action's to refuse.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from openprotect.programmes.definitions.contact import CallRule
from openprotect.web.questionnaire.presenter import Error


@dataclass(frozen=True)
class Form:
    """What was sent, the arguments it makes, and what is wrong, by field."""

    sent: QueryDict = field(default_factory=QueryDict)
    values: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Error, ...]:
        return tuple(Error(text, f"#{name}") for name, text in self.faults.items())


def written(sent: QueryDict, name: str) -> str:
    """What somebody wrote, without signs that cannot be shown; NUL could not even be stored."""
    text = sent.get(name, "").replace("\r\n", "\n")
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def nothing(sent: QueryDict) -> Form:
    """A button without fields."""
    return Form(sent)


def note(sent: QueryDict) -> Form:
    text = written(sent, "text")
    return Form(sent, {"text": text}, {} if text else {"text": "Write your note"})


def referral(sent: QueryDict) -> Form:
    organisation, asked = _id(sent, "organisation"), written(sent, "asked")
    faults = {}
    if organisation is None:
        faults["organisation"] = "Select who you refer to"
    if not asked:
        faults["asked"] = "Write what you ask of them"
    return Form(sent, {"organisation": organisation or 0, "asked": asked}, faults)


def closing(sent: QueryDict) -> Form:
    outcome = sent.get("outcome", "")
    return Form(sent, {"outcome": outcome}, {} if outcome else {"outcome": "Select an outcome"})


def call(sent: QueryDict, rule: CallRule, numbers: Sequence[int]) -> Form:
    """What came of a call. A number counts only if it is one of theirs; a wrong one must be named."""
    code, number = sent.get("outcome", ""), _id(sent, "number")
    known = {outcome.code: outcome for outcome in rule.outcomes}
    chosen = number if number in numbers else None
    faults = {}
    if code not in known:
        faults["outcome"] = "Select what came of the call"
    elif known[code].next == "wrong_number" and chosen is None:
        faults["number"] = "Select the number that is wrong"
    return Form(sent, {"outcome": code, "contact_point": chosen}, faults)


def _id(sent: QueryDict, name: str) -> int | None:
    """The id that was chosen; None where nothing was, or where no row could have it."""
    given = sent.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else None
