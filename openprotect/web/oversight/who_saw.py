"""A person asks who saw them: a letter to the address that we have."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from openprotect.governance.actions import record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.people import actions as people
from openprotect.people.errors import NoAddress, RestrictedRecord
from openprotect.web.errors import refused
from openprotect.web.pages import ScopedRequest
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.signed_in import closed_in_emergency, needs, staff_page


@require_http_methods(["GET", "POST"])
@needs("act.rights")
@closed_in_emergency
def letter(request: ScopedRequest) -> HttpResponse:
    """Whoever works requests of people types an NHS number or an id; the letter leaves with the next sweep."""
    if request.method == "GET":
        return _form(request)
    person, fault = _whom(request)
    if person is None:
        return _form(request, fault)
    try:
        flow.perform(people.ask_who_saw_letter, person=person, by=request.scope, now=request.scope.now)
    except NotThere as refusal:
        return refused(_form(request, "Nobody here has this id"), refusal)
    except (NoAddress, RestrictedRecord) as refusal:
        return refused(_form(request, str(refusal)), refusal)
    messages.success(request, "The letter will be sent.")
    return redirect("oversight:who_saw_letter")


def _whom(request: ScopedRequest) -> tuple[UUID | None, str]:
    """The person who was typed, by id or NHS number, or what is wrong with it."""
    typed = request.POST.get("person", "").strip()
    if not typed:
        return None, "Enter an NHS number or a person's id"
    try:
        return UUID(typed), ""
    except ValueError:
        pass
    try:
        number = parse_nhs_number(typed)
    except NotAnNhsNumber as fault:
        return None, f"Enter the whole id of a person, or {fault.expected}"
    found = flow.perform(people.find_by_nhs_number, nhs_number=number, by=request.scope, now=request.scope.now)
    return found, "" if found else "Nobody here has this NHS number"


def _form(request: ScopedRequest, fault: str = "") -> HttpResponse:
    record("who saw me: form opened", by=request.scope, of="letter")
    params = {
        "id": "person",
        "name": "person",
        "label": {"text": "Whose letter?", "classes": "nhsuk-label--s"},
        "hint": {"text": "Their NHS number or id. It is sent, not kept in the address. Looking it up is recorded."},
        "value": request.POST.get("person", ""),
        "autocomplete": "off",
        "spellcheck": False,
        "classes": "nhsuk-input--width-20",
        **({"errorMessage": {"text": fault}} if fault else {}),
    }
    errors = (Error(fault, "#person"),) if fault else ()
    return staff_page(request, "oversight/who_saw_letter.html", {"person": params, "errors": errors})
