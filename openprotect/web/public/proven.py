"""Only for a person whose link and date of birth were proven in this session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpResponse

from openprotect.governance.errors import NotPermitted
from openprotect.web import kept
from openprotect.web.errors import refused
from openprotect.web.identity import PersonProof, person_before, person_proof
from openprotect.web.opened_by import ruled
from openprotect.web.pages import ScopedRequest, page

Rest = ParamSpec("Rest")


def proven(
    view: Callable[Concatenate[ScopedRequest, PersonProof, Rest], HttpResponse],
) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
    """Gives the view the proof; without one, the page that sends back to the link."""

    @wraps(view)
    def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        proof = person_proof(request)
        if proof is None or request.scope.identity != "person":
            before = person_before(request)
            context = {"kept": bool(before) and kept.keep_answers(request, before)}
            return refused(page(request, "public/ended.html", context, status=HTTPStatus.FORBIDDEN), NotPermitted())
        return view(request, proof, *args, **kwargs)

    return ruled(asked, "the person: their link and date of birth")
