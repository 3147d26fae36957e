"""Why somebody is listed by a programme or not: a view of their record, for those who care for them.

The page shows what runs kept. What the records say is asked for here and read by the worker, as whoever
asked: this process reads no records.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from openprotect.governance.actions import record, record_each
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.identify import why
from openprotect.people import queries as people
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff import why_presenter


@require_http_methods(["GET", "POST"])
@needs("see.reasons")
def why_listed(request: ScopedRequest, person: UUID) -> HttpResponse:
    """Each programme: since when they are listed, why, why before, and what the records say where that was asked."""
    scope = request.scope
    if request.method == "POST":
        flow.perform(why.ask_why, person=person, programme=request.POST.get("programme", ""), by=scope, now=scope.now)
        return redirect("staff:why_listed", person)
    found = why.why_listed(person, scope=scope)
    if found is None:
        raise NotThere()
    record("reasons seen", by=scope, person=person, of="person", id=person)
    answered = [each.asked.id for each in found.programmes if each.asked and each.asked.answer]
    ids = [str(question) for question in answered]
    record_each("explanation seen", by=scope, people=[person] * len(ids), of="question why", ids=ids)
    name = people.names([person], scope=scope).get(person, "")
    return staff_page(request, "staff/why_listed.html", why_presenter.page(found, name) | {"here": request.path})
