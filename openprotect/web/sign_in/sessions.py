"""How long somebody who works here stays signed in, and in how many browsers. Real time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponseBase

from openprotect.governance import actions
from openprotect.governance.scope import Scope
from openprotect.journey import flow
from openprotect.web.pages import ScopedRequest
from openprotect.web.sealed import seal, unseal

_BEGAN, _SEEN, _ALONE = "staff_began", "staff_seen", "second_factor_missing"
_COOKIE, _COOKIE_LASTS = "was_signed_in", 24 * 60 * 60
_WRITTEN_EVERY = 60  # seconds: not each request writes its session


def begin(request: ScopedRequest, user: int, *, proven_by: str, by: Scope, second_factor_missing: bool = False) -> None:
    """From here on this browser is this user."""
    request.session[_BEGAN] = request.session[_SEEN] = time.time()
    request.session.pop(_ALONE, None)
    if second_factor_missing:
        request.session[_ALONE] = True
    request.signed_in_now = user
    flow.perform(
        actions.begin_session,
        user=user,
        session_key=request.session.session_key,
        proven_by=proven_by,
        keep=settings.STAFF_SESSIONS,
        real_now=datetime.now(UTC),
        by=by,
        now=by.now,
    )


def still_signed_in(request: HttpRequest) -> bool:
    """Whether somebody is, who has neither rested nor stayed for too long. Whoever has is signed out."""
    if not request.user.is_authenticated:
        return False
    now = time.time()
    began, seen = request.session.get(_BEGAN, now), request.session.get(_SEEN, now)
    if now - seen > settings.STAFF_IDLE_SECONDS or now - began > settings.STAFF_SESSION_SECONDS:
        auth.logout(request)
        return False
    if now - seen > _WRITTEN_EVERY:
        request.session[_SEEN] = now
    return True


def second_factor_missing(request: HttpRequest) -> bool:
    """Whether all that was proven is a password: good for setting up more than that, and for nothing else."""
    return bool(request.session.get(_ALONE))


def second_factor_added(request: HttpRequest) -> None:
    """What was just set up was proven while it was."""
    request.session.pop(_ALONE, None)


def last_user(request: HttpRequest) -> int | None:
    """Who was last signed in with this browser, today: not who is."""
    found = unseal(request.COOKIES.get(_COOKIE, ""), purpose=_COOKIE, seconds=_COOKIE_LASTS)
    return found if isinstance(found, int) else None


def remember_user(request: HttpRequest, response: HttpResponseBase) -> None:
    """Lets a form that comes after the session has ended be kept for whoever filled it in."""
    user = getattr(request, "signed_in_now", None)
    if user is not None:
        response.set_cookie(
            _COOKIE,
            seal(user, purpose=_COOKIE),
            max_age=_COOKIE_LASTS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
