"""People who work here: who, as what, until when, who vouches for them; appointing, ending, signing out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openprotect.governance import actions, queries
from openprotect.governance.actions import record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.lib.errors import Refusal
from openprotect.web.errors import refused
from openprotect.web.oversight import membership_form, people_presenter
from openprotect.web.oversight.membership_form import FIELDS
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("manage.memberships")
def people(request: ScopedRequest) -> HttpResponse:
    """Who works in the reader's organisation and those below it, now or before."""
    asked = people_presenter.read(request.GET)
    found = queries.people_who_work(scope=request.scope, after=asked.after, ended=asked.ended)
    record("list of people who work read", by=request.scope, of="organisation", id=request.scope.organisation)
    return staff_page(request, "oversight/people.html", people_presenter.people(found, asked, request.scope))


@require_http_methods(["GET", "POST"])
@needs("manage.memberships")
def appoint(request: ScopedRequest) -> HttpResponse:
    """Give somebody a role in an organisation, from today, until a day or for good."""
    organisations = queries.covered_organisations(scope=request.scope)
    drawn: dict[str, Any] = {
        "roles": queries.roles(),
        "organisations": organisations,
        "colleagues": _colleagues(request),
        "teams": queries.teams_to_join(scope=request.scope),
    }
    if request.method == "GET":
        return staff_page(request, "oversight/appoint.html", people_presenter.form(**drawn))
    lists = {name: drawn[name] for name in ("organisations", "colleagues", "teams")}
    form = people_presenter.appointment(request.POST, **lists, with_code=_with_code)
    if form.faults:
        context = people_presenter.form(**drawn, sent=request.POST, faults=form.faults)
        return staff_page(request, "oversight/appoint.html", context)
    try:
        user = flow.perform(actions.appoint, by=request.scope, now=request.scope.now, **form.values)
        if form.email:
            flow.perform(actions.enter_email, user=user, email=form.email, by=request.scope, now=request.scope.now)
    except Refusal as refusal:
        context = people_presenter.form(
            **drawn, sent=request.POST, faults={FIELDS.get(type(refusal), ""): str(refusal)}
        )
        return refused(staff_page(request, "oversight/appoint.html", context), refusal)
    messages.success(request, f"{form.values['name']} is appointed.")
    return redirect("oversight:people")


@require_http_methods(["GET", "POST"])
@needs("manage.memberships")
def membership(request: ScopedRequest, membership: int) -> HttpResponse:
    """How somebody works here: change it from now on, or end it."""
    scope = request.scope
    found = queries.membership(membership, scope=scope)
    if found is None:
        raise NotThere()
    record("membership read", by=scope, of="membership", id=membership)
    teams = queries.teams_to_join(scope=scope, organisation=found.organisation_id)
    colleagues = [each for each in _colleagues(request) if each[0] != found.user_id]
    drawn: dict[str, Any] = {"roles": queries.roles(), "teams": teams, "colleagues": colleagues, "scope": scope}

    def shown(form: Form | None) -> HttpResponse:
        return staff_page(request, "oversight/membership.html", membership_form.drawn(found, form=form, **drawn))

    if request.method == "GET":
        return shown(None)
    form = membership_form.read(request.POST, teams=teams, colleagues=colleagues)
    if form.errors:
        return shown(form)
    given: dict[str, Any] = {"membership": membership, **form.values}
    try:
        flow.perform(actions.change_membership, by=scope, now=scope.now, **given)
    except tuple(FIELDS) as refusal:
        return refused(shown(Form(form.sent, form.values, {FIELDS[type(refusal)]: str(refusal)})), refusal)
    messages.success(request, f"Changed. {found.user.name} goes on under the new terms.")
    return redirect("oversight:people")


@require_POST
@needs("manage.memberships")
def change(request: ScopedRequest, membership: int, verb: str) -> HttpResponse:
    """End it now, sign somebody out everywhere, or let them begin anew with a link."""
    found = queries.membership(membership, scope=request.scope)
    if found is None:
        raise NotThere()
    by: dict[str, Any] = {"by": request.scope, "now": request.scope.now}
    match verb:
        case "end":
            flow.perform(actions.end_membership, membership=membership, **by)
            messages.success(request, f"{found.user.name} no longer works there. What they had open has ended.")
        case "sign-out":
            flow.perform(actions.sign_out_everywhere, user=found.user_id, **by)
            messages.success(request, f"{found.user.name} is signed out everywhere.")
        case "invite":
            token = flow.perform(actions.hand_over_setup, user=found.user_id, real_now=datetime.now(UTC), **by)
            address = f"{settings.BASE_URL}/sign-in/begin/{token}"
            context = {"name": found.user.name, "address": address}
            return staff_page(request, "oversight/invited.html", context)
        case _:
            raise NotThere()
    return redirect("oversight:people")


@require_GET
@needs("manage.roles")
def roles(request: ScopedRequest) -> HttpResponse:
    """Every permission, and which roles hold it."""
    return staff_page(request, "oversight/roles.html", people_presenter.roles(queries.roles()))


def _with_code(code: str) -> int | None:
    found = queries.organisation_by_code(code)
    return found.id if found else None


def _colleagues(request: ScopedRequest) -> list[tuple[int, str]]:
    members = queries.people_who_work(scope=request.scope, limit=500)
    return sorted({(each.user_id, each.user.name) for each in members}, key=lambda each: each[1])
