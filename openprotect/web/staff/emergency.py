"""Emergency access: one person's record outside the own scope, for a few hours, and the way out of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.actions import record
from openprotect.governance.emergency_errors import (
    ReviewNeedsWords,
)
from openprotect.governance.errors import NotThere
from openprotect.governance.rules.emergency import settings
from openprotect.journey import flow
from openprotect.journey.act import queries as act
from openprotect.journey.check_in import queries as check_in
from openprotect.people import actions as people
from openprotect.people import queries as persons
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, one_record, staff_page
from openprotect.web.staff import emergency_presenter
from openprotect.web.staff.forms import Form, written


@require_http_methods(["GET", "POST"])
@needs("use.emergency_access")
def emergency(request: ScopedRequest) -> HttpResponse:
    """Finds nobody by a name: the NHS number and the date of birth together, or there is nothing to open."""
    if request.method == "GET":
        return _asked(request, Form())
    form = emergency_presenter.read(request.POST, settings())
    if not form.errors:
        opened = flow.perform(people.open_in_emergency, by=request.scope, now=request.scope.now, **form.values)
        if opened is not None:
            return redirect("staff:emergency_record")
        form = emergency_presenter.nothing_to_open(form)
    return _asked(request, form)


def _asked(request: ScopedRequest, form: Form) -> HttpResponse:
    context = emergency_presenter.form(
        form,
        settings(),
        open_now=queries.in_emergency(scope=request.scope),
        asked=queries.asked_about(scope=request.scope),
    )
    return staff_page(request, "staff/emergency.html", context)


@require_GET
@needs("use.emergency_access")
@one_record
def record_of_person(request: ScopedRequest) -> HttpResponse:
    """The one record that is open. Not there when the time is up. Each look is recorded."""
    emergency = queries.in_emergency(scope=request.scope)
    found = persons.person(emergency.person, scope=request.scope) if emergency else None
    if emergency is None or found is None:
        raise NotThere()
    record("emergency access", by=request.scope, person=found.id, of="emergency access", id=emergency.access)
    context = emergency_presenter.person(
        found,
        needs=act.open_needs(found.id, scope=request.scope),
        answered=check_in.last_answered(found.id, scope=request.scope),
        scope=request.scope,
    )
    return staff_page(request, "staff/emergency_record.html", context)


@require_POST
@needs("use.emergency_access")
def end(request: ScopedRequest) -> HttpResponse:
    """Ends it; pressed again it is as ended as before."""
    flow.perform(actions.end_emergency_access, ended_by="hand", by=request.scope, now=request.scope.now)
    messages.success(request, "Emergency access has ended.")
    return redirect("staff:emergency")


@require_POST
@needs("use.emergency_access")
def answer(request: ScopedRequest, access: int) -> HttpResponse:
    """What somebody answers to a reviewer who asked why they opened a record."""
    words, by, now = written(request.POST, "words"), request.scope, request.scope.now
    try:
        flow.perform(actions.answer_emergency_review, access=access, words=words, by=by, now=now)
    except ReviewNeedsWords as refused:
        return _asked(request, Form(request.POST, {}, {f"words-{access}": str(refused)}))
    messages.success(request, "Your answer is with the reviewer.")
    return redirect("staff:emergency")
