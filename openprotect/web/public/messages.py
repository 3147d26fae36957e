"""Stopping our messages, with the same proof as a check-in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from openprotect.journey import flow
from openprotect.people import actions as people
from openprotect.web.identity import PersonProof
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.public.proven import proven


@require_http_methods(["GET", "POST"])
@proven
def stop(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """Says what stops and what does not; a POST records the person's wish."""
    if request.method == "GET":
        return page(request, "public/stop.html")
    flow.perform(
        people.record_wish,
        person=request.scope.person,
        kind="no_contact",
        by=request.scope,
        now=request.scope.now,
    )
    return redirect("public:stopped")


@require_GET
@proven
def stopped(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """What was recorded."""
    return page(request, "public/stopped.html")
