"""Who saw what, and who did what: the audit trail for those who answer for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from openprotect.governance import queries
from openprotect.governance.actions import record
from openprotect.journey import flow
from openprotect.people import actions as people
from openprotect.web.oversight import audit_presenter
from openprotect.web.oversight.audit_presenter import Asked
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import closed_in_emergency, needs, staff_page


@require_http_methods(["GET", "POST"])
@needs("see.audit")
@closed_in_emergency
def audit(request: ScopedRequest) -> HttpResponse:
    """The events that are looked for, newest first. Reading them is an event too.

    What is typed is sent by POST and becomes ids: an NHS number stands in no address.
    """
    if request.method == "POST":
        asked = _resolved(request, audit_presenter.typed(request.POST))
        if not asked.faults:
            address = reverse("oversight:audit")
            return redirect(f"{address}?{urlencode(audit_presenter.address(asked))}" if asked.narrowed else address)
    else:
        asked = audit_presenter.read(request.GET)
    return _shown(request, asked)


def _resolved(request: ScopedRequest, asked: Asked) -> Asked:
    """The ids of what was typed. Whose NHS number it is, is asked as the system, and that is written down."""
    found: dict[str, Any] = {}
    if asked.sent.get("nhs_number", "").strip() and "nhs_number" not in asked.faults:
        found["nhs_number"] = flow.perform(
            people.find_by_nhs_number, nhs_number=asked.nhs_number, by=request.scope, now=request.scope.now
        )
    if name := asked.sent.get("who", "").strip():
        found["who"] = queries.users_called(name)
    if code := asked.sent.get("organisation", "").strip():
        found["organisation"] = queries.organisation_by_code(code)
    return audit_presenter.resolved(asked, found)


def _shown(request: ScopedRequest, asked: Asked) -> HttpResponse:
    scope = request.scope
    record("audit trail read", by=scope, person=asked.search.person, of="audit trail", why=asked.in_ids)
    wanted = audit_presenter.PAGE + 1
    events = [] if asked.faults else queries.audit_events(search=asked.search, scope=scope, limit=wanted)
    organisations = [e.organisation_id for e in events if e.organisation_id]
    if asked.search.organisation:
        organisations.append(asked.search.organisation)
    context = audit_presenter.audit(
        events,
        asked,
        names=queries.user_names([*(event.actor for event in events), str(asked.search.user or "")]),
        organisations=queries.organisation_names(organisations),
        roles=queries.role_labels(),
        titles=queries.membership_titles(e.membership_id for e in events if e.membership_id),
        bases=queries.basis_titles({e.basis_id for e in events if e.basis_id}),
        actions=queries.audit_actions(scope=scope),
    )
    return staff_page(request, "oversight/audit.html", context)
