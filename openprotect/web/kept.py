"""What was typed into a form is kept when the session has ended before it was sent.

Sealed, in the browser's session, for the one who typed it, for an hour. It is shown in the form
again, and nothing is sent by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from openprotect.web.fill_in import filled
from openprotect.web.sealed import seal, unseal
from openprotect.web.sign_in import sessions

_STAFF, _PERSON = "kept_form", "kept_answers"
LASTS = 60 * 60  # seconds
LONGEST = 100_000  # characters
# The field that says on which page a form of colleagues stands; see `pages.given`.
PAGE = "on_page"
_NOT_KEPT = {"csrfmiddlewaretoken", PAGE}


@dataclass(frozen=True)
class Kept:
    """What was typed: by whom, where the form stands, where it is sent to."""

    whose: str
    page: str
    action: str
    fields: tuple[tuple[str, str], ...]

    def sent(self) -> QueryDict:
        """As it was sent."""
        made = QueryDict(mutable=True)
        for name, value in self.fields:
            made.appendlist(name, value)
        return made


def keep_form(request: HttpRequest) -> bool:
    """Keep a colleague's form for whoever was last signed in here; whether it was kept."""
    user = request.user.pk if request.user.is_authenticated else sessions.last_user(request)
    if request.method != "POST" or user is None:
        return False
    where = request.POST.get(PAGE, "")
    if not _is_staffs(where):
        where = request.path
    return _keep(request, _STAFF, str(user), where)


def form_of(request: HttpRequest) -> Kept | None:
    """What this user had typed before they signed in again."""
    return _read(request, _STAFF, str(request.user.pk)) if request.user.is_authenticated else None


def page_of(request: HttpRequest) -> str:
    """Where the form stands that was kept for this user; "" where there is none."""
    found = form_of(request)
    return found.page if found else ""


def form_sent(request: HttpRequest) -> None:
    """It was sent: nothing more is kept."""
    request.session.pop(_STAFF, None)


def shown_again(request: HttpRequest, html: str) -> str | None:
    """The page with what was typed in its form; None where nothing was kept for it."""
    found = form_of(request) if request.method == "GET" else None
    if found is None or found.page.partition("?")[0] != request.path:
        return None
    return filled(html, action=found.action, here=request.path, fields=found.fields)


def keep_answers(request: HttpRequest, person: str) -> bool:
    """Keep a person's page of answers until their link and date of birth are proven again."""
    return request.method == "POST" and _keep(request, _PERSON, person, request.path)


def answers_of(request: HttpRequest, person: str) -> Kept | None:
    """What this person had entered before their page ended."""
    return _read(request, _PERSON, person)


def answers_sent(request: HttpRequest) -> None:
    """They were sent: nothing more is kept."""
    request.session.pop(_PERSON, None)


def _keep(request: HttpRequest, name: str, whose: str, page: str) -> bool:
    fields = [(key, value) for key, values in request.POST.lists() for value in values if key not in _NOT_KEPT]
    if not fields or sum(len(key) + len(value) for key, value in fields) > LONGEST:
        return False
    request.session[name] = seal(asdict(Kept(whose, page, request.path, tuple(fields))), purpose=name)
    return True


def _read(request: HttpRequest, name: str, whose: str) -> Kept | None:
    held = request.session.get(name)
    found: Mapping[str, Any] | None = unseal(held, purpose=name, seconds=LASTS) if held else None
    if found is None or found["whose"] != whose:
        return None
    fields: Sequence[Sequence[str]] = found["fields"]
    return Kept(whose, found["page"], found["action"], tuple((key, value) for key, value in fields))


def _is_staffs(address: str) -> bool:
    """Whether it is a page of ours for people who work here: a form says so, and forms can be forged."""
    try:
        return address.startswith("/") and resolve(address.partition("?")[0]).namespaces[:1] in (
            ["staff"],
            ["oversight"],
        )
    except Resolver404:
        return False
