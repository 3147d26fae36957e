"""The audit trail as its template draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.web.questionnaire.presenter import Error

PAGE = 50
_WHO = {"system": "OpenProtect", "person": "The person, by their link", "partner": "A partner, by their link",
        "nobody": "Somebody not proven"}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see: one person's events or all, from before an event."""

    person: UUID | None = None
    before: int | None = None
    typed: str = ""

    @property
    def errors(self) -> tuple[Error, ...]:
        unread = self.typed and self.person is None
        return (Error("Enter the whole id of a person, as it stands in the table", "#person"),) if unread else ()


def read(sent: QueryDict) -> Asked:
    """The address's question. An id that is none filters nothing and says so."""
    typed, before = sent.get("person", "").strip(), sent.get("before", "")
    try:
        person = UUID(typed) if typed else None
    except ValueError:
        person = None
    return Asked(person, int(before) if before.isdecimal() and len(before) < 19 else None, typed)


def audit(
    events: Sequence[Any],
    asked: Asked,
    *,
    names: Mapping[str, str],
    titles: Mapping[int, str],
    organisations: Mapping[int, str],
) -> dict[str, Any]:
    """The page of events; `names` are users', `titles` those of memberships, `organisations` by id."""
    shown = events[:PAGE]
    address = reverse("oversight:audit")
    kept: dict[str, Any] = {"person": asked.person} if asked.person else {}
    onward = {**kept, "before": shown[-1].id} if len(events) > PAGE else {}
    return {
        "errors": asked.errors,
        "person": asked.person,
        "filter": {
            "id": "person",
            "name": "person",
            "label": {"text": "Person's id", "classes": "nhsuk-label--s"},
            "value": asked.typed,
            "spellcheck": False,
            "autocomplete": "off",
            **({"errorMessage": {"text": asked.errors[0].text}} if asked.errors else {}),
        },
        "events": [
            {
                "at": event.at,
                "who": _who(event, names, titles),
                "organisation": organisations.get(event.organisation_id or 0, ""),
                "action": event.action.capitalize(),
                "object": f"{event.object_type} {event.object_id}".strip(),
                "why": event.why,
                "person": event.person_id,
                "href": f"{address}?{urlencode({'person': event.person_id})}" if event.person_id else "",
            }
            for event in shown
        ],
        "everybody": address,
        "onward": f"{address}?{urlencode(onward)}" if onward else "",
        "beginning": f"{address}?{urlencode(kept)}" if asked.before else "",
    }


def _who(event: Any, names: Mapping[str, str], titles: Mapping[int, str]) -> str:
    """A user's name, with the title that they acted under."""
    name = names.get(event.actor)
    if name is None:
        return _WHO.get(event.identity, event.actor)
    title = titles.get(event.membership_id or 0)
    return f"{name}, {title}" if title else name
