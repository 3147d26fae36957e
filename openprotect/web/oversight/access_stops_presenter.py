"""Requests that access stops, as their templates draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.rules.access_stops import clock, missing
from openprotect.journey.act.queries import HeldNeed
from openprotect.web.staff.forms import Form, written
from openprotect.web.staff.need_presenter import choices, writing
from openprotect.web.staff.words import urgency_tag

STATUS = {"open": "Not decided yet", "granted": "Granted", "in_part": "Granted in part", "refused": "Refused"}
COLOURS = {"open": "yellow", "granted": "green", "in_part": "green", "refused": "grey"}
VERDICTS = (
    ("granted", "Stop the access"),
    ("in_part", "Stop it, but not for the people I choose below"),
    ("refused", "Refuse: access goes on"),
)
_MISSING = {
    "verdict": "Select what you decide",
    "words": "Write why: the practice reads it",
    "spared": "Choose for whom access goes on",
}


def prefilled(code: str, person: str) -> Form:
    """The form as a link on another page opens it."""
    sent = QueryDict(mutable=True)
    sent.update({"organisation": code, "person": person})
    return Form(sent)


def asked(sent: QueryDict, organisation: int | None) -> Form:
    """What the practice sent: the arguments of the action, or what is missing."""
    faults, person = {}, None
    typed = sent.get("person", "").strip()
    if organisation is None:
        faults["organisation"] = "Enter the code of an organisation that is here, such as A12345"
    if typed:
        try:
            person = UUID(typed)
        except ValueError:
            faults["person"] = "Enter the whole id of a patient, or leave it empty for all of your patients"
    reason = written(sent, "reason")
    if not reason:
        faults["reason"] = "Write why access should stop"
    return Form(sent, {"organisation": organisation, "person": person, "reason": reason}, faults)


def decided(sent: QueryDict) -> Form:
    """What the guardian sent: the arguments of the action, or what is missing."""
    spared, faults = [], {}
    for each in sent.getlist("spared"):
        try:
            spared.append(UUID(each))
        except ValueError:
            faults["spared"] = _MISSING["spared"]
    verdict, words = sent.get("verdict", ""), written(sent, "words")
    faults |= {field: _MISSING[field] for field in missing(verdict, words, spared)}
    return Form(sent, {"verdict": verdict, "words": words, "spared": spared}, faults)


def lifting(sent: QueryDict) -> Form:
    """Why a stop is lifted."""
    why = written(sent, "why")
    return Form(sent, {"words": why}, {} if why else {"why": "Write why access goes on: the practice reads it"})


def line(request: Any, now: datetime, stop: Any = None) -> dict[str, Any]:
    """One request in a list, with the stop that came of it."""
    lifted = stop is not None and stop.ends_at is not None
    return {
        "lifted_at": stop.ends_at if lifted else None,
        "lifted_because": stop.lifted_because if lifted else "",
        "practice": request.practice.name,
        "organisation": request.organisation.name,
        "whom": f"Patient {str(request.person_id)[:8]}" if request.person_id else "All patients of the practice",
        "reason": request.reason,
        "asked_at": request.asked_at,
        "due_at": request.due_at,
        "overdue": request.status == "open" and request.due_at < now,
        "open": request.status == "open",
        "status": {"text": "Lifted", "classes": "nhsuk-tag--grey"}
        if lifted
        else {"text": STATUS[request.status], "classes": f"nhsuk-tag--{COLOURS[request.status]}"},
        "decided_at": request.decided_at,
        "words": request.words,
        "spared": len(stop.spared) if stop is not None else 0,
        "href": reverse("oversight:access_stop", args=[request.id]),
    }


def asking(form: Form, requests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The practice's form and its requests."""

    def text(name: str, label: str, hint: str, width: str = "") -> dict[str, Any]:
        return {
            "id": name,
            "name": name,
            "label": {"text": label, "classes": "nhsuk-label--s"},
            "hint": {"text": hint},
            "value": form.sent.get(name, ""),
            "spellcheck": False,
            "autocomplete": "off",
            **({"classes": f"nhsuk-input--width-{width}"} if width else {}),
            **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
        }

    return {
        "errors": form.errors,
        "requests": requests,
        "working_days": clock().working_days,
        "organisation": text("organisation", "Whose access should stop?", "The organisation's code", "10"),
        "person": text("person", "For one patient only?", "The patient's id. Leave it empty for all of your patients."),
        "reason": writing("reason", "Why?", form, hint="The Caldicott guardian reads it. Write nobody's name."),
    }


def deciding(
    request: Any,
    held: Sequence[HeldNeed],
    people: int,
    *,
    names: Mapping[str, str],
    now: datetime,
    form: Form,
    stop: Any = None,
) -> dict[str, Any]:
    """One request, what is open for its people at the organisation, and the form of the decision."""
    by_person = {need.person: need.name or str(need.person)[:8] for need in held}
    sent = set(form.sent.getlist("spared")) if form.sent else set()
    spared = {
        "idPrefix": "spared",
        "name": "spared",
        "fieldset": {"legend": {"text": "For whom does access go on?", "classes": "nhsuk-fieldset__legend--s"}},
        "hint": {"text": "Only if you stop it in part."},
        "items": [{"value": str(each), "text": name, "checked": str(each) in sent} for each, name in by_person.items()],
        **({"errorMessage": {"text": form.faults["spared"]}} if "spared" in form.faults else {}),
    }
    options = [each for each in VERDICTS if by_person or each[0] != "in_part"]
    return {
        "errors": form.errors,
        "asked": line(request, now, stop),
        "stopped_since": stop.starts_at if stop is not None else None,
        "lifted_by": names.get(stop.lifted_by, "") if stop is not None else "",
        "lift": {
            "action": reverse("oversight:lift_access_stop", args=[request.id]),
            "open": "why" in form.faults,
            "why": writing("why", "Why does access go on?", form, hint="The practice reads this."),
        }
        if stop is not None and stop.ends_at is None
        else None,
        "asked_by": names.get(request.asked_by, ""),
        "decided_by": names.get(request.decided_by, ""),
        "people": people,
        "needs": [
            {
                "name": need.name or str(need.person)[:8],
                "category": need.category_label,
                "urgency": urgency_tag(need.urgency),
                "due_at": need.due_at,
                "overdue": need.overdue,
                "how": "Referred to them" if need.referred else "With their team",
            }
            for need in held
        ],
        "waiting": len(by_person),
        "overdue": sum(need.overdue for need in held),
        "form": {
            "verdict": choices("verdict", "What do you decide?", options, form),
            "spared": spared if by_person else None,
            "words": writing("words", "Why?", form, hint="The practice reads this."),
        },
    }
