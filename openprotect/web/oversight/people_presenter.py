"""People who work here, and roles, as their templates draw them; what the form of appointing sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.facts.staff import Vouched, Vouchers
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.queries import PEOPLE_ON_A_PAGE
from openprotect.governance.scope import Scope
from openprotect.lib.london import at
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.staff.forms import written

_VOUCHED = {"identity": "Who they are", "training": "Their training", "dbs": "Their DBS check"}
_NO_DAY = "Enter a day that there is, such as 31 3 2021"


@dataclass(frozen=True)
class Asked:
    """Which of them the reader wants to see."""

    after: int = 0
    ended: bool = False


@dataclass(frozen=True)
class Appointment:
    """The arguments of an appointment, and what is wrong with the form by field."""

    values: Mapping[str, Any] = field(default_factory=dict)
    email: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


def read(sent: QueryDict) -> Asked:
    after = sent.get("after", "")
    return Asked(int(after) if after.isdecimal() and len(after) < 19 else 0, sent.get("ended") == "yes")


def people(found: Sequence[Any], asked: Asked, scope: Scope) -> dict[str, Any]:
    """The list; ending, signing out and beginning anew are for others, never for the reader."""
    address = reverse("oversight:people")
    onward = {"after": found[-1].id} if len(found) == PEOPLE_ON_A_PAGE else {}
    ended = {"ended": "yes"} if asked.ended else {}
    return {
        "people": [_line(each, scope) for each in found],
        "ended": asked.ended,
        "other": address if asked.ended else f"{address}?ended=yes",
        "onward": f"{address}?{urlencode({**ended, **onward})}" if onward else "",
    }


def _line(each: Any, scope: Scope) -> dict[str, Any]:
    elsewhere = each.employer_id != each.organisation_id
    return {
        "id": each.id,
        "name": each.user.name,
        "username": each.user.username,
        "works_as": each.title or each.role.label,
        "role": each.role.label if each.title else "",
        "organisation": each.organisation.name,
        "team": each.team.name if each.team else "",
        "since": each.starts_at,
        "until": each.ends_at,
        "employer": each.employer.name if elsewhere else "",
        "supervisor": each.supervisor.name if each.supervisor else "",
        "vouched": [
            f"{words}: {getattr(each, f'{kind}_by')}, {getattr(each, f'{kind}_of').name}"
            for kind, words in _VOUCHED.items()
            if getattr(each, f"{kind}_of")
        ],
        "may_change": str(each.user_id) != scope.actor and (each.ends_at is None or each.ends_at > scope.now),
    }


def appointment(
    sent: QueryDict,
    *,
    organisations: Sequence[tuple[int, str]],
    colleagues: Sequence[tuple[int, str]],
    teams: Sequence[Any],
    with_code: Callable[[str], int | None],
) -> Appointment:
    """What is missing or cannot be read is said beside its field; the rest is the action's to refuse.

    `with_code` gives the organisation that has a code: whoever vouches may work anywhere.
    """
    values: dict[str, Any] = {name: written(sent, name) for name in ("username", "name", "role", "title")}
    needed = {"name": "Enter their name", "username": "Enter a username", "role": "Select a role"}
    faults = {name: words for name, words in needed.items() if not values[name]}
    places, people = ({str(id_): id_ for id_, _ in each} for each in (organisations, colleagues))
    organisation, supervisor = sent.get("organisation", ""), sent.get("supervisor", "")
    if organisation not in places:
        faults["organisation"] = "Select where they work"
    team = next((each for each in teams if str(each.id) == sent.get("team", "")), None)
    if team is not None and organisation in places and team.organisation_id != places[organisation]:
        faults["team"] = f"{team.name} is a team of {team.organisation.name}: select one of where they work, or none"
    elif team is None and sent.get("team"):
        faults["team"] = "Select a team from the list, or none"
    if supervisor and supervisor not in people:
        faults["supervisor"] = "Select somebody from the list, or nobody"

    def coded(name: str) -> int | None:
        code = written(sent, name)
        found = with_code(code) if code else None
        if code and found is None:
            faults[name] = f"There is no organisation with the code {code}: check it"
        return found

    def vouched(kind: str) -> Vouched | None:
        by, of, on = written(sent, f"{kind}_by"), coded(f"{kind}_of"), _day(sent, f"{kind}_on", faults)
        return Vouched(by, of, on) if by and of and on else None

    until = _day(sent, "until", faults)
    values |= {
        "organisation": places.get(organisation, 0),
        "team": team.id if team is not None else None,
        "home": coded("home"),
        "supervisor": people.get(supervisor),
        "ends_at": at(until, time(23, 59)) if until else None,
        "vouchers": Vouchers(**{kind: vouched(kind) for kind in _VOUCHED}),
    }
    return Appointment(values, written(sent, "email"), faults)


def _day(sent: QueryDict, name: str, faults: dict[str, str]) -> date | None:
    parts = [sent.get(f"{name}-{part}", "").strip() for part in ("year", "month", "day")]
    if not any(parts):
        return None
    try:
        year, month, day = (int(part) for part in parts)
        if 1900 < year < 2200:
            return date(year, month, day)
    except (ValueError, OverflowError):
        pass
    faults[name] = _NO_DAY
    return None


def form(
    *,
    roles: Sequence[Any],
    organisations: Sequence[tuple[int, str]],
    colleagues: Sequence[tuple[int, str]],
    teams: Sequence[Any],
    sent: QueryDict | None = None,
    faults: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The form, with what was sent and what is wrong with it."""
    sent, faults = sent or QueryDict(), faults or {}

    def wrong(name: str) -> dict[str, Any]:
        return {"errorMessage": {"text": faults[name]}} if name in faults else {}

    def text(name: str, label: str, hint: str = "", **more: Any) -> dict[str, Any]:
        hinted = {"hint": {"text": hint}} if hint else {}
        labelled = {"text": label, "classes": "nhsuk-label--s"}
        value = {"value": sent.get(name, ""), "autocomplete": "off", "spellcheck": False}
        return {"id": name, "name": name, "label": labelled, **value, **hinted, **more, **wrong(name)}

    def select(name: str, label: str, options: Sequence[tuple[object, str]], hint: str = "") -> dict[str, Any]:
        hinted = {"hint": {"text": hint}} if hint else {}
        items = [{"value": "", "text": ""}, *({"value": str(value), "text": words} for value, words in options)]
        chosen = [{**item, "selected": item["value"] == sent.get(name, "")} for item in items]
        labelled = {"text": label, "classes": "nhsuk-label--s"}
        return {"id": name, "name": name, "label": labelled, "items": chosen, **hinted, **wrong(name)}

    def day(name: str, legend: str, hint: str = "") -> dict[str, Any]:
        hinted = {"hint": {"text": hint}} if hint else {}
        return {
            "id": name,
            "namePrefix": name,
            "fieldset": {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}},
            "items": [
                {
                    "name": part,
                    "classes": f"nhsuk-input--width-{4 if part == 'year' else 2}",
                    "value": sent.get(f"{name}-{part}", ""),
                }
                for part in ("day", "month", "year")
            ],
            **hinted,
            **wrong(name),
        }

    return {
        "errors": tuple(Error(words, f"#{name}" if name else "") for name, words in faults.items()),
        "who": [
            text("name", "Their name"),
            text("username", "Username", "Small letters, digits, dots. Of somebody who works here already: theirs."),
            text("email", "Work e-mail address", "By which an account at a provider is known. May stay empty."),
        ],
        "role": select("role", "Role", [(each.name, each.label) for each in roles]),
        "organisation": select("organisation", "Where they work", organisations),
        "team": select(
            "team",
            "Team",
            [(each.id, f"{each.name}, {each.organisation.name}") for each in teams],
            "One of where they work. May stay empty.",
        ),
        "title": text("title", "What they are called in this work", "If not as the role. Shown wherever they act."),
        "supervisor": select("supervisor", "Under whose supervision", colleagues, "May stay empty."),
        "until": day("until", "Last day", "Empty: until somebody ends it."),
        "home": text(
            "home", "Who employs them", "The ODS code, if it is another organisation.", classes="nhsuk-input--width-10"
        ),
        "vouched": [
            {
                "heading": words,
                "by": text(f"{kind}_by", f"{words}: seen by"),
                "of": text(
                    f"{kind}_of",
                    f"{words}: for which organisation",
                    "Its ODS code. Often whoever employs them.",
                    classes="nhsuk-input--width-10",
                ),
                "on": day(f"{kind}_on", f"{words}: on which day"),
            }
            for kind, words in _VOUCHED.items()
        ],
        "open": bool(sent.get("home") or faults),
    }


def roles(found: Sequence[Any]) -> dict[str, Any]:
    """Role by permission: a line for each permission, a column for each role."""
    return {
        "roles": [each.label for each in found],
        "permissions": [
            {"what": what, "name": name, "held": [name in each.permissions for each in found]}
            for name, what in PERMISSIONS.items()
        ],
    }
