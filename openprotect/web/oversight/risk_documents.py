"""Documents that each organisation accepts for itself: which version, who has, who waits."""

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
from openprotect.web.oversight import documents_presenter, risk_forms
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("see.risks")
def documents(request: ScopedRequest) -> HttpResponse:
    """Every document with its newest version, and whether the reader's organisation has accepted it."""
    found = queries.documents(scope=request.scope)
    return staff_page(request, "oversight/documents.html", documents_presenter.documents(found, request.scope))


@require_http_methods(["GET", "POST"])
@needs("record.risks")
def new(request: ScopedRequest) -> HttpResponse:
    """A document, its first version, and who is asked."""

    def page(form: Form) -> HttpResponse:
        context = documents_presenter.new(form, queries.organisations_to_ask(scope=request.scope))
        return staff_page(request, "oversight/new_document.html", context)

    if request.method == "GET":
        return page(Form())
    return _done(
        request, risk_forms.published(request.POST), actions.publish_document, page, said="Everybody is asked."
    )


@require_GET
@needs("see.risks")
def document(request: ScopedRequest, document: int) -> HttpResponse:
    """One document: its versions, and where each organisation stands."""
    return _shown(request, document, Form())


@require_POST
@needs("record.risks")
def version(request: ScopedRequest, document: int) -> HttpResponse:
    """A new version: acceptance begins anew."""
    form = risk_forms.published(request.POST)
    said = "Everybody is asked about the new version."
    return _done(request, form, actions.publish_document, lambda f: _shown(request, document, f), document, said=said)


@require_POST
@needs("see.risks")
def answer(request: ScopedRequest, document: int) -> HttpResponse:
    """What the reader's organisation says of the newest version."""
    form = risk_forms.answered(request.POST)
    said = "Your organisation's answer is recorded."

    def page(form: Form) -> HttpResponse:
        return _shown(request, document, form)

    try:
        flow.perform(actions.answer_document, **form.values, by=request.scope, now=request.scope.now)
    except RiskIsIncomplete as refusal:
        return refused(page(Form(form.sent, form.values, {refusal.field: str(refusal)})), refusal)
    messages.success(request, said)
    return redirect("oversight:document", document)


def _done(
    request: ScopedRequest,
    form: Form,
    action: Callable[..., Any],
    page: Callable[[Form], HttpResponse],
    document: int | None = None,
    *,
    said: str,
) -> HttpResponse:
    try:
        made = flow.perform(action, **form.values, document=document, by=request.scope, now=request.scope.now)
    except RiskIsIncomplete as refusal:
        return refused(page(Form(form.sent, form.values, {refusal.field: str(refusal)})), refusal)
    messages.success(request, said)
    return redirect("oversight:document", made)


def _shown(request: ScopedRequest, document: int, form: Form) -> HttpResponse:
    found = queries.document(document, scope=request.scope)
    if found is None:
        raise NotThere
    asked = queries.organisations_to_ask(scope=request.scope)
    return staff_page(
        request, "oversight/document.html", documents_presenter.document(found, form, asked, request.scope)
    )
