"""Who saw our patients: what a practice reads of the audit trail."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.governance.actions import record, record_each
from openprotect.people import queries as people
from openprotect.web.oversight import own_audit_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import closed_in_emergency, needs, staff_page

COUNTED_DAYS = 30


@require_GET
@needs("see.own_audit")
@closed_in_emergency
def own_audit(request: ScopedRequest) -> HttpResponse:
    """By day who saw whom, in which role and why; which organisations did, at the top."""
    scope = request.scope
    asked = own_audit_presenter.read(request.GET, now=scope.now)
    record("who saw our patients: read", by=scope, person=asked.search.person, of="audit trail", why=asked.in_ids)
    events = queries.own_audit(asked.search, scope=scope, limit=own_audit_presenter.PAGE + 1)
    # By name: to be shown who saw a patient is to be shown that patient.
    shown = people.names({event.person_id for event in events}, scope=scope)
    record_each("seen in who saw our patients", by=scope, people=list(shown), of="audit trail")
    counts = queries.own_audit_counts(scope.now - timedelta(days=COUNTED_DAYS), scope=scope)
    seen = {event.organisation_id for event in events if event.organisation_id}
    context = own_audit_presenter.own_audit(
        events,
        asked,
        counts,
        days=COUNTED_DAYS,
        scope=scope,
        names=queries.user_names(event.actor for event in events),
        titles=queries.membership_titles(e.membership_id for e in events if e.membership_id),
        organisations=queries.organisation_names([*seen, *(each for each, _, _ in counts.organisations)]),
        roles=queries.role_labels(),
        bases=queries.basis_titles({e.basis_id for e in events if e.basis_id}),
        # Empty rows for whoever may not see identities: the policy of that table decides.
        people=shown,
    )
    return staff_page(request, "oversight/own_audit.html", context)
