"""The forms of what can be decided about a legal basis: their fields, and what was typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.facts import law
from openprotect.governance.queries import BasisView
from openprotect.governance.scope import Scope
from openprotect.lib.london import at
from openprotect.web.oversight import bases_ends
from openprotect.web.questionnaire import presenter
from openprotect.web.staff.forms import Form, written


def forms(
    view: BasisView, others: Sequence[BasisView], *, scope: Scope, form: Form | None, asked: str
) -> dict[str, Any]:
    """What a reader may decide about a basis, each as the form that says it; nothing of one that has ended."""
    basis = view.basis
    if view.state == "ended":
        return {}
    found: dict[str, Any] = {}
    approved = {a.approver for a in view.approvals}
    if scope.may("approve.bases") and scope.role in law.APPROVERS.keys() - approved:
        found["approve"] = {**_drawn(view, "approve", form, asked, {}), "hidden": ("read", view.version)}
    if (
        scope.may("approve.bases")
        and view.extension
        and view.extension.by != scope.actor
        and (scope.role in law.APPROVERS.keys() - {a.approver for a in view.extension_approvals})
    ):
        drawn = _drawn(view, "approve_extension", form, asked, {})
        found["approve_extension"] = {**drawn, "hidden": ("extension", str(view.extension.id))}
    if scope.may("manage.bases"):
        if view.state == "awaiting approval" and not approved:
            found["party"] = _party(view, form if asked == "party" else None)
        if basis.ends_at is not None:
            found["extend"] = _drawn(view, "extend", form, asked, {"day": "New last day"})
            choices = [
                {"value": other.basis.id, "text": other.basis.title} for other in others if other.may_carry_on(view)
            ]
            if choices:
                found["replace"] = _drawn(view, "replace", form, asked, {}, choices)
        if basis.review_date is not None:
            found["review"] = _drawn(view, "review", form, asked, {"day": "Day of the next review"})
        found["end"] = _drawn(view, "end", form, asked, {"day": "Last day, or nothing to end it now"})
        deleting = {"day": "From which day are they erased? Nothing for no day"}
        found["stop_and_delete"] = _drawn(view, "stop_and_delete", form, asked, deleting)
        found["archive_on_hold"] = _drawn(view, "archive_on_hold", form, asked, {})
    return found


def read(choice: str, sent: QueryDict) -> Form:
    """What a decision's form says: words always, a day or a basis where the decision needs one."""
    if choice == "party":
        return _read_party(sent)
    words = written(sent, "words")
    values: dict[str, Any] = {"words": words}
    faults = {}
    if choice in ("extend", "end", "stop_and_delete", "review"):
        name = f"{choice}-day"
        typed = any(sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))
        day = read_day(sent, name)
        if day is None and (typed or choice in ("extend", "review")):
            faults[first_field(choice)] = "Enter a real day, such as 30 6 2022"
        if choice == "stop_and_delete":
            values |= {"choice": choice, "delete_on": day}
        elif choice == "review":
            values["review_on"] = day
        else:
            values["ends_at"] = at(day + timedelta(days=1), time()) if day else None
    elif choice == "replace":
        chosen = sent.get("replaced_by", "")
        if not chosen.isdecimal() or len(chosen) > 18:
            faults[first_field(choice)] = "Select the basis that carries on"
        else:
            values["replaced_by"] = int(chosen)
    elif choice == "archive_on_hold":
        values["choice"] = choice
    elif choice == "approve":
        values["read"] = sent.get("read", "")
    elif choice == "approve_extension":
        read = sent.get("extension", "")
        values["extension"] = int(read) if read.isdecimal() and len(read) <= 18 else 0
    if not words:
        faults[f"{choice}-words"] = "Write why"
    return Form(sent, values, faults)


def first_field(choice: str) -> str:
    """The id of the first field of a decision's form, where its error summary leads."""
    first = {"party": "party-organisation", "extend": "extend-day-day", "end": "end-day-day", "replace": "replace-by",
             "stop_and_delete": "stop_and_delete-day-day", "review": "review-day-day"}  # fmt: skip
    return first.get(choice, f"{choice}-words")


