"""Who saw my record: by day, role and organisation, with the same proof as a check-in."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import queries
from openprotect.governance.actions import record
from openprotect.people import who_saw as words
from openprotect.web.identity import PersonProof
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.public.proven import proven

NEWEST = 100  # lines; a letter has all of them


@require_GET
@proven
def who_saw(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """The newest first. Looking is an event of the person's own."""
    person = request.scope.person
    assert person is not None, "proven"
    record("looked at who saw them", by=request.scope, person=person, of="audit trail")
    seen = queries.who_saw(person, scope=request.scope)
    context = {"days": words.days(seen[:NEWEST]), "more": len(seen) > NEWEST, "names": words.ONLY_BY_NAME}
    return page(request, "public/who_saw.html", context)
