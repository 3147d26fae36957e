"""How long everything is kept, what went, and what is on hold."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.web.oversight import retention_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page


@require_GET
@needs("see.retention")
def retention(request: ScopedRequest) -> HttpResponse:
    """Each rule with its tables, when disposal last ran and what it did, and the legal holds."""
    scope = request.scope
    context = retention_presenter.retention(
        queries.disposals(scope=scope), queries.last_disposal(scope=scope), queries.holds(scope=scope), now=scope.now
    )
    return staff_page(request, "oversight/retention.html", context)
