"""The audit trail as its template draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.queries import EVERYTHING, AuditSearch
from openprotect.lib import london
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.web.questionnaire.posted import PARTS
from openprotect.web.questionnaire.presenter import Error, date_input
from openprotect.web.shown import shown_date

PAGE = 50
LONGEST_NUMBER = 18  # digits; a longer one is no id of ours
WHO = {"system": "OpenProtect", "person": "The person, by their link", "partner": "A partner, by their link",
       "nobody": "Somebody not proven"}  # fmt: skip
_WHOLE_ID = "Enter the whole id of a person, as it stands in the table"


@dataclass(frozen=True)
class Asked:
    """What the reader looks for, what they typed, and what of it cannot be read, by field."""

    search: AuditSearch = EVERYTHING
    sent: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    nhs_number: str = ""

    @property
    def errors(self) -> tuple[Error, ...]:
        inside = {"since": "since-day", "until": "until-day"}
        return tuple(Error(text, f"#{inside.get(name, name)}") for name, text in self.faults.items())

    @property
    def narrowed(self) -> bool:
        return bool(address(self))

    @property
    def in_ids(self) -> str:
        """What was looked for, as the trail keeps it: ids and days only."""
        return " ".join(f"{key}={value}" for key, value in address(self).items() if key != "person")


def address(asked: Asked) -> dict[str, str]:
    """What stands in the address of a search: ids and days, never a name or a number of a person."""
    search = asked.search
    kept = {
        "person": search.person,
        "user": search.user,
        "organisation": search.organisation,
        "action": search.action,
        "denials": "yes" if search.denials else "",
        "since": london.today(search.since) if search.since else "",
        "until": london.today(search.until - timedelta(seconds=1)) if search.until else "",
    }
    return {key: str(value) for key, value in kept.items() if value}


def read(sent: QueryDict) -> Asked:
    """The address's question. An id or a day that is none filters nothing and says so."""
    given = {key: sent.get(key, "").strip() for key in sent}
    faults = {}
    person = _uuid(given.get("person", ""))
    if given.get("person") and person is None:
        faults["person"] = _WHOLE_ID
    days = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(given[name]) if given.get(name) else None
        except ValueError:
            days[name] = None
            faults[name] = "Enter a real date, such as 1 4 2020"
    search = AuditSearch(
        person=person,
        user=_number(given.get("user", "")),
        organisation=_number(given.get("organisation", "")),
        action=given.get("action", "")[:60],
        denials=given.get("denials") == "yes",
        since=_begins(days["since"]),
        until=_begins(days["until"], 1),
        before=_number(given.get("before", "")),
    )
    shown = {**given, "organisation": ""}
    for name, day in days.items():
        if day:
            shown |= dict(zip((f"{name}-{part}" for part in PARTS), (str(day.day), str(day.month), str(day.year)),
                              strict=True))  # fmt: skip
    return Asked(search, shown, faults)


def typed(sent: QueryDict) -> Asked:
    """What the form sent, so far as it can be read without asking anybody."""
    given = {key: sent.get(key, "").strip() for key in sent}
    faults = {}
    person = _uuid(given.get("person", ""))
    if given.get("person") and person is None:
        faults["person"] = _WHOLE_ID
    number = ""
    if given.get("nhs_number"):
        try:
            number = parse_nhs_number(given["nhs_number"])
        except NotAnNhsNumber as fault:
            faults["nhs_number"] = f"Enter {fault.expected}"
    days = {}
    for name in ("since", "until"):
        days[name], fault_of_day = _day([given.get(f"{name}-{part}", "") for part in PARTS])
        if fault_of_day:
            faults[name] = fault_of_day
    if days["since"] and days["until"] and days["until"] < days["since"]:
        faults["until"] = "The last day must not be before the first"
    search = AuditSearch(
        person=person,
        action=given.get("action", "")[:60],
        denials=given.get("denials") == "yes",
        since=_begins(days["since"]),
        until=_begins(days["until"], 1),
    )
    return Asked(search, given, faults, number)


def resolved(asked: Asked, found: Mapping[str, Any]) -> Asked:
    """The search with the ids of what was typed; what nobody is called is a fault of its field."""
    search, faults = asked.search, dict(asked.faults)
    if "nhs_number" in found:
        if found["nhs_number"] is None:
            faults["nhs_number"] = "Nobody here has this NHS number"
        elif search.person not in (None, found["nhs_number"]):
            faults["nhs_number"] = "This NHS number and the id above are two people"
        search = replace(search, person=found["nhs_number"] or search.person)
    if "who" in found:
        users = found["who"]
        if len(users) > 1:
            faults["who"] = "Several users have this name: enter a username"
        elif not users:
            faults["who"] = "No user has this username or name"
        else:
            search = replace(search, user=users[0][0])
    if "organisation" in found:
        if found["organisation"] is None:
            faults["organisation"] = "No organisation has this code"
        else:
            search = replace(search, organisation=found["organisation"].id)
    return replace(asked, search=search, faults=faults)


