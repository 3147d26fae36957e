"""Who could see whom, as its template draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict

from openprotect.governance.queries import CouldSee
from openprotect.lib import london
from openprotect.web.oversight.agreement_forms import day, drawn_day, line
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.staff.forms import Form

VIA = {
    "registration": "Are registered there",
    "residence": "Live there",
    "programme": "Are in a programme",
    "referral": "Were referred there",
}


@dataclass(frozen=True)
class Asked:
    """The question: of an organisation or of a person, at a moment; or what is wrong with it."""

    sent: QueryDict
    organisation: str = ""
    person: UUID | None = None
    at: datetime | None = None
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return bool(self.sent) and not self.faults

    def with_fault(self, name: str, text: str) -> Asked:
        return replace(self, faults={**self.faults, name: text})


def read(sent: QueryDict, *, now: datetime) -> Asked:
    """The address's question. Without one nothing is wrong."""
    if not sent:
        return Asked(sent)
    faults: dict[str, str] = {}
    organisation, typed = sent.get("organisation", "").strip()[:20], sent.get("person", "").strip()
    person = None
    if typed:
        try:
            person = UUID(typed)
        except ValueError:
            faults["person"] = "Enter the whole id of a person, as it stands in the audit trail"
    if bool(organisation) == bool(typed):
        faults["organisation"] = "Enter either the code of an organisation or the id of a person"
    on, clock = day(sent, "on"), _clock(sent.get("time", "").strip())
    if on is None:
        faults["on"] = "Enter a real date, such as 31 3 2020"
    if clock is None:
        faults["time"] = "Enter a time of the day, such as 23:59"
    at = london.at(on, clock) if on and clock is not None else None
    if at is not None and at > now + timedelta(days=1):
        faults["on"] = "Enter a moment that is past: nobody knows yet who will see whom"
    return Asked(sent, organisation, person, at, faults)


def could_see(asked: Asked, found: CouldSee | None) -> dict[str, Any]:
    form = Form(asked.sent, {}, asked.faults)
    return {
        "errors": tuple(Error(text, f"#{name}") for name, text in asked.faults.items()),
        "organisation": line("organisation", "Code of an organisation", form, hint="For example, 06M."),
        "person": line("person", "Or the id of a person", form),
        "on": drawn_day("on", "On which day?", form),
        "time": line("time", "At what time, by the clock in London?", form, value="23:59"),
        "asked": found is not None,
        "at": found.at if found else None,
        "grants": [
            {
                "name": f"{each.name} ({each.code})" if each.name != each.code else each.code,
                "people": each.people,
                "via": VIA.get(each.via, each.via.capitalize()),
                "basis": each.basis,
                "purpose": each.purpose,
                "live": each.live,
                "since": each.since,
            }
            for each in (found.grants if found else ())
        ],
        "workers": [
            {
                "name": each.name,
                "role": each.title or each.role,
                "beside": each.role if each.title else "",
                "team": each.team,
                "code": each.code,
            }
            for each in (found.workers if found else ())
        ],
    }


def _clock(text: str) -> time | None:
    hour, _, minute = text.replace(".", ":").partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) < 3 and len(minute) == 2):
        return None
    return time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None
