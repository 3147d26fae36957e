"""Ringing people: the next person, what to say, one form, one place to put what came of it."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import queries as governance
from openprotect.governance.actions import record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.check_in import queries as check_ins
from openprotect.journey.check_in.errors import AlreadyAnswered
from openprotect.journey.contact import actions, queries
from openprotect.journey.contact.errors import CallIsNotYours, NobodyToRing
from openprotect.journey.contact.queries import CallView
from openprotect.programmes import queries as programmes
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff import call_presenter, forms
from openprotect.web.staff.forms import Form


@require_GET
@needs("act.call")
def calls(request: ScopedRequest) -> HttpResponse:
    """How many wait, and the button for the next person."""
    return staff_page(request, "staff/calls.html", call_presenter.waiting(queries.calls_waiting(scope=request.scope)))


@require_POST
@needs("act.call")
def next_call(request: ScopedRequest) -> HttpResponse:
    """Takes whoever has waited longest; pressed twice it is the same person."""
    try:
        taken = flow.perform(actions.claim_call, by=request.scope, now=request.scope.now)
    except NobodyToRing as nobody:
        messages.info(request, str(nobody))
        return redirect("staff:calls")
    return redirect("staff:call", taken)


@require_http_methods(["GET", "POST"])
@needs("act.call")
def call(request: ScopedRequest, call: UUID) -> HttpResponse:
    """One call. Answers and what came of the call are one transaction: both, or neither."""
    ringing = _mine(request, call)
    if request.method == "GET":
        return _shown(request, ringing)
    rule = programmes.pack(ringing.pack_version).contact.call
    form = forms.call(request.POST, rule, [point.id for point in ringing.numbers])
    if form.errors:
        return _shown(request, ringing, form)
    if rule.outcome(form.values["outcome"]).next == "answered":
        faults = _submitted(request, ringing)
        if faults:
            return _shown(request, ringing, form, faults)
    flow.perform(actions.record_call, call=call, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, "The call is recorded. Take the next person when you are ready.")
    return redirect("staff:calls")


def _submitted(request: ScopedRequest, ringing: CallView) -> dict[str, str]:
    """Hands the answers in; returns what is wrong with them. Somebody who answered online
    in the meantime has answered."""
    open_now = check_ins.current(ringing.member, scope=request.scope)
    if open_now is None:
        return {}
    questionnaire = programmes.pack(ringing.pack_version).questionnaire
    answers, faults = call_presenter.answers(questionnaire, request.POST)
    if faults:
        return faults
    with suppress(AlreadyAnswered):
        flow.perform(
            check_in.submit,
            check_in=open_now,
            answers=answers,
            answered_by="call_handler",
            submission_key=call_presenter.submission_key(request.POST),
            by=request.scope,
            now=request.scope.now,
        )
    return {}


def _mine(request: ScopedRequest, call: UUID) -> CallView:
    """The call, if this handler has it now: nobody looks into another's."""
    found = queries.call(call, scope=request.scope)
    if found is None:
        raise NotThere()
    held = found.claimed_until is not None and found.claimed_until > request.scope.now
    if found.ended or not held or found.claimed_by != int(request.scope.actor):
        raise CallIsNotYours()
    return found


def _shown(
    request: ScopedRequest, ringing: CallView, form: Form | None = None, faults: dict[str, str] | None = None
) -> HttpResponse:
    record("viewed", by=request.scope, person=ringing.person, of="call", id=ringing.id)
    caller = governance.user_names([request.scope.actor]).get(request.scope.actor, "")
    asked = check_ins.current(ringing.member, scope=request.scope)
    context = call_presenter.call(
        ringing,
        programmes.pack(ringing.pack_version),
        caller=caller,
        now=request.scope.now,
        ask=asked is not None,
        form=form or Form(),
        faults=faults or {},
    )
    return staff_page(request, "staff/call.html", context)
