"""To a provider and back. What the address says besides where to go on is not passed on."""

from __future__ import annotations

from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import urlencode
from django.views.decorators.http import require_GET


@require_GET
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sends the browser to the provider. A link must not choose how strictly it asks, or what for."""
    request.GET = QueryDict(urlencode({name: request.GET[name] for name in ("next",) if name in request.GET}))
    return views.login(request, provider_id)


@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """What the provider says of them."""
    return views.callback(request, provider_id)
