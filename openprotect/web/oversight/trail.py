"""How the seal of the audit trail stands, and whether sending is on hold."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.governance.actions import record
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import closed_in_emergency, needs, staff_page


@require_GET
@needs("see.audit")
@closed_in_emergency
def trail(request: ScopedRequest) -> HttpResponse:
    """How far the trail is sealed and written down outside; what is not proven yet."""
    record("seal of the audit trail read", by=request.scope, of="audit trail")
    state = queries.trail_state(scope=request.scope)
    minutes = int(settings.ANCHOR_EVERY.total_seconds() // 60)
    return staff_page(request, "oversight/trail.html", {"state": state, "anchor": settings.ANCHOR, "minutes": minutes})
