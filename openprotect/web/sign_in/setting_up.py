"""The link by which somebody sets the password of a local account; and where signing in leads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import auth, messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from openprotect.governance import actions, queries
from openprotect.governance.errors import NoPasswordHere
from openprotect.journey import flow
from openprotect.web import kept
from openprotect.web.identity import membership_in, remember_membership
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.sign_in import sessions
from openprotect.web.signed_in import first_page


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def begin(request: ScopedRequest, token: str) -> HttpResponse:
    """Choose a password. The link is used up by it, not by being looked at."""
    if request.method == "GET":
        return page(request, "sign_in/begin.html", _form(()))
    password = request.POST.get("password", "")
    if faults := _faults(password):
        return page(request, "sign_in/begin.html", _form(faults), status=422)
    given: dict[str, Any] = {"token": token, "password": password, "real_now": datetime.now(UTC)}
    flow.perform(actions.set_password, by=request.scope, now=request.scope.now, **given)
    messages.success(request, "Your password is set. Now sign in with it.")
    return redirect("account_login")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@reauthentication_required
def password(request: ScopedRequest) -> HttpResponse:
    """Change one's own password, after proving again who one is; then every browser signs in anew."""
    if sessions.second_factor_missing(request):
        return redirect("mfa_index")
    if request.method == "GET":
        if not (request.user.is_authenticated and request.user.has_usable_password()):
            raise NoPasswordHere()
        return page(request, "sign_in/password.html", _form(()))
    chosen = request.POST.get("password", "")
    if faults := _faults(chosen):
        return page(request, "sign_in/password.html", _form(faults), status=422)
    given = {"user": int(request.user.pk or 0), "password": chosen}
    flow.perform(actions.change_password, by=request.scope, now=request.scope.now, **given)
    auth.logout(request)
    messages.success(request, "Your password is changed. Now sign in with it.")
    return redirect("account_login")


def _faults(password: str) -> tuple[Error, ...]:
    """What is wrong with a password that somebody chose."""
    try:
        validate_password(password)
    except ValidationError as wrong:
        return tuple(Error(text, "#password") for text in wrong.messages)
    return ()


def _form(faults: tuple[Error, ...]) -> dict[str, Any]:
    wrong = {"errorMessage": {"text": " ".join(each.text for each in faults)}} if faults else {}
    return {
        "errors": faults,
        "password": {
            "id": "password",
            "name": "password",
            "type": "password",
            "label": {"text": "Choose a password", "classes": "nhsuk-label--s"},
            "hint": {"text": "12 characters or more. Three words that do not belong together are easy to remember."},
            "autocomplete": "new-password",
            **wrong,
        },
    }


@require_GET
def onward(request: ScopedRequest) -> HttpResponse:
    """Where somebody who signed in goes: what is still missing first, then to what they were doing."""
    if not sessions.still_signed_in(request):
        return redirect("account_login")
    if sessions.second_factor_missing(request):
        return redirect("mfa_index")
    user, now = int(request.user.pk or 0), request.scope.now
    member = queries.staff_member(user, now=now, membership=membership_in(request))
    if member is None:
        member = queries.staff_member(user, now=now)
    if member is None:
        return redirect("sign_in:works_as")
    remember_membership(request, member)
    return redirect(kept.page_of(request) or first_page(member.scope))
