"""The demo's front page, one-click sign-in and outbox. Never part of a live service.

Every view asks the database first: settings can be wrong about whose data stands there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from openprotect.demo import personas
from openprotect.governance import queries as governance
from openprotect.governance.errors import NotADemo, NotThere
from openprotect.governance.scope import enter, system
from openprotect.interop.outbox import queries
from openprotect.web import kept
from openprotect.web.identity import membership_in, remember_membership
from openprotect.web.opened_by import ruled
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.shown import shown_telephone
from openprotect.web.sign_in import sessions
from openprotect.web.signed_in import first_page

Rest = ParamSpec("Rest")
BACKEND = settings.AUTHENTICATION_BACKENDS[0]
CHANNELS = {"": "All", "sms": "Texts", "email": "E-mails", "letter": "Letters"}


def in_a_demo(
    view: Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
    """Opens a view on a database that was made as a demo, whatever the settings say."""

    @wraps(view)
    def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if not governance.is_demo():
            raise NotADemo()
        return view(request, *args, **kwargs)

    return ruled(asked, "anybody, in a demo alone")


@require_GET
@in_a_demo
def front(request: ScopedRequest) -> HttpResponse:
    """What this is, what day it is, and who you can be."""
    with enter(system("demo", now=request.scope.now)) as demo:
        context = {
            "staff": personas.staff(scope=demo),
            "invited": personas.invited(scope=demo),
            "referred": personas.referred(scope=demo),
            "signed_in": _signed_in(request),
        }
    return page(request, "demo/front.html", context)


@require_POST
@in_a_demo
def sign_in(request: ScopedRequest) -> HttpResponse:
    """Be one of the demo's people."""
    username = request.POST.get("username", "")
    with enter(system("demo", now=request.scope.now)) as demo:
        id_ = governance.user_id_of(username) if username in personas.STAFF else None
        member = governance.staff_member(id_, now=demo.now) if id_ else None
        if id_ is None or member is None:
            raise NotThere()
        user = get_user_model().objects.get(pk=id_)
        login(request, user, backend=BACKEND)
        sessions.begin(request, id_, proven_by="demo", by=demo)
        remember_membership(request, member)
    return redirect(kept.page_of(request) or first_page(member.scope))


@require_GET
@in_a_demo
def outbox(request: ScopedRequest) -> HttpResponse:
    """What would have left, newest first, of one channel or of all."""
    channel = request.GET.get("channel", "")
    with enter(system("demo", now=request.scope.now)) as demo:
        found = queries.messages(scope=demo, channel=channel if channel in CHANNELS else "")
    channels = [
        {"text": text, "href": f"{reverse('demo:outbox')}{f'?channel={key}' if key else ''}", "current": key == channel}
        for key, text in CHANNELS.items()
    ]
    return page(request, "demo/outbox.html", {"messages": [_line(each) for each in found], "channels": channels})


@require_GET
@in_a_demo
def message(request: ScopedRequest, reference: UUID) -> HttpResponse:
    """One message as it was handed over, its links to be followed."""
    with enter(system("demo", now=request.scope.now)) as demo:
        found = queries.message(reference, scope=demo)
    if found is None:
        raise NotThere()
    context = {
        "message": found,
        "to": _to(found),
        "channel": _CHANNEL[found.channel],
        "pieces": list(personas.pieces(found.body)),
    }
    return page(request, "demo/message.html", context)


@require_GET
@in_a_demo
def letter(request: ScopedRequest, reference: UUID) -> HttpResponse:
    """The PDF of a letter."""
    path = settings.DATA / "letters" / f"{reference}.pdf"
    if not path.is_file():
        raise NotThere()
    return HttpResponse(path.read_bytes(), content_type="application/pdf")


_CHANNEL = {"sms": "Text", "email": "E-mail", "letter": "Letter"}


def _line(message: Any) -> dict[str, Any]:
    # The first paragraph is the banner; the second says what it is about.
    *_, begins = message.body.split("\n\n")[:2]
    return {
        "href": reverse("demo:message", args=[message.reference]),
        "at": message.accepted_at,
        "channel": _CHANNEL[message.channel],
        "to": _to(message),
        "text": begins if message.channel == "sms" else message.subject,
    }


def _to(message: Any) -> str:
    return shown_telephone(message.to) if message.channel == "sms" else message.to.splitlines()[0]


def _signed_in(request: ScopedRequest) -> governance.StaffMember | None:
    user = request.user
    if not user.is_authenticated:
        return None
    return governance.staff_member(user.pk, now=request.scope.now, membership=membership_in(request))
