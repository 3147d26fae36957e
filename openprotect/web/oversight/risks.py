"""Risk decisions: the register, one risk, writing one down, deciding on it, looking at it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.errors import NotThere
from openprotect.governance.risk_errors import (
    RiskIsIncomplete,
)
from openprotect.journey import flow
from openprotect.web.errors import refused
from openprotect.web.oversight import risk_forms, risks_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("see.risks")
def risks(request: ScopedRequest) -> HttpResponse:
    """The register, newest first, with how long decisions take."""
    which, before = risks_presenter.asked(request.GET)
    found = queries.risks(scope=request.scope, which=which, before=before)
    taken = queries.time_to_decision(scope=request.scope)
    context = risks_presenter.register(found, taken, which=which, before=before, scope=request.scope)
    return staff_page(request, "oversight/risks.html", context)


@require_http_methods(["GET", "POST"])
@needs("record.risks")
def new(request: ScopedRequest) -> HttpResponse:
    """Write down a risk that wants a decision."""

    def page(form: Form) -> HttpResponse:
        return staff_page(request, "oversight/new_risk.html", risks_presenter.new(form))

    if request.method == "GET":
        return page(Form())
    return _done(
        request, risk_forms.recorded(request.POST), actions.record_risk, page,
        said="The risk is written down. It waits for a decision.",
    )  # fmt: skip


@require_GET
@needs("see.risks")
def risk(request: ScopedRequest, risk: int) -> HttpResponse:
    """One risk: what was said, what was decided, who disagreed."""
    return _shown(request, risk, Form())


@require_POST
@needs("decide.risks")
def decide(request: ScopedRequest, risk: int) -> HttpResponse:
    """Go on at this risk, or not."""
    form = risk_forms.decided(request.POST)
    said = "Your decision is recorded."
    return _done(request, form, actions.decide_risk, lambda form: _shown(request, risk, form), risk=risk, said=said)


@require_POST
@needs("decide.risks")
def review(request: ScopedRequest, risk: int) -> HttpResponse:
    """Look at a decision again."""
    form = risk_forms.reviewed(request.POST)
    said = "Your review is recorded."
    return _done(request, form, actions.review_risk, lambda form: _shown(request, risk, form), risk=risk, said=said)


def _done(
    request: ScopedRequest,
    form: Form,
    action: Callable[..., Any],
    page: Callable[[Form], HttpResponse],
    *,
    said: str,
    risk: int | None = None,
) -> HttpResponse:
    """Runs the action; what it misses is said beside its field, and what was typed is kept."""
    if form.errors:
        return page(form)
    of = {"risk": risk} if risk is not None else {}
    try:
        made = flow.perform(action, **of, **form.values, by=request.scope, now=request.scope.now)
    except RiskIsIncomplete as refusal:
        return refused(page(Form(form.sent, form.values, {refusal.field: str(refusal)})), refusal)
    messages.success(request, said)
    return redirect("oversight:risk", risk if risk is not None else made)


def _shown(request: ScopedRequest, risk: int, form: Form) -> HttpResponse:
    found = queries.risk(risk, scope=request.scope)
    if found is None:
        raise NotThere
    bases = queries.basis_choices(scope=request.scope)
    context = risks_presenter.one(found, form, bases=bases, scope=request.scope)
    return staff_page(request, "oversight/risk.html", context)
