"""How django-allauth does things here: nobody signs up, everything is recorded, secrets are sealed."""

from __future__ import annotations

import time
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openprotect.governance import actions, queries
from openprotect.governance.errors import ProviderRefused, ProviderUnavailable, UnknownAccount
from openprotect.journey import flow
from openprotect.web.errors import refused
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.sealed import seal, unseal
from openprotect.web.sign_in import sessions

_SECOND_FACTOR = "second factor"
FRESH = 5 * 60  # seconds for which a sign-in need not be proven again
# Said of a wrong password, of a name that nobody has, and of an account that was closed.
WRONG = "The username and the password do not go together"
TOO_OFTEN = "Too many tries. Wait a quarter of an hour, then try again"


class Accounts(DefaultAccountAdapter):
    """Local accounts."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "incorrect_password": "This is not your password",
        "too_many_login_attempts": TOO_OFTEN,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("sign_in:onward")

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.META["REMOTE_ADDR"])

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # By account and address: nobody else's tries keep somebody from signing in at their own desk.
        return f"{credentials.get('username', '').strip().lower()}:{self.get_client_ip(request)}"

    def pre_authenticate(self, request: ScopedRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _record(request, "locked out", credentials)
            raise

    def authenticate(self, request: ScopedRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def authentication_failed(self, request: ScopedRequest, **credentials: Any) -> None:
        _record(request, "sign-in failed", credentials)

    def login(self, request: ScopedRequest, user: Any) -> None:
        super().login(request, user)
        records = get_authentication_records(request, user)
        proven_by = [str(each.get("type") or each.get("provider") or each["method"]) for each in records]
        whole = any(each["method"] in ("mfa", "socialaccount") for each in records)
        sessions.begin(
            request,
            user.pk,
            proven_by=", ".join(proven_by),
            by=request.scope,
            second_factor_missing=not whole,
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        records = get_authentication_records(context.request, context.request.user)
        return not any(time.time() - each["at"] < FRESH for each in records)


class Providers(DefaultSocialAccountAdapter):
    """Accounts at a provider. One that is not known here, or not yet verified there, opens nothing."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: ScopedRequest, sociallogin: Any) -> None:
        scope = request.scope
        account = sociallogin.account
        if not sociallogin.is_existing:
            said = account.extra_data.get("userinfo") or account.extra_data.get("id_token") or {}
            verified = said.get("email_verified") in (True, "true")
            user = queries.user_by_email(str(said.get("email") or ""), scope=scope) if verified else None
            if user is None:
                raise ImmediateHttpResponse(unknown(request))
            given = {"provider": account.provider, "subject": account.uid}
            flow.perform(actions.link_account, user=user.pk, by=scope, now=scope.now, **given)
            sociallogin.user = user
        if not sociallogin.user.is_active:
            raise ImmediateHttpResponse(unknown(request))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        away = isinstance(exception, requests.RequestException) and not isinstance(exception, requests.HTTPError)
        if away:
            raise ImmediateHttpResponse(provider_away(request))
        refusal = ProviderRefused()
        shown = page(request, "sign_in/did_not_work.html", {"sentence": str(refusal)}, status=refusal.status)
        raise ImmediateHttpResponse(refused(shown, refusal))


class SecondFactors(DefaultMFAAdapter):
    """Authenticator apps, passkeys, recovery codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or it was used already",
    }

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=_SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        return str(unseal(encrypted_text, purpose=_SECOND_FACTOR) or "")

    def _get_site_name(self) -> str:
        return str(settings.SERVICE_NAME)


def provider_away(request: HttpRequest) -> HttpResponse:
    """Nobody is signed in, and nothing is left of the attempt."""
    refusal = ProviderUnavailable()
    context = {"sentence": str(refusal)}
    return refused(page(request, "sign_in/away.html", context, status=refusal.status), refusal)


def unknown(request: HttpRequest) -> HttpResponse:
    """We do not know them: what to do, and a denial."""
    refusal = UnknownAccount()
    return refused(page(request, "sign_in/unknown.html", status=refusal.status), refusal)


def _record(request: ScopedRequest, action: str, credentials: dict[str, Any]) -> None:
    # The id of the account where there is one. What was typed may be a password in the wrong field.
    known = queries.any_user_id(str(credentials.get("username", "")))
    actions.record(action, by=request.scope, of="user", id=known or "")
