"""The terms on which somebody works here, and the form that changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance import errors
from openprotect.governance.scope import Scope
from openprotect.lib.errors import Refusal
from openprotect.lib.london import at, today
from openprotect.web.oversight.agreement_forms import day, drawn_day, line
from openprotect.web.questionnaire.posted import PARTS
from openprotect.web.staff.forms import Form, written

# Beside which field a refusal of the action is said.
FIELDS: Mapping[type[Refusal], str] = {
    errors.NoSuchRole: "role",
    errors.ReachesEverywhere: "role",
    errors.HeldAlready: "role",
    errors.NoSuchTeam: "team",
    errors.SupervisesThemselves: "supervisor",
    errors.EndMissing: "until",
    errors.EndsTooEarly: "until",
}


def read(sent: QueryDict, *, teams: Sequence[Any], colleagues: Sequence[tuple[int, str]]) -> Form:
    """New terms: the arguments of the action, or what is missing."""
    faults: dict[str, str] = {}
    title, role = written(sent, "title"), written(sent, "role")
    if not role:
        faults["role"] = "Select a role"
    team = _chosen(sent, "team", {each.id for each in teams}, "Select a team from the list, or none", faults)
    people = {id_ for id_, _ in colleagues}
    supervisor = _chosen(sent, "supervisor", people, "Select somebody from the list, or nobody", faults)
    if len(title) > 80:
        faults["title"] = "Enter at most 80 characters"
    until = day(sent, "until")
    if until is None and any(sent.get(f"until-{part}", "").strip() for part in PARTS):
        faults["until"] = "Enter a day that there is, such as 31 3 2021"
    values = {
        "role": role,
        "team": team,
        "title": title,
        "supervisor": supervisor,
        "ends_at": at(until, time(23, 59)) if until else None,
    }
    return Form(
        sent,
        values,
        {name: faults[name] for name in ("role", "team", "title", "supervisor", "until") if name in faults},
    )


def drawn(
    found: Any,
    *,
    roles: Sequence[Any],
    teams: Sequence[Any],
    colleagues: Sequence[tuple[int, str]],
    scope: Scope,
    form: Form | None,
) -> dict[str, Any]:
    """The page: what holds now, and the form with it or with what was sent."""
    shown = form or Form(_as_it_stands(found))
    over = found.ends_at is not None and found.ends_at <= scope.now
    return {
        "errors": shown.errors,
        "id": found.id,
        "name": found.user.name,
        "username": found.user.username,
        "organisation": found.organisation.name,
        "employer": found.employer.name,
        "since": found.starts_at,
        "own": str(found.user_id) == scope.actor,
        "over": found.ends_at if over else None,
        "action": reverse("oversight:membership", args=[found.id]),
        "role": select("role", "Role", [(each.name, each.label) for each in roles], shown, empty=False),
        "team": select("team", "Team", [(each.id, each.name) for each in teams], shown, hint="May stay empty."),
        "title": line("title", "What they are called in this work", shown, hint="If not as the role."),
        "supervisor": select("supervisor", "Under whose supervision", colleagues, shown, hint="May stay empty."),
        "until": drawn_day("until", "Last day", shown, hint="Empty: until somebody ends it."),
    }


def select(
    name: str,
    label: str,
    options: Sequence[tuple[object, str]],
    form: Form,
    *,
    hint: str = "",
    empty: bool = True,
) -> dict[str, Any]:
    """The parameters of a list to choose from: what was sent is chosen, what is wrong is said."""
    items = [*([{"value": "", "text": ""}] if empty else []), *({"value": str(v), "text": text} for v, text in options)]
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "items": [{**item, "selected": item["value"] == form.sent.get(name, "")} for item in items],
        **({"hint": {"text": hint}} if hint else {}),
        **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
    }


def _as_it_stands(found: Any) -> QueryDict:
    sent = QueryDict(mutable=True)
    sent.update({
        "role": found.role_id, "team": str(found.team_id or ""), "title": found.title,
        "supervisor": str(found.supervisor_id or ""),
    })  # fmt: skip
    if found.ends_at is not None:
        last = today(found.ends_at)
        sent.update({"until-day": str(last.day), "until-month": str(last.month), "until-year": str(last.year)})
    return sent


def _chosen(sent: QueryDict, name: str, allowed: set[int], words: str, faults: dict[str, str]) -> int | None:
    given = sent.get(name, "")
    if not given:
        return None
    if given.isdecimal() and len(given) < 19 and int(given) in allowed:
        return int(given)
    faults[name] = words
    return None