def audit(
    events: Sequence[Any],
    asked: Asked,
    *,
    names: Mapping[str, str],
    organisations: Mapping[int, str],
    roles: Mapping[str, str],
    titles: Mapping[int, str],
    bases: Mapping[int, str],
    actions: Sequence[str],
) -> dict[str, Any]:
    """The page of events; `names` are users', `organisations`, `titles` and `bases` go by id."""
    shown = events[:PAGE]
    here = reverse("oversight:audit")
    kept = address(asked)
    onward = {**kept, "before": shown[-1].id} if len(events) > PAGE else {}
    return {
        "errors": asked.errors,
        "filters": _fields(asked, actions),
        "denials": asked.search.denials,
        "looked_for": _in_words(asked, names, organisations),
        "events": [
            {
                "at": event.at,
                "who": names.get(event.actor) or WHO.get(event.identity, event.actor),
                "as": ", ".join(
                    filter(None, (titles.get(event.membership_id or 0), roles.get(event.role, event.role)))
                ),
                "organisation": organisations.get(event.organisation_id or 0, ""),
                "action": event.action.capitalize(),
                "object": f"{event.object_type} {event.object_id}".strip(),
                "why": event.why,
                "basis": bases.get(event.basis_id or 0, "Their own record" if event.identity == "person" else ""),
                "purpose": event.purpose.replace("_", " "),
                "person": event.person_id,
                "href": f"{here}?{urlencode({'person': event.person_id})}" if event.person_id else "",
            }
            for event in shown
        ],
        "everybody": here,
        "onward": f"{here}?{urlencode(onward)}" if onward else "",
        "beginning": f"{here}?{urlencode(kept)}" if asked.search.before else "",
    }


def _fields(asked: Asked, actions: Sequence[str]) -> list[dict[str, Any]]:
    def text(name: str, label: str, hint: str = "", width: str = "") -> dict[str, Any]:
        return {
            "component": "input",
            "params": {
                "id": name,
                "name": name,
                "label": {"text": label, "classes": "nhsuk-label--s"},
                "value": asked.sent.get(name, ""),
                "spellcheck": False,
                "autocomplete": "off",
                **({"classes": f"nhsuk-input--width-{width}"} if width else {}),
                **({"hint": {"text": hint}} if hint else {}),
                **_fault(asked, name),
            },
        }

    def day(name: str, legend: str) -> dict[str, Any]:
        given = "-".join(asked.sent.get(f"{name}-{part}", "") for part in reversed(PARTS))
        params = date_input(name, given, fault=name in asked.faults)
        params["fieldset"] = {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}}
        params["hint"] = {"text": params["hint"]}
        return {"component": "date-input", "params": {**params, **_fault(asked, name)}}

    chosen = asked.search.action
    items = [{"value": "", "text": "Everything", "selected": not chosen}]
    items += [{"value": each, "text": each.capitalize(), "selected": each == chosen} for each in actions]
    return [
        text("nhs_number", "NHS number", "It is sent, not kept in the address. Looking it up is recorded.", "10"),
        text("person", "Person's id"),
        text("who", "User", "A username, or the whole name", "20"),
        text("organisation", "Code of an organisation", width="10"),
        {"component": "select", "params": {"id": "action", "name": "action", "items": items,
         "label": {"text": "Did what", "classes": "nhsuk-label--s"}}},
        {"component": "checkboxes", "params": {"idPrefix": "denials", "name": "denials", "items": [
            {"value": "yes", "text": "Only who was refused", "checked": asked.search.denials}]}},
        day("since", "From this day"),
        day("until", "Until the end of this day"),
    ]  # fmt: skip


def _in_words(asked: Asked, names: Mapping[str, str], organisations: Mapping[int, str]) -> list[str]:
    """What is shown, a line each; empty for everything."""
    search = asked.search
    lines = [
        f"of the person {search.person}" if search.person else "",
        f"by {names.get(str(search.user), f'user {search.user}')}" if search.user else "",
        f"at {organisations.get(search.organisation, 'an unknown organisation')}" if search.organisation else "",
        f"called “{search.action}”" if search.action else "",
        "refused" if search.denials else "",
        f"from {shown_date(search.since)}" if search.since else "",
        f"until {shown_date(search.until - timedelta(seconds=1))}" if search.until else "",
    ]
    return [line for line in lines if line]


def _fault(asked: Asked, name: str) -> dict[str, Any]:
    return {"errorMessage": {"text": asked.faults[name]}} if name in asked.faults else {}


def _day(parts: Sequence[str]) -> tuple[date | None, str]:
    if not any(parts):
        return None, ""
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day), ""
    except (ValueError, OverflowError):
        return None, "Enter a real date, such as 1 4 2020"


def _begins(day: date | None, later: int = 0) -> datetime | None:
    """When a day begins in London; the day after the last one that there is, at the end of time."""
    if day is None:
        return None
    try:
        return london.at(day + timedelta(days=later), time())
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_NUMBER else None
