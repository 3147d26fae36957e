"""The way to every page of governance that the reader may open."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.governance.errors import NotPermitted
from openprotect.journey.learn.overdue import found_overdue
from openprotect.web.oversight import overdue_presenter
from openprotect.web.oversight.bases_presenter import warned
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import governance_of, signed_in, staff_page


@require_GET
@signed_in
def governance(request: ScopedRequest) -> HttpResponse:
    """Each page with what it is for. Not there for whoever may open none of them."""
    areas = governance_of(request.scope)
    if not areas:
        raise NotPermitted
    pages = [{"text": area.text, "href": reverse(area.name), "what": area.what} for area in areas]
    soon = warned(queries.notices(int(request.scope.actor), scope=request.scope))
    context = {"pages": pages, "warned": soon, "overdue": overdue_presenter.lines(found_overdue(request.scope))}
    return staff_page(request, "oversight/governance.html", context)
