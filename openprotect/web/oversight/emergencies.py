"""Emergency access, looked into: what was opened, by whom, why, what they saw, and whether it was right."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.actions import record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.web.oversight import emergencies_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("review.emergency_access")
def emergencies(request: ScopedRequest) -> HttpResponse:
    """What waits for a review, the first due first; then what was reviewed, newest first."""
    before = emergencies_presenter.before(request.GET)
    found = queries.emergency_accesses(scope=request.scope, before=before)
    context = emergencies_presenter.emergencies(found, before=before, scope=request.scope)
    return staff_page(request, "oversight/emergencies.html", context)


@require_GET
@needs("review.emergency_access")
def emergency(request: ScopedRequest, access: int) -> HttpResponse:
    """One of them with every event during it. Looking into it is an event too."""
    return _shown(request, access, Form())


@require_POST
@needs("review.emergency_access")
def review(request: ScopedRequest, access: int) -> HttpResponse:
    """What the reviewer found, in words; or what they ask before they say."""
    form = emergencies_presenter.read(request.POST)
    if form.errors:
        return _shown(request, access, form)
    by, now = request.scope, request.scope.now
    flow.perform(actions.review_emergency_access, access=access, by=by, now=now, **form.values)
    messages.success(request, "Your review is recorded.")
    return redirect("oversight:emergencies")


def _shown(request: ScopedRequest, access: int, form: Form) -> HttpResponse:
    found = queries.emergency_access(access, scope=request.scope)
    if found is None:
        raise NotThere()
    record(
        "emergency access looked into",
        by=request.scope,
        person=found.access.person_id,
        of="emergency access",
        id=access,
    )
    context = emergencies_presenter.emergency(found, form, scope=request.scope)
    return staff_page(request, "oversight/emergency.html", context)
