"""The one place where a refusal becomes a page.

Not there and not allowed look the same: whoever may not see a thing does not learn that it
exists.
"""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from openprotect.governance.errors import FormNotOurs
from openprotect.lib.errors import Refusal
from openprotect.web.pages import page

_TEMPLATES = {
    HTTPStatus.NOT_FOUND: "errors/not_found.html",
    HTTPStatus.BAD_REQUEST: "errors/unprocessable.html",
    HTTPStatus.CONFLICT: "errors/conflict.html",
    HTTPStatus.UNPROCESSABLE_ENTITY: "errors/unprocessable.html",
    HTTPStatus.TOO_MANY_REQUESTS: "errors/unprocessable.html",
    HTTPStatus.SERVICE_UNAVAILABLE: "errors/unavailable.html",
}


_REFUSAL = "openprotect_refusal"


def refused(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    """Marks a page of the view's own, such as a form with an error, as the answer to a refusal."""
    setattr(response, _REFUSAL, refusal)
    return response


def refusal_of(response: HttpResponseBase) -> Refusal | None:
    """The refusal that an answer was marked with."""
    return getattr(response, _REFUSAL, None)


def page_of(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal that no view turned into its own."""
    status = HTTPStatus(refusal.status)
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
        status = HTTPStatus.NOT_FOUND
    template = _TEMPLATES.get(status, "errors/conflict.html")
    context = {} if status == HTTPStatus.NOT_FOUND else {"sentence": str(refusal)}
    return refused(page(request, template, context, status=status), refusal)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404."""
    return page(request, "errors/not_found.html", status=HTTPStatus.NOT_FOUND)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, usually one that stood open for long: CSRF_FAILURE_VIEW."""
    ours = request.headers.get("Origin") in (f"{request.scheme}://{request.get_host()}", settings.BASE_URL)
    scope = getattr(request, "scope", None)
    staffs = scope is not None and scope.identity == "staff"
    if not staffs:
        return page(request, "errors/form_expired.html", status=HTTPStatus.FORBIDDEN)
    from openprotect.web import kept

    # Only of a form that came from a page of ours, such as one from before somebody signed in again.
    back = kept.page_of(request) if ours and kept.keep_form(request) else ""
    shown = page(request, "errors/form_expired.html", {"back": back}, status=HTTPStatus.FORBIDDEN)
    return refused(shown, FormNotOurs())


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: our own failure."""
    return page(request, "errors/failed.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def unavailable(request: HttpRequest) -> HttpResponse:
    """What could not be recorded was not done."""
    return page(request, "errors/unavailable.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
