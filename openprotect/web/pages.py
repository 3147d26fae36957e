"""How a view answers with a page: what every template is given, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.backends.utils import csrf_input
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from openprotect.governance.scope import Scope


@dataclass(frozen=True)
class Service:
    """What every page says about the service. `now` is the service clock's."""

    name: str
    synthetic: bool
    now: datetime | None


@dataclass(frozen=True)
class HelpLine:
    """The number that a person answers, the same for every programme."""

    phone: str
    hours: str

    @property
    def dialled(self) -> str:
        return "".join(self.phone.split())


class ScopedRequest(HttpRequest):
    """A request after ScopeMiddleware: it knows who is asking."""

    scope: Scope
    signed_in_now: int  # the user who has just signed in by it, if anybody has


def help_line() -> HelpLine:
    return HelpLine(settings.HELP_PHONE, settings.HELP_HOURS)


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page of a template. `errors` in the context puts "Error:" before its title."""
    return HttpResponse(render_to_string(template, dict(context or {}), request), status=status)


def given(request: HttpRequest) -> dict[str, Any]:
    """What every template is given, those of other people's views too.

    A form of colleagues says on which page it stands, so that it can be shown there again if it
    comes after their session has ended.
    """
    scope: Scope | None = getattr(request, "scope", None)
    made: dict[str, Any] = {
        "service": Service(
            name=settings.SERVICE_NAME,
            synthetic=settings.MODE != "live",
            now=scope.now if scope else None,
        ),
        "help": help_line(),
        "scope": scope,
    }
    if scope is not None and scope.identity == "staff":
        made["csrf_input"] = format_html(
            '{}<input type="hidden" name="on_page" value="{}">', csrf_input(request), request.get_full_path()
        )
    if request.path_info.startswith("/sign-in/"):
        made["messages"] = [str(message) for message in messages.get_messages(request)]
        onward = urlencode({"next": request.GET["next"]}) if "next" in request.GET else ""
        made["providers"] = [
            {"name": app["name"], "href": f"{reverse('openid_connect_login', args=[app['provider_id']])}?{onward}"}
            for app in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        ]
    return made
