"""Who saw what, and who did what: the audit trail for those who answer for it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.governance.actions import record
from openprotect.web.oversight import audit_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page


@require_GET
@needs("see.audit")
def audit(request: ScopedRequest) -> HttpResponse:
    """The events, newest first, of one person or of all. Reading them is an event too."""
    asked = audit_presenter.read(request.GET)
    record("audit trail read", by=request.scope, person=asked.person, of="audit trail")
    events = queries.audit_events(
        scope=request.scope, person=asked.person, before=asked.before, limit=audit_presenter.PAGE + 1
    )
    names = queries.user_names(event.actor for event in events)
    titles = queries.membership_titles(event.membership_id for event in events if event.membership_id)
    organisations = queries.organisation_names([e.organisation_id for e in events if e.organisation_id])
    context = audit_presenter.audit(events, asked, names=names, titles=titles, organisations=organisations)
    return staff_page(request, "oversight/audit.html", context)
