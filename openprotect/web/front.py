"""The first page, where it is not the demo's: what this is and whom to ring."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.web.pages import ScopedRequest, page


@require_GET
def front(request: ScopedRequest) -> HttpResponse:
    return page(request, "front.html")
