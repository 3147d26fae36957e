"""Organisations: found by code or name, one with its history, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance import actions, errors, queries
from openprotect.journey import flow
from openprotect.lib.errors import Refusal
from openprotect.web.oversight import organisation_forms, organisations_presenter
from openprotect.web.oversight.agreement_forms import with_faults
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@dataclass(frozen=True)
class Doing:
    """One thing to do with an organisation: how its form is read, what runs, what is said after.

    `fields` say at which field a refusal of the action stands; the first is for all others.
    """

    action: Callable[..., Any]
    read: Callable[..., Form]
    said: str
    fields: tuple[str, ...] = ()


DOING = {
    "relate": Doing(actions.relate, organisation_forms.relation, "The relation is recorded.", ("to", "ends_on")),
    "end": Doing(actions.end_relation, organisation_forms.ending, "The relation ends.", ("relation", "ended_on")),
    "close": Doing(actions.close_organisation, organisation_forms.closing, "The closing is recorded.", ("last_day",)),
    "merge": Doing(actions.merge_organisations, organisation_forms.merger, "The merger is recorded.", ("into",)),
    "team": Doing(actions.form_team, organisation_forms.team, "The team is there.", ("duty",)),
    "close-team": Doing(actions.close_team, organisation_forms.team_closing, "The team is closed.", ("closing_team",)),
    "hours": Doing(actions.set_hours, organisation_forms.hours, "The hours are set.", ("hours",)),
}


@require_GET
@needs("manage.organisations")
def organisations(request: ScopedRequest) -> HttpResponse:
    """Those whose code or name matches, by name."""
    text = request.GET.get("q", "").strip()[:80].replace("\0", "")
    found = queries.find_organisations(text, scope=request.scope, after=request.GET.get("after", "").replace("\0", ""))
    return staff_page(request, "oversight/organisations.html", organisations_presenter.found(found, text))


@require_GET
@needs("manage.organisations")
def organisation(request: ScopedRequest, code: str) -> HttpResponse:
    """One organisation: what it was and is to others, its teams and their hours."""
    return _shown(request, code)


@require_POST
@needs("manage.organisations")
def change(request: ScopedRequest, code: str, verb: str) -> HttpResponse:
    """Add or end a relation, merge, close, form or close a team, set its hours."""
    doing, there = DOING.get(verb), queries.registered(code, scope=request.scope)
    if doing is None or there is None:
        raise errors.NotThere()
    form = doing.read(request.POST, there)
    if not form.errors:
        try:
            flow.perform(doing.action, **form.values, by=request.scope, now=request.scope.now)
        except Refusal as refusal:
            if refusal.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                raise
            # Said before anything is written, so nothing has to be undone.
            second = isinstance(refusal, errors.EndsBeforeItStarts) and len(doing.fields) > 1
            form = with_faults(form, {doing.fields[1 if second else 0]: str(refusal)})
    if form.errors:
        return _shown(request, code, form, verb)
    messages.success(request, doing.said)
    return redirect("oversight:organisation", code)


def _shown(request: ScopedRequest, code: str, form: Form | None = None, verb: str = "") -> HttpResponse:
    found = queries.registered(code, scope=request.scope)
    if found is None:
        raise errors.NotThere()
    context = organisations_presenter.one(found, request.scope.now, form or Form(), verb)
    return staff_page(request, "oversight/organisation.html", context)
