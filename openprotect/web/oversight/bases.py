"""Legal bases: the register, one of them, and what can be decided about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.learn.open_loops import open_loops
from openprotect.lib.errors import Refusal
from openprotect.programmes import queries as programmes
from openprotect.web.errors import refused
from openprotect.web.oversight import bases_forms, bases_presenter, new_basis
from openprotect.web.pages import ScopedRequest
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Decision:
    """One thing that can be decided about a basis: what runs, and what is said after."""

    action: Callable[..., Any]
    said: str


DECISIONS = {
    "approve": Decision(actions.approve_basis, "You have approved this basis."),
    "party": Decision(actions.add_party, "The organisation is added."),
    "extend": Decision(
        actions.extend_basis, "The later end is recorded. A basis that is approved has it once both have approved it."
    ),
    "approve_extension": Decision(actions.approve_extension, "You have approved that this basis ends later."),
    "review": Decision(actions.review_basis, "The review is recorded."),
    "replace": Decision(actions.replace_basis, "The basis that carries on is recorded."),
    "end": Decision(actions.end_basis, "The end is recorded."),
    "stop_and_delete": Decision(actions.decide_end, "The decision is recorded."),
    "archive_on_hold": Decision(actions.decide_end, "The decision is recorded, and a hold keeps the records."),
}


@require_GET
@needs("see.bases")
def bases(request: ScopedRequest) -> HttpResponse:
    """Every legal basis, those in force first."""
    views = queries.basis_register(scope=request.scope)
    warned = queries.notices(int(request.scope.actor), scope=request.scope)
    return staff_page(request, "oversight/bases.html", bases_presenter.register(views, warned, request.scope))


@require_GET
@needs("see.bases")
def basis(request: ScopedRequest, basis: int) -> HttpResponse:
    """One basis: what it says, what rests on it, what was decided, what can be."""
    return _shown(request, basis)


@require_POST
@needs("see.bases")
def decide(request: ScopedRequest, basis: int, choice: str) -> HttpResponse:
    """Approve, add an organisation, extend, replace, end, or decide what becomes of the records."""
    decision = DECISIONS.get(choice)
    if decision is None:
        raise NotThere
    form = bases_forms.read(choice, request.POST)
    if form.errors:
        return _shown(request, basis, form, choice)
    try:
        flow.perform(decision.action, basis=basis, **form.values, by=request.scope, now=request.scope.now)
    except Refusal as refusal:
        if refusal.status != UNPROCESSABLE:
            raise
        stays = Form(form.sent, form.values, {bases_forms.first_field(choice): str(refusal)})
        return refused(_shown(request, basis, stays, choice), refusal)
    messages.success(request, decision.said)
    return redirect("oversight:basis", basis)


@require_POST
@needs("manage.bases")
def hand_over(request: ScopedRequest, basis: int) -> HttpResponse:
    """Hand what is open and rests on the basis alone to teams with a basis of their own."""
    handed = flow.perform(act.hand_over_early, basis=basis, by=request.scope, now=request.scope.now)
    messages.success(request, f"Handed over: {handed}.")
    return redirect("oversight:basis", basis)


@require_http_methods(["GET", "POST"])
@needs("manage.bases")
def state(request: ScopedRequest) -> HttpResponse:
    """State a new basis."""
    owners = queries.basis_owners(scope=request.scope)
    if request.method == "GET":
        return staff_page(request, "oversight/new_basis.html", new_basis.drawn(Form(), owners))
    form = new_basis.read(request.POST, owners)
    if form.errors:
        return staff_page(request, "oversight/new_basis.html", new_basis.drawn(form, owners))
    try:
        made = flow.perform(actions.state_basis, **form.values, by=request.scope, now=request.scope.now)
    except Refusal as refusal:
        context = {**new_basis.drawn(form, owners), "errors": (Error(str(refusal), "#title"),)}
        return refused(staff_page(request, "oversight/new_basis.html", context), refusal)
    messages.success(request, "The legal basis is stated. It is in force once it is approved by both.")
    return redirect("oversight:basis", made)


def _shown(request: ScopedRequest, basis: int, form: Form | None = None, asked: str = "") -> HttpResponse:
    view = queries.basis(basis, scope=request.scope)
    if view is None:
        raise NotThere
    said = [each.by for each in (*view.approvals, *view.extension_approvals)]
    said += [change.by for change in view.changes] + ([view.extension.by] if view.extension else [])
    names = queries.user_names(said)
    context = bases_presenter.one(
        view,
        scope=request.scope,
        names=names,
        resting=programmes.resting_on({view.basis.purpose, *view.basis.purposes}),
        others=queries.basis_register(scope=request.scope),
        loops=bases_presenter.loops(view, open_loops(basis, scope=request.scope), request.scope),
        form=form,
        asked=asked,
    )
    return staff_page(request, "oversight/basis.html", context)
