"""Unusual patterns as their template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.people.unusual import PATTERNS, Line, Thresholds
from openprotect.web.staff.forms import Form, written

_LONGEST_NUMBER = 18


def words(given: Thresholds) -> Mapping[str, tuple[str, str]]:
    """For each pattern its name, and what it finds and what it cannot."""
    return {
        "own_record": (
            "Own record",
            "Somebody with the user's own first name and family name. We hold no date of birth and no NHS number of "
            "staff: it may be a namesake, and a record under another name is not found.",
        ),
        "same_surname": (
            "Same surname",
            "Somebody with the user's family name: a relative, or chance, which is likely where the name is common.",
        ),
        "out_of_hours": (
            "Out of hours",
            "People seen outside the opening hours of the user's team, or, where those are not known, before "
            f"{given.opens:%H:%M} or from {given.closes:%H:%M} on, by London's clock.",
        ),
        "bulk": (
            "Very many people",
            f"More than {given.people_in_an_hour} different people within an hour, in lists or one by one.",
        ),
        "denials": ("Many refusals", f"Refused more than {given.denials_in_a_day} times on one day."),
        "emergency": ("Emergency access", "Every emergency access. Each is also reviewed on a page of its own."),
    }


def reviewed(sent: QueryDict) -> Form:
    """What was sent about a line: the arguments of the action, or what is missing."""
    values: dict[str, Any] = {}
    text = written(sent, "words")
    key = sent.get("line", "")
    try:
        pattern, actor, person, day, up_to = key.split("~")
        if pattern not in PATTERNS or not (up_to.isdecimal() and len(up_to) <= _LONGEST_NUMBER) or len(actor) > 80:
            raise ValueError(key)
        values = {
            "pattern": pattern,
            "actor": actor,
            "person": UUID(person) if person else None,
            "day": date.fromisoformat(day),
            "up_to": int(up_to),
            "words": text,
        }
    except ValueError:
        return Form(sent, {}, {"patterns": "Choose a line of the list again: this one is not there"})
    return Form(sent, values, {} if text else {_field(key): "Write what you found"})


def patterns(
    lines: Mapping[str, Sequence[Line]],
    given: Thresholds,
    *,
    names: Mapping[str, str],
    titles: Mapping[int, str],
    organisations: Mapping[int, str],
    roles: Mapping[str, str],
    form: Form,
) -> dict[str, Any]:
    """The page: for each pattern what it is, its lines, and a form beside each."""

    def drawn(line: Line) -> dict[str, Any]:
        key = f"{line.pattern}~{line.actor}~{line.person or ''}~{line.day}~{line.newest}"
        asked: dict[str, Any] = {
            **({"person": line.person} if line.person else {}),
            "user": line.actor,
            "since": line.day,
            "until": line.day,
            **({"denials": "yes"} if line.pattern == "denials" else {}),
        }
        field = _field(key)
        return {
            "who": names.get(line.actor, f"User {line.actor}"),
            "as": ", ".join(filter(None, (titles.get(line.membership or 0), roles.get(line.role, line.role)))),
            "organisation": organisations.get(line.organisation or 0, ""),
            "day": line.day,
            "what": _what(line),
            "href": f"{reverse('oversight:audit')}?{urlencode(asked)}",
            "key": key,
            "open": form.sent.get("line") == key,
            "words": {
                "id": field,
                "name": "words",
                "label": {"text": "What did you find?", "classes": "nhsuk-label--s"},
                "rows": 2,
                "value": form.sent.get("words", "") if form.sent.get("line") == key else "",
                **({"errorMessage": {"text": form.faults[field]}} if field in form.faults else {}),
            },
        }

    explained = words(given)
    return {
        "errors": form.errors,
        "days": given.window_days,
        "patterns": [
            {
                "key": pattern,
                "title": explained[pattern][0],
                "what": explained[pattern][1],
                "lines": [drawn(line) for line in of_pattern[: given.most_lines]],
                "more": len(of_pattern) > given.most_lines,
            }
            for pattern, of_pattern in lines.items()
        ],
    }


def _what(line: Line) -> str:
    times = "once" if line.number == 1 else f"{line.number} times"
    match line.pattern:
        case "bulk":
            return f"{line.number} people in an hour; half of the hours in this role have {line.usual} or fewer"
        case "denials":
            return f"Refused {times}"
        case "out_of_hours":
            return f"Records opened {times}"
        case _:
            return f"Person {str(line.person)[:8]}, {times}"


def _field(key: str) -> str:
    return "words-" + "".join(sign if sign.isalnum() else "-" for sign in key)
