"""What needs action: the worklist, one call to action, and what may be done with it.

Looking is recorded in the transaction of the look: a list or a person that could not be written
into the audit trail is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance import queries as governance
from openprotect.governance.actions import record_each
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import actions, queries
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, one_record, staff_page
from openprotect.web.staff import forms, need_presenter, worklist_presenter
from openprotect.web.staff.forms import Form


@dataclass(frozen=True)
class Doing:
    """One thing to do with a call to action: how its form is read, what runs, what is said after."""

    action: Callable[..., Any]
    read: Callable[[Any], Form]
    said: str
    leads_to: str = "staff:need"


DOING = {
    "accept": Doing(actions.acknowledge, forms.nothing, "You have accepted this. It is your team's now."),
    "note": Doing(actions.add_note, forms.note, "Your note is saved."),
    "refer": Doing(actions.refer, forms.referral, "Referred. We are sending them a link."),
    "close": Doing(actions.close, forms.closing, "Closed.", leads_to="staff:worklist"),
}


@require_GET
@needs("see.calls_to_action")
def worklist(request: ScopedRequest) -> HttpResponse:
    """What is to be done by the reader's teams, most urgent first."""
    found = queries.worklist(scope=request.scope, after=request.GET.get("after", ""))
    record_each(
        "seen in worklist",
        by=request.scope,
        people=[row.person for row in found.rows],
        of="call to action",
        ids=[str(row.id) for row in found.rows],
    )
    return staff_page(request, "staff/worklist.html", worklist_presenter.worklist(found, request.scope.now))


@require_GET
@needs("see.calls_to_action")
@one_record
def need(request: ScopedRequest, need: UUID) -> HttpResponse:
    """One call to action: who, how to reach them, what they said, the rule behind it, what was done."""
    return _shown(request, need)


@require_POST
@needs("act.calls_to_action")
@one_record
def act_on(request: ScopedRequest, need: UUID, verb: str) -> HttpResponse:
    """Accept, add a note, refer or close."""
    doing = DOING.get(verb)
    if doing is None:
        raise NotThere()
    form = doing.read(request.POST)
    if form.errors:
        return _shown(request, need, form)
    flow.perform(doing.action, call_to_action=need, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, doing.said)
    return redirect(doing.leads_to, *([need] if doing.leads_to == "staff:need" else []))


def _shown(request: ScopedRequest, need: UUID, form: Form | None = None) -> HttpResponse:
    flow.perform(actions.record_view, call_to_action=need, by=request.scope, now=request.scope.now)
    found = queries.call_to_action(need, scope=request.scope)
    if found is None:
        raise NotThere()
    names = governance.names_acting(
        [*((step.by, step.at) for step in found.steps), *((note.by, note.at) for note in found.notes)]
    )
    context = need_presenter.need(found, scope=request.scope, names=names, form=form)
    return staff_page(request, "staff/need.html", context)
