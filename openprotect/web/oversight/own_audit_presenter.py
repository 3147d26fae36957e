"""Who saw our patients, as its template draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.queries import OwnCounts, OwnEvent, OwnSearch
from openprotect.governance.scope import Scope
from openprotect.lib import london

PAGE = 50
PERIODS = {7: "The last 7 days", 30: "The last 30 days", 90: "The last 90 days", 3660: "Everything that is kept"}
USUAL = 30
_WHO = {"system": "OpenProtect, by itself", "person": "The patient, by their link", "nobody": "Somebody not proven"}
_LONGEST_NUMBER = 18


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see, and over how many days."""

    search: OwnSearch
    days: int

    @property
    def kept(self) -> dict[str, str]:
        """What stands in the address."""
        search = self.search
        given = {
            "days": self.days if self.days != USUAL else "",
            "organisation": search.organisation,
            "person": search.person,
            "automatic": "yes" if search.automatic else "",
        }
        return {key: str(value) for key, value in given.items() if value}

    @property
    def in_ids(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.kept.items() if key != "person")


def read(sent: QueryDict, *, now: datetime) -> Asked:
    """The address's question; what cannot be read narrows nothing but the person, who is then nobody's."""
    days = int(sent.get("days", "")) if sent.get("days", "").isdecimal() and len(sent["days"]) < 5 else USUAL
    days = days if days in PERIODS else USUAL
    organisation = sent.get("organisation", "")
    number = organisation.isdecimal() and organisation.isascii() and len(organisation) <= _LONGEST_NUMBER
    try:
        person = UUID(sent.get("person", "")) if sent.get("person") else None
    except ValueError:
        person = UUID(int=0)
    search = OwnSearch(
        since=now - timedelta(days=days),
        until=now + timedelta(seconds=1),
        organisation=int(organisation) if number else None,
        person=person,
        automatic=sent.get("automatic") == "yes",
        before=_key(sent.get("before", "")),
    )
    return Asked(search, days)


def own_audit(
    events: Sequence[OwnEvent],
    asked: Asked,
    counts: OwnCounts,
    *,
    days: int,
    scope: Scope,
    names: Mapping[str, str],
    titles: Mapping[int, str],
    organisations: Mapping[int, str],
    roles: Mapping[str, str],
    bases: Mapping[int, str],
    people: Mapping[UUID, str],
) -> dict[str, Any]:
    """The page. Colleagues are named, people of other organisations go by role and organisation."""
    here = reverse("oversight:own_audit")
    shown = events[:PAGE]
    more = len(events) > PAGE
    before = f"{shown[-1].at.isoformat()}~{shown[-1].id}" if more else ""

    def line(event: OwnEvent) -> dict[str, Any]:
        role = roles.get(event.role, event.role)
        name = names.get(event.actor, "")
        return {
            "at": event.at,
            "who": name or (role if event.identity == "staff" else _WHO.get(event.identity, "A partner, by a link")),
            "as": ", ".join(filter(None, (titles.get(event.membership_id or 0), role))) if name else "",
            "organisation": organisations.get(event.organisation_id or 0, ""),
            "patient": people.get(event.person_id, ""),
            "short": str(event.person_id)[:8],
            "href": f"{here}?{urlencode({**asked.kept, 'person': str(event.person_id)})}",
            "action": event.action.capitalize(),
            "object": event.object_type,
            "basis": bases.get(event.basis_id or 0, "Their own record" if event.identity == "person" else ""),
            "purpose": event.purpose.replace("_", " "),
        }

    return {
        "summary": summary(counts, days),
        "organisations": [
            {
                "name": organisations.get(each, ""),
                "people": number,
                "events": times,
                "href": f"{here}?{urlencode({'organisation': each})}",
                "stop": ""
                if each in scope.organisations or not scope.may("ask.access_stop")
                else f"{reverse('oversight:ask_access_stop')}?{urlencode({'organisation': each})}",
            }
            for each, number, times in counts.organisations
        ],
        "days": [
            {"date": day, "events": [line(event) for event in of_day]}
            for day, of_day in groupby(shown, key=lambda event: london.today(event.at))
        ],
        "filters": _filters(asked, counts, organisations),
        "kept_person": asked.search.person or "",
        "person": asked.search.person,
        "everybody": f"{here}?{urlencode({k: v for k, v in asked.kept.items() if k != 'person'})}",
        "onward": f"{here}?{urlencode({**asked.kept, 'before': before})}" if more else "",
        "beginning": f"{here}?{urlencode(asked.kept)}" if asked.search.before else "",
    }


def summary(counts: OwnCounts, days: int) -> str:
    """The one sentence at the top."""
    number = len(counts.organisations)
    if not number:
        return f"In the last {days} days nobody opened a record of your patients here."
    who = "1 organisation" if number == 1 else f"{number} organisations"
    whom = "1 of your patients" if counts.people == 1 else f"{counts.people} of your patients"
    records = "the record" if counts.people == 1 else "records"
    return f"In the last {days} days {who} opened {records} of {whom}."


def _filters(asked: Asked, counts: OwnCounts, organisations: Mapping[int, str]) -> list[dict[str, Any]]:
    def select(name: str, label: str, options: Sequence[tuple[object, str]], chosen: object) -> dict[str, Any]:
        items = [{"value": str(value), "text": text, "selected": value == chosen} for value, text in options]
        words = {"text": label, "classes": "nhsuk-label--s"}
        return {"component": "select", "params": {"id": name, "name": name, "label": words, "items": items}}

    each = [(id_, organisations.get(id_, "")) for id_, _, _ in counts.organisations]
    chosen = asked.search.organisation
    if chosen is not None and chosen not in dict(each):
        each.append((chosen, organisations.get(chosen, f"Organisation {chosen}")))
    automatic = {"value": "yes", "text": "Also what ran by itself", "checked": asked.search.automatic}
    return [
        select("days", "When", list(PERIODS.items()), asked.days),
        select("organisation", "Which organisation", [("", "Every one"), *each], chosen or ""),
        {
            "component": "checkboxes",
            "params": {"idPrefix": "automatic", "name": "automatic", "items": [automatic]},
        },
    ]


def _key(before: str) -> tuple[datetime, int] | None:
    try:
        at, last = before.split("~")
        moment = datetime.fromisoformat(at)
        return (moment, int(last)) if moment.tzinfo and last.isascii() and len(last) <= _LONGEST_NUMBER else None
    except ValueError:
        return None
