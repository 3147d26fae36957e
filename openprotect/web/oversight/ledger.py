"""Where everybody stands today, and on each day before."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.journey.learn import queries
from openprotect.programmes import queries as programmes
from openprotect.web.oversight import ledger_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page


@require_GET
@needs("see.ledger")
def ledger(request: ScopedRequest) -> HttpResponse:
    """Every person in exactly one state, adding up to the list.

    Who may see people is shown their own people as they stand now; everybody else the counts of
    all, as they were last recorded.
    """
    titles = programmes.titles()
    programme = request.GET.get("programme", "")
    if programme not in titles:
        programme = next(iter(titles), "")
    scope = request.scope
    context = ledger_presenter.ledger(
        programme,
        titles,
        now=queries.ledger_now(programme, scope=scope) if scope.may("see.person") else None,
        days=queries.ledger_by_day(programme, scope=scope),
        localities=queries.localities(programme, scope=scope),
    )
    return staff_page(request, "oversight/ledger.html", context)