def _read_party(sent: QueryDict) -> Form:
    values = {name: written(sent, name) for name in ("organisation", "capacity", "power")}
    missing = {
        "organisation": "Enter the ODS code of an organisation",
        "capacity": "Select whether it controls or processes",
        "power": "Enter the statutory power that it acts by",
    }
    return Form(sent, values, {f"party-{name}": words for name, words in missing.items() if not values[name]})


def _party(view: BasisView, form: Form | None) -> dict[str, Any]:
    mine = form or Form()

    def field(name: str, label: str, **more: Any) -> dict[str, Any]:
        id_ = f"party-{name}"
        fault = {"errorMessage": {"text": mine.faults[id_]}} if id_ in mine.faults else {}
        return {"id": id_, "name": name, "label": {"text": label, "classes": "nhsuk-label--s"},
                "value": mine.sent.get(name, ""), **more, **fault}  # fmt: skip

    capacity = field("capacity", "", idPrefix="party-capacity")
    legend = {"text": "What is it?", "classes": "nhsuk-fieldset__legend--s"}
    items = [{"value": key, "text": text, "checked": capacity["value"] == key} for key, text in law.CAPACITIES.items()]
    return {
        "action": reverse("oversight:basis_decide", args=[view.basis.id, "party"]),
        "open": bool(mine.faults),
        "organisation": field("organisation", "ODS code of the organisation", classes="nhsuk-input--width-10"),
        "capacity": {**capacity, "fieldset": {"legend": legend}, "items": items},
        "power": field(
            "power", "Statutory power", hint={"text": "Such as: National Health Service Act 2006, section 13Z3"}
        ),
    }


def read_day(sent: QueryDict, name: str) -> date | None:
    """The day in three fields; None where it is none."""
    try:
        day, month, year = (int(sent.get(f"{name}-{part}", "").strip()) for part in ("day", "month", "year"))
        return date(year, month, day) if 1900 < year < 2200 else None
    except (ValueError, OverflowError):
        return None


def _drawn(
    view: BasisView,
    choice: str,
    form: Form | None,
    asked: str,
    days: Mapping[str, str],
    choices: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    mine = form if form and asked == choice else Form()

    def fault(name: str) -> dict[str, Any]:
        return {"errorMessage": {"text": mine.faults[name]}} if name in mine.faults else {}

    drawn: dict[str, Any] = {
        "action": reverse("oversight:basis_decide", args=[view.basis.id, choice]),
        "open": bool(mine.faults),
        "means": bases_ends.MEANS.get(choice, ""),
        "words": {
            "id": f"{choice}-words",
            "name": "words",
            "label": {"text": "Why, in your own words", "classes": "nhsuk-label--s"},
            "value": mine.sent.get("words", ""),
            "rows": 3,
            **fault(f"{choice}-words"),
        },
    }
    if days:
        name = f"{choice}-day"
        drawn["day"] = date_field(name, days["day"], mine.sent, mine.faults.get(first_field(choice)))
    if choices:
        drawn["replaced_by"] = {
            "idPrefix": "replace-by",
            "name": "replaced_by",
            "fieldset": {"legend": {"text": "Which basis carries on?", "classes": "nhsuk-fieldset__legend--s"}},
            "items": [
                {**item, "value": str(item["value"]), "checked": mine.sent.get("replaced_by") == str(item["value"])}
                for item in choices
            ],
            **fault(first_field(choice)),
        }
    return drawn


def date_field(name: str, legend: str, sent: QueryDict, fault: str | None) -> dict[str, Any]:
    """Day, month and year in three fields, as they were typed."""
    typed = "-".join(sent.get(f"{name}-{part}", "").strip() for part in ("year", "month", "day")) if sent else ""
    params: dict[str, Any] = presenter.date_input(name, typed, fault=bool(fault))
    params["fieldset"] = {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}}
    params["hint"] = {"text": "For example, 30 6 2022"}
    if fault:
        params["errorMessage"] = {"text": fault}
    return params
