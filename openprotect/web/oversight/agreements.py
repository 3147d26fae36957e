"""Sharing agreements: the register, one of them, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.errors import NoAgreement, NotThere
from openprotect.journey import flow
from openprotect.people import opt_outs
from openprotect.web.oversight import agreement_forms, agreements_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form, written


@dataclass(frozen=True)
class Doing:
    """One thing to do with an agreement: how its form is read, what runs, what is said after."""

    action: Callable[..., Any]
    read: Callable[..., Form]
    said: str


DOING = {
    "sign": Doing(actions.sign_agreement, agreement_forms.signature, "The signature is recorded."),
    "end": Doing(actions.end_agreement, agreement_forms.ending, "The agreement has ended. Nothing is given under it."),
}


@require_GET
@needs("see.bases")
def agreements(request: ScopedRequest) -> HttpResponse:
    """The register."""
    found = queries.agreements(scope=request.scope)
    exchange = opt_outs.last_exchange(scope=request.scope)
    context = agreements_presenter.register(found, request.scope, opt_outs=exchange)
    return staff_page(request, "oversight/agreements.html", context)


@require_GET
@needs("see.bases")
def agreement(request: ScopedRequest, agreement: int) -> HttpResponse:
    """One agreement: terms, signatures, exports."""
    return _shown(request, agreement)


@require_POST
@needs("manage.agreements")
def change(request: ScopedRequest, agreement: int, verb: str) -> HttpResponse:
    """Sign or end an agreement."""
    doing = DOING.get(verb)
    if doing is None:
        raise NotThere()
    form = doing.read(request.POST, now=request.scope.now)
    if form.errors:
        return _shown(request, agreement, form)
    flow.perform(doing.action, agreement=agreement, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, doing.said)
    return redirect("oversight:agreement", agreement)


@require_http_methods(["GET", "POST"])
@needs("manage.agreements")
def new(request: ScopedRequest) -> HttpResponse:
    """State the terms of another agreement."""
    scope, form = request.scope, Form()
    if request.method == "POST" and request.POST.get("look"):
        form = Form(request.POST)
    elif request.method == "POST":
        form = agreement_forms.agreement(request.POST, now=scope.now)
        if not form.errors:
            try:
                made = flow.perform(actions.state_agreement, **form.values, by=scope, now=scope.now)
            except NoAgreement as refusal:
                form = agreement_forms.with_faults(form, refusal.by_field)
            else:
                messages.success(request, "The agreement is stated. Nothing is given until both sides have signed.")
                return redirect("oversight:agreement", made)
    found = {
        side: queries.organisations_to_choose(
            written(form.sent, f"{side}_search"), chosen=agreement_forms.number(form.sent, side), scope=scope
        )
        for side in ("giver", "receiver")
    }
    context = agreements_presenter.new(found, queries.bases_to_agree_on(scope=scope), form)
    return staff_page(request, "oversight/new_agreement.html", context)


def _shown(request: ScopedRequest, agreement: int, form: Form | None = None) -> HttpResponse:
    found = queries.agreement(agreement, scope=request.scope)
    if found is None:
        raise NotThere()
    exports = queries.exports(scope=request.scope, agreement=agreement)
    context = agreements_presenter.one(found, exports, request.scope, form)
    return staff_page(request, "oversight/agreement.html", context)
