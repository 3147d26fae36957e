"""Organisations as their templates draw them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.actions.teams import DAYS
from openprotect.governance.facts.teams import Hours
from openprotect.governance.queries import Found, Registered, TeamThere
from openprotect.lib import london
from openprotect.web.oversight.agreement_forms import drawn_day, line
from openprotect.web.oversight.organisation_forms import RELATIONS
from openprotect.web.shown import shown_date, shown_opening, shown_time
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, writing


def found(page: Found, text: str) -> dict[str, Any]:
    """The page of those that were found."""
    address = reverse("oversight:organisations")
    kept = {"q": text} if text else {}
    return {
        "search": {
            "id": "q",
            "name": "q",
            "label": {"text": "Code or name", "classes": "nhsuk-label--s"},
            "value": text,
            "autocomplete": "off",
            "spellcheck": False,
        },
        "text": text,
        "rows": [
            {
                "href": reverse("oversight:organisation", args=[each.code]),
                "code": each.code,
                "name": each.name,
                "kind": each.get_kind_display(),
                "belongs": each.parent.name if each.parent else "",
                "status": each.get_status_display(),
                "postcode": each.postcode,
            }
            for each in page.rows
        ],
        "onward": f"{address}?{urlencode({**kept, 'after': page.after})}" if page.after else "",
    }


def one(found: Registered, now: datetime, form: Form, verb: str) -> dict[str, Any]:
    """The page of one organisation; `verb` says which form was sent."""
    of = found.organisation
    return {
        "organisation": of,
        "kind": of.get_kind_display(),
        "status": of.get_status_display(),
        "address": _address(of),
        "relations": [
            {
                "kind": each.get_kind_display(),
                "name": each.to.name,
                "code": each.to.code,
                "href": reverse("oversight:organisation", args=[each.to.code]),
                "starts_on": each.starts_on,
                "ends_on": each.ends_on,
                "now": each.in_force,
                "source": each.get_source_display(),
            }
            for each in found.relations
        ],
        "related": [
            {
                "kind": each.get_kind_display().lower(),
                "name": each.organisation.name,
                "code": each.organisation.code,
                "href": reverse("oversight:organisation", args=[each.organisation.code]),
            }
            for each in found.related
        ],
        "more_related": max(found.related_count - len(found.related), 0),
        "teams": [_team(each, now) for each in found.teams],
        "errors": form.errors,
        "forms": _forms(found, form, verb, now) if of.closed_at is None else {},
        "successor": of.successor and {
            "name": of.successor.name,
            "href": reverse("oversight:organisation", args=[of.successor.code]),
        },
    }  # fmt: skip


def _address(of: Any) -> list[str]:
    return [text for text in (of.postcode, of.telephone, of.email) if text]


def _team(each: TeamThere, now: datetime) -> dict[str, Any]:
    there = shown_opening(each.opening, now) if each.team.closed_at is None else ""
    return {
        "name": each.team.name,
        "duty": each.team.duty.replace("_", " "),
        "closed_at": each.team.closed_at,
        "hours": _hours(each.hours),
        "holidays": "Open on bank holidays" if each.team.open_on_bank_holidays else "Closed on bank holidays",
        "now": f"{there[:1].upper()}{there[1:]}",
    }


def _hours(hours: Iterable[Hours]) -> list[str]:
    return [f"{DAYS[each.weekday]} {shown_time(each.opens)} to {shown_time(each.closes)}" for each in hours]


def _forms(found: Registered, form: Form, verb: str, now: datetime) -> dict[str, Any]:
    """Every form; what was sent stands in the one that was sent."""
    code = found.organisation.code
    going_on = [
        (each.id, f"{each.get_kind_display()} {each.to.name}, since {shown_date(each.starts_on)}")
        for each in found.relations
        if each.kind != "succeeded_by" and (each.ends_on is None or each.ends_on >= london.today(now))
    ]
    teams = [(each.team.id, each.team.name) for each in found.teams if each.team.closed_at is None]
    of = {
        each: form if each == verb else Form()
        for each in ("relate", "end", "merge", "close", "team", "hours", "close-team")
    }
    made: dict[str, dict[str, Any]] = {
        "relate": {
            "kind": choices("kind", "What is it to the other?", list(RELATIONS.items()), of["relate"]),
            "to": line("to", "Code of the other organisation", of["relate"], hint="For example, 26A."),
            "starts_on": drawn_day("starts_on", "First day", of["relate"]),
            "ends_on": drawn_day("ends_on", "Last day (optional)", of["relate"], hint="Leave it empty if it goes on."),
        },
        "merge": {
            "into": line("into", "Code of the successor", of["merge"], hint="For example, 26A."),
            "new_name": line("new_name", "Its name, if it is not there yet (optional)", of["merge"]),
            "merged_on": drawn_day("merged_on", "First day of the successor", of["merge"]),
        },
        "close": {"last_day": drawn_day("last_day", "Last day", of["close"])},
        "team": {
            "duty": line("duty", "Duty", of["team"], hint="As the programme names it, such as surveillance."),
            "team_name": line("team_name", "What it is called", of["team"]),
        },
    }
    if going_on:
        made["end"] = {
            "relation": choices("relation", "Which relation ends?", going_on, of["end"]),
            "ended_on": drawn_day("ended_on", "Last day", of["end"]),
        }
    if teams:
        hint = "A line for each day or run of days, such as: Monday to Friday 08:00 to 18:30. 24:00 is midnight."
        made["hours"] = {
            "hours_team": choices("hours_team", "Whose hours are these?", teams, of["hours"]),
            "hours": writing("hours", "When are they there?", of["hours"], hint=hint, rows=5),
            "bank_holidays": _checkbox("bank_holidays", "They are also there on bank holidays", of["hours"]),
        }
        made["close-team"] = {"closing_team": choices("closing_team", "Which team closes?", teams, of["close-team"])}
    return {
        name.replace("-", "_"): {
            "fields": fields,
            "action": reverse("oversight:change_organisation", args=[code, name]),
            "open": name == verb,
        }
        for name, fields in made.items()
    }


def _checkbox(name: str, text: str, form: Form) -> dict[str, Any]:
    return {"idPrefix": name, "name": name, "items": [{"value": "yes", "text": text, "checked": name in form.sent}]}
