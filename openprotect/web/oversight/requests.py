"""What people ask about their records: the register, one request, a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import queries as governance
from openprotect.governance.actions import permit, record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.learn.erasure import erase_upheld
from openprotect.journey.learn.errors import AnotherOfficer, SomethingIsOpen
from openprotect.people import rights
from openprotect.people.errors import RecordIsHeld
from openprotect.web.errors import refused
from openprotect.web.oversight import request_forms, requests_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@dataclass(frozen=True)
class Doing:
    """One thing to do with a request: how its form is read, what runs, what is said after."""

    action: Callable[..., Any]
    read: Callable[[Any], Form]
    said: str


DOING = {
    "acknowledge": Doing(rights.acknowledge, request_forms.acknowledge, "Recorded: they know that we have it."),
    "identity": Doing(rights.check_identity, request_forms.identity, "The check of their identity is recorded."),
    "person": Doing(rights.name_person, request_forms.person, "Found: the request is about this person."),
    "extend": Doing(rights.extend, request_forms.extend, "The time is extended. Tell them why."),
    "note": Doing(rights.note, request_forms.note, "Recorded."),
    "file": Doing(rights.ask_file, request_forms.file, "The file is being made. It stands here when it is ready."),
    "answer": Doing(rights.answer, request_forms.answer, "Answered, and closed."),
}
ERASED = (
    "Erased. Nothing of this person is left but their id in the audit trail, which has who upheld it and who did it."
)


@require_GET
@needs("act.rights")
def requests(request: ScopedRequest) -> HttpResponse:
    """The register."""
    record("requests read", by=request.scope, of="request")
    found = rights.requests(scope=request.scope)
    return staff_page(request, "oversight/requests.html", requests_presenter.register(found))


@require_http_methods(["GET", "POST"])
@needs("act.rights")
def new(request: ScopedRequest) -> HttpResponse:
    """Receive a request."""
    form = Form()
    if request.method == "POST":
        form = request_forms.new(request.POST, now=request.scope.now)
        if not form.errors:
            made = flow.perform(rights.receive_request, **form.values, by=request.scope, now=request.scope.now)
            messages.success(request, "Received. Its clock runs.")
            return redirect("oversight:request", made)
    return staff_page(request, "oversight/new_request.html", requests_presenter.new(form))


@require_GET
@needs("act.rights")
def one(request: ScopedRequest, asked: UUID) -> HttpResponse:
    """One request."""
    return _shown(request, asked)


@require_POST
@needs("act.rights")
def change(request: ScopedRequest, asked: UUID, verb: str) -> HttpResponse:
    """Take a step."""
    if verb == "erase":
        return _erase(request, asked)
    doing = DOING.get(verb)
    if doing is None:
        raise NotThere()
    form = doing.read(request.POST)
    if form.errors:
        return _shown(request, asked, form)
    flow.perform(doing.action, request=asked, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, doing.said)
    return redirect("oversight:request", asked)


def _erase(request: ScopedRequest, asked: UUID) -> HttpResponse:
    """The second officer's step: the record goes, and the request with it."""
    permit("manage.retention", by=request.scope)
    form = request_forms.erase(request.POST)
    if form.errors:
        return _shown(request, asked, form)
    try:
        flow.perform(erase_upheld, request=asked, by=request.scope, now=request.scope.now)
    except (AnotherOfficer, SomethingIsOpen, RecordIsHeld) as refusal:
        stays = Form(form.sent, form.values, {"sure": str(refusal)})
        return refused(_shown(request, asked, stays), refusal)
    messages.success(request, ERASED)
    return redirect("oversight:requests")


def _shown(request: ScopedRequest, asked: UUID, form: Form | None = None) -> HttpResponse:
    found = rights.request(asked, scope=request.scope)
    if found is None:
        raise NotThere()
    record("request read", by=request.scope, person=found.row.person_id, of="request", id=asked)
    files = governance.exports_of_requests([asked], scope=request.scope)
    names = governance.user_names(step.by for step in found.steps)
    context = requests_presenter.one(found, files, names, request.scope, form)
    return staff_page(request, "oversight/request.html", context)
