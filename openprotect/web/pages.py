"""How a view answers with a page: what every template is given, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

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
    scope: Scope | None = getattr(request, "scope", None)
    given = {
        "service": Service(
            name=settings.SERVICE_NAME,
            synthetic=settings.MODE != "live",
            now=scope.now if scope else None,
        ),
        "help": help_line(),
        "scope": scope,
        **(context or {}),
    }
    return HttpResponse(render_to_string(template, given, request), status=status)
