"""Emergency access as its templates draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.queries import InEmergency
from openprotect.governance.rules.emergency import Settings, says_why
from openprotect.governance.scope import Scope
from openprotect.journey.act.worklist import WorklistRow
from openprotect.journey.check_in.queries import Answered
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.people.queries import PersonSeen
from openprotect.web.questionnaire import presenter
from openprotect.web.staff import need_presenter, words, worklist_presenter
from openprotect.web.staff.forms import Form, written

BORN = "date-of-birth"
PARTS = ("day", "month", "year")
# The one answer to somebody unknown, a wrong date, a restricted record and somebody who has died.
NOTHING = "There is nothing to open for this NHS number and date of birth. Check both, or ring the person's GP surgery"


def read(sent: QueryDict, settings: Settings) -> Form:
    """What the form says, or what is wrong with it. Nobody has been looked for yet."""
    faults: dict[str, str] = {}
    number, born = "", None
    try:
        number = parse_nhs_number(sent.get("nhs_number", "").strip())
    except NotAnNhsNumber:
        faults["nhs_number"] = "Enter the NHS number, 10 digits such as 999 123 4560"
    try:
        day, month, year = (int(sent.get(f"{BORN}-{part}", "")) for part in PARTS)
        born = date(year, month, day)
    except (ValueError, OverflowError):
        faults[BORN] = "Enter a real date of birth, such as 31 3 1945"
    reason, said = sent.get("reason", ""), written(sent, "words")
    if reason not in settings.reasons:
        faults["reason"] = "Select why you need this record now"
    if not says_why(said, settings):
        faults["words"] = f"Say in at least {settings.words_at_least} words why you need this record now"
    values = {"nhs_number": number, "date_of_birth": born, "reason": reason, "words": said}
    return Form(sent, values, faults)


def nothing_to_open(form: Form) -> Form:
    """The same form, and the one sentence that says no more than it must."""
    return replace(form, faults={"nhs_number": NOTHING})


def form(form: Form, settings: Settings, *, open_now: InEmergency | None, asked: Sequence[Any]) -> dict[str, Any]:
    """The page: the form, unless something is open already; and what a reviewer asks about."""
    fault = form.faults.get(BORN, "")
    born: dict[str, Any] = presenter.date_input(BORN, "", fault=bool(fault))
    for item in born["items"]:
        item["value"] = form.sent.get(item["name"], "")
    born["fieldset"] = {"legend": {"text": "Date of birth", "classes": "nhsuk-fieldset__legend--s"}}
    if fault:
        born["errorMessage"] = {"text": fault}
    number_fault = form.faults.get("nhs_number")
    return {
        "open_now": open_now,
        "hours": str(settings.lasts),
        "errors": _errors(form),
        "number": {
            "id": "nhs_number",
            "name": "nhs_number",
            "label": {"text": "NHS number", "classes": "nhsuk-label--s"},
            "value": form.sent.get("nhs_number", ""),
            "inputmode": "numeric",
            "autocomplete": "off",
            "spellcheck": False,
            "classes": "nhsuk-input--width-10",
            **({"errorMessage": {"text": number_fault}} if number_fault else {}),
        },
        "born": born,
        "reason": need_presenter.choices("reason", "Why do you need it?", list(settings.reasons.items()), form),
        "words": need_presenter.writing(
            "words", "Say why in a few words", form, hint="Whoever reviews this reads it. Do not write their name."
        ),
        "asked": [_question(each, form) for each in asked],
    }


def _errors(form: Form) -> tuple[presenter.Error, ...]:
    places = {BORN: f"#{BORN}-day"}
    return tuple(presenter.Error(text, places.get(name, f"#{name}")) for name, text in form.faults.items())


def _question(access: Any, form: Form) -> dict[str, Any]:
    name = f"words-{access.id}"
    box = need_presenter.writing(name, "Your answer", form)
    return {
        "opened": access.starts_at,
        "question": access.question,
        "action": reverse("staff:emergency_answer", args=[access.id]),
        "words": box | {"name": "words", "value": form.sent.get("words", "") if name in form.faults else ""},
    }


def person(
    found: PersonSeen, *, needs: Sequence[WorklistRow], answered: Answered | None, scope: Scope
) -> dict[str, Any]:
    """The record: who, how to reach them, what to mind, what is to be done, what they answered."""
    identity = found.identity
    return {
        "person": {
            "name": f"{identity.given_name} {identity.family_name}" if identity else "Name not shown to you",
            "born": identity.date_of_birth if identity else None,
            "nhs_number": identity.nhs_number if identity else "",
            "language": words.language(identity.language) if identity else "",
            "practice": found.practice,
        },
        "reach": [need_presenter.way(point) for point in found.contact_points],
        "mind": need_presenter.minded(found.needs),
        "rows": [worklist_presenter.row(each, scope.now) for each in needs],
        "answered": need_presenter.answers(answered, private=scope.may("see.answers")),
        "said": need_presenter.said(answered),
        "answers_hidden": not scope.may("see.answers"),
    }
