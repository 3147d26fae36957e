"""Unusual patterns in the audit trail, for the privacy officer to look into."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance import actions, queries
from openprotect.journey import flow
from openprotect.people import unusual
from openprotect.web.oversight import patterns_presenter as presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import closed_in_emergency, needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("see.audit")
@closed_in_emergency
def patterns(request: ScopedRequest) -> HttpResponse:
    """Every pattern with its open lines. A line goes away when somebody has looked into it."""
    return _shown(request, Form())


@require_POST
@needs("see.audit")
@closed_in_emergency
def review(request: ScopedRequest) -> HttpResponse:
    """Writes down that a line was looked into, in words."""
    form = presenter.reviewed(request.POST)
    if form.faults:
        return _shown(request, form)
    flow.perform(actions.review_pattern, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, "Written down. The line comes back if more is added to it.")
    return redirect("oversight:patterns")


def _shown(request: ScopedRequest, form: Form) -> HttpResponse:
    scope = request.scope
    actions.record("unusual patterns read", by=scope, of="audit trail")
    lines = {pattern: unusual.unusual(pattern, scope=scope) for pattern in unusual.PATTERNS}
    every = [line for of_pattern in lines.values() for line in of_pattern]
    context = presenter.patterns(
        lines,
        unusual.thresholds(),
        names=queries.user_names(line.actor for line in every),
        titles=queries.membership_titles(line.membership for line in every if line.membership),
        organisations=queries.organisation_names([line.organisation for line in every if line.organisation]),
        roles=queries.role_labels(),
        form=form,
    )
    return staff_page(request, "oversight/patterns.html", context)
