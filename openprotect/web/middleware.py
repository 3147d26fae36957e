"""One request, one transaction, one scope.

Django turns exceptions into answers before a middleware sees them, so the answer's status is
what decides: 500 and above undoes everything. A refusal undoes everything too, and is then
written down in a transaction of its own before the answer leaves; of a stranger's refusals so many a minute, and
the rest as a number. An answer whose audit could
not be written does not leave: it is a 503.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from django.db import DataError, transaction
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase

from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.scope import Scope, enter, nobody
from openprotect.lib.errors import Refusal
from openprotect.web import errors
from openprotect.web.identity import scope_of
from openprotect.web.strangers import STRANGERS, written_singly

Answer = Callable[[HttpRequest], HttpResponseBase]
log = structlog.get_logger(__name__)


class StreamedAnswer(RuntimeError):
    """A streamed answer runs after its transaction and sees nothing: make a file in a job."""


class NoText(Refusal):
    """What was sent holds a character that is no text. Type it again."""

    status = HTTPStatus.BAD_REQUEST


class CannotBeKept(Refusal):
    """Something on this page is too long, or is a number or text that cannot be kept: go back, shorten it and send
    it again. Nothing was changed."""

    status = 422


class ScopeMiddleware:
    """Opens the transaction of a request in the scope of whoever is asking (`request.scope`)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scope = scope_of(request, now=clock.now())
        request.scope = scope  # type: ignore[attr-defined]
        with enter(scope):
            response = self.get_response(request)
            if response.streaming:
                response.close()
                raise StreamedAnswer(request.resolver_match)
            refusal = errors.refusal_of(response)
            if refusal or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                transaction.set_rollback(True)
        _write_counted(scope)
        if refusal and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _recorded(request, response, refusal, scope)
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, given: Mapping[str, object]
    ) -> HttpResponse | None:
        """A character that no text holds and no database keeps is refused before any view reads it."""
        sent = [*given.items(), *_pairs(request.GET), *(_pairs(request.POST) if request.method == "POST" else ())]
        if any(isinstance(text, str) and "\0" in text for pair in sent for text in pair):
            return errors.page_of(request, NoText())
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that no view caught becomes a page; everything else is a failure of ours."""
        if isinstance(exception, DataError):
            log.warning("not_kept", route=getattr(request.resolver_match, "view_name", ""))
            exception = CannotBeKept()
        return errors.page_of(request, exception) if isinstance(exception, Refusal) else None


def _pairs(sent: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(text)) for name, texts in sent.lists() for text in texts]


def _write_counted(scope: Scope) -> None:
    """Write down how many refusals of strangers were only counted, once their minute is over."""
    counted = STRANGERS.due(second=time.monotonic())
    if not counted:
        return
    try:
        governance.record_denial(by=nobody(now=scope.now), refusal=f"{counted} more of strangers, counted", route="")
    except DatabaseError:
        STRANGERS.again(counted)
        log.exception("denials_not_recorded", number=counted)


def _recorded(request: HttpRequest, response: HttpResponseBase, refusal: Refusal, scope: Scope) -> HttpResponseBase:
    if not written_singly(request, scope):
        return response
    try:
        route = request.resolver_match.view_name if request.resolver_match else ""
        governance.record_denial(by=scope, refusal=type(refusal).__name__, route=route)
    except DatabaseError:
        log.exception("denial_not_recorded", refusal=type(refusal).__name__)
        return errors.unavailable(request)
    return response


def private_answers(get_response: Answer) -> Answer:
    """Nothing of ours is kept by a browser or a proxy, listed by a search engine, or told onwards.

    `strict-origin`, not `no-referrer`: with the latter browsers send `Origin: null` with our own
    forms, which then cannot be told from forged ones. A path, and with it a token, is never sent.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return answer
