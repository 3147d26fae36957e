"""Who could see whom at a moment, for those who answer for it. Asking is an event too."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance import errors, queries
from openprotect.governance.actions import record
from openprotect.web.oversight import could_see_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page


@require_GET
@needs("see.audit")
def could_see(request: ScopedRequest) -> HttpResponse:
    """Of an organisation or of a person: who had access then, through what, on which basis, and who worked there."""
    asked = could_see_presenter.read(request.GET, now=request.scope.now)
    found = None
    if asked.complete and (at := asked.at) is not None:
        try:
            found = queries.who_could_see(
                at=at, organisation=asked.organisation or None, person=asked.person, scope=request.scope
            )
        except errors.UnknownOrganisation as refusal:
            asked = asked.with_fault("organisation", str(refusal))
        else:
            said = f"{asked.organisation} {at.isoformat()}".strip()
            record("asked who could see", by=request.scope, person=asked.person, of="moment", why=said)
    return staff_page(request, "oversight/could_see.html", could_see_presenter.could_see(asked, found))
