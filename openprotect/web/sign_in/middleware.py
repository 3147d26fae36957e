"""What django-allauth's pages need to answer as ours do."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import requests
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from openprotect.web.identity import SIGN_IN_PAGES
from openprotect.web.sign_in import sessions
from openprotect.web.sign_in.adapters import provider_away

Answer = Callable[[HttpRequest], HttpResponseBase]


class SignInMiddleware:
    """A form with faults is a 422; a provider that is away is a sentence; who signed in is remembered."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        sessions.remember_user(request, response)
        return response

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and form is not None and form.is_bound and form.errors:
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, requests.RequestException) and request.path_info.startswith(SIGN_IN_PAGES):
            return provider_away(request)
        return None
