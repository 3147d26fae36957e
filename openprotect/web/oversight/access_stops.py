"""A practice asks that access to its patients stops; the Caldicott guardian decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, errors, queries
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import queries as act
from openprotect.lib.errors import Refusal
from openprotect.web.errors import refused
from openprotect.web.oversight import access_stops_presenter as presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form

# Beside which field a refusal of the action is said.
_FIELDS = {
    errors.NotAnotherOrganisation: "organisation",
    errors.StopAlreadyAsked: "organisation",
    errors.NotYourPatient: "person",
    errors.KeepsTheSafetyNet: "verdict",
    errors.AlreadyDecided: "verdict",
}
_REFUSALS = tuple(_FIELDS)


@require_http_methods(["GET", "POST"])
@needs("ask.access_stop")
def ask(request: ScopedRequest) -> HttpResponse:
    """The form, and what became of the practice's requests."""
    if request.method == "GET":
        organisation = request.GET.get("organisation", "")
        number = int(organisation) if organisation.isdecimal() and len(organisation) < 10 else 0
        code = next(iter(queries.organisation_codes([number]).values()), "")
        return _asking(request, presenter.prefilled(code, request.GET.get("person", "")))
    found = queries.organisation_by_code(request.POST.get("organisation", "").strip())
    form = presenter.asked(request.POST, found.id if found else None)
    if form.faults:
        return _asking(request, form)
    try:
        flow.perform(actions.ask_access_stop, **form.values, by=request.scope, now=request.scope.now)
    except _REFUSALS as refusal:
        return refused(_asking(request, _with(form, refusal)), refusal)
    messages.success(request, "Your request is with the Caldicott guardian.")
    return redirect("oversight:ask_access_stop")


@require_GET
@needs("decide.access_stop")
def requests(request: ScopedRequest) -> HttpResponse:
    """What practices ask: the open ones first, by when they are due."""
    context = {"requests": _lines(request)}
    return staff_page(request, "oversight/access_stops.html", context)


@require_http_methods(["GET", "POST"])
@needs("decide.access_stop")
def decide(request: ScopedRequest, request_id: int) -> HttpResponse:
    """One request with what is open for the people it means, and the decision."""
    if request.method == "GET":
        return _deciding(request, request_id, Form())
    form = presenter.decided(request.POST)
    if form.faults:
        return _deciding(request, request_id, form)
    try:
        flow.perform(
            actions.decide_access_stop,
            request=request_id,
            **form.values,
            by=request.scope,
            now=request.scope.now,
        )
    except _REFUSALS as refusal:
        return refused(_deciding(request, request_id, _with(form, refusal)), refusal)
    messages.success(request, "Your decision is recorded, and the practice is told.")
    return redirect("oversight:access_stops")


@require_POST
@needs("decide.access_stop")
def lift(request: ScopedRequest, request_id: int) -> HttpResponse:
    """End a stop that is in force, with why."""
    form = presenter.lifting(request.POST)
    if form.faults:
        return _deciding(request, request_id, form)
    given = {"request": request_id, **form.values}
    flow.perform(actions.lift_access_stop, **given, by=request.scope, now=request.scope.now)
    messages.success(request, "The stop is lifted. The practice reads it on its page.")
    return redirect("oversight:access_stop", request_id)


def _lines(request: ScopedRequest) -> list[dict[str, Any]]:
    actions.record("access stop requests read", by=request.scope, of="access stop request")
    found = queries.access_stop_requests(scope=request.scope)
    stops = queries.stops_of([each.id for each in found], scope=request.scope)
    return [presenter.line(each, request.scope.now, stops.get(each.id)) for each in found]


def _asking(request: ScopedRequest, form: Form) -> HttpResponse:
    context = presenter.asking(form, _lines(request))
    return staff_page(request, "oversight/ask_access_stop.html", context)


def _deciding(request: ScopedRequest, request_id: int, form: Form) -> HttpResponse:
    scope = request.scope
    found = queries.access_stop_request(request_id, scope=scope)
    if found is None:
        raise NotThere()
    actions.record("access stop request viewed", by=scope, person=found.person_id, of="access stop request",
                   id=found.id)  # fmt: skip
    people: list[UUID] = queries.people_asked_about(found, scope=scope)
    held = act.held_by(found.organisation_id, people=people, scope=scope)
    actions.record_each(
        "seen in access stop request",
        by=scope,
        people=[need.person for need in held],
        of="call to action",
        ids=[str(need.id) for need in held],
    )
    stop = queries.stops_of([found.id], scope=scope).get(found.id)
    names = queries.user_names([found.asked_by, found.decided_by, stop.lifted_by if stop else ""])
    context = presenter.deciding(found, held, len(people), names=names, now=scope.now, form=form, stop=stop)
    return staff_page(request, "oversight/access_stop.html", context)


def _with(form: Form, refusal: Refusal) -> Form:
    return Form(form.sent, form.values, {_FIELDS[type(refusal)]: str(refusal)})
