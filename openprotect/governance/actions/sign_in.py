"""Writes of what an account is proven by, and of browsers that are signed in.

The sign-in pages act as nobody in particular (`scope.signing_in`); what they may do is written here.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.proofs import delete_sessions, end_all
from openprotect.governance.actions.staff import may_manage_user
from openprotect.governance.errors import (
    AccountBelongsToAnother,
    EmailBelongsToAnother,
    NoPasswordHere,
    NotAnEmailAddress,
    NotPermitted,
    ProvenOutsideThePages,
    SetupLinkEnded,
)
from openprotect.governance.models import Credential, Membership, StaffSession, User
from openprotect.governance.permissions import EVERYWHERE
from openprotect.governance.rules.words import fits
from openprotect.governance.scope import SIGN_IN, Scope, enter, require, system
from openprotect.lib.done import Done

SETUP_LASTS = timedelta(hours=72)


def hand_over_setup(*, user: int, by: Scope, now: datetime, real_now: datetime) -> Done[str]:
    """A link's secret by which somebody sets a password, once: handed over by whoever appoints them.

    They begin anew: the password and second factors they had are gone, and they are signed out.
    """
    _may_prove(user, by=by, now=now)
    token = secrets.token_urlsafe(32)
    given = {"password": "", "setup_hash": _hash(token), "setup_until": real_now + SETUP_LASTS}
    with enter(system("governance", now=now)):
        Credential.objects.update_or_create(user_id=user, defaults=given)
        Authenticator.objects.filter(user_id=user).delete()
        end_all([user])
    record("set-up link handed over", by=by, of="user", id=user)
    return Done(token)


def _may_prove(user: int, *, by: Scope, now: datetime) -> None:
    # Whoever says how somebody is proven can sign in as them: of those who see or decide beyond one
    # organisation no administrator may.
    may_manage_user(user, by=by, now=now)
    if by.identity == "system":
        return
    live = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), user_id=user)
    if live.filter(role__permissions__overlap=sorted(EVERYWHERE)).exists():
        raise ProvenOutsideThePages()


def set_password(*, token: str, password: str, by: Scope, now: datetime, real_now: datetime) -> Done[int]:
    """Use a set-up link up. The caller has checked that the password is long enough."""
    _signing_in(by)
    held = Credential.objects.select_for_update().filter(setup_hash=_hash(token), setup_until__gt=real_now).first()
    if held is None or not _works_here(held.user_id, now):
        raise SetupLinkEnded()
    user = User.objects.get(pk=held.user_id)
    with enter(system("governance", now=now)):
        user.set_password(password)
        user.keep_password()
        Credential.objects.filter(user=user).update(setup_hash=None, setup_until=None)
        end_all([user.pk])
    record("password set", by=by, of="user", id=user.pk)
    return Done(user.pk)


def change_password(*, user: int, password: str, by: Scope, now: datetime) -> Done[None]:
    """Somebody who has just proven again who they are changes their own password; every browser is signed out.

    The caller has checked that the password is long enough. Raises NoPasswordHere.
    """
    _signing_in(by)
    found = User.objects.filter(pk=user, is_active=True).first()
    if found is None or not found.has_usable_password() or not _works_here(user, now):
        raise NoPasswordHere()
    with enter(system("governance", now=now)):
        found.set_password(password)
        found.keep_password()
        end_all([found.pk])
    record("password changed", by=by, of="user", id=found.pk)
    return Done(None)


def enter_email(*, user: int, email: str, by: Scope, now: datetime) -> Done[None]:
    """By which address a provider's account is known as this user, once the provider has verified it."""
    _may_prove(user, by=by, now=now)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise NotAnEmailAddress from None
    with enter(system("governance", now=now)):
        if Credential.objects.filter(email=email).exclude(user_id=user).exists():
            raise EmailBelongsToAnother()
        Credential.objects.update_or_create(user_id=user, defaults={"email": email})
    record("e-mail address entered", by=by, of="user", id=user)
    return Done(None)


def link_account(*, user: int, provider: str, subject: str, by: Scope, now: datetime) -> Done[None]:
    """A provider's account, by what never changes of it, is this user's from now on."""
    if by.identity == "nobody":
        _signing_in(by)
    else:
        _may_prove(user, by=by, now=now)
    fits("The provider", provider, 200)
    fits("The subject", subject, 191)
    with enter(system("governance", now=now)):
        held, _ = SocialAccount.objects.get_or_create(provider=provider, uid=subject, defaults={"user_id": user})
    if held.user_id != user:
        raise AccountBelongsToAnother()
    record("provider's account linked", by=by, of="user", id=user, why=provider)
    return Done(None)


def begin_session(
    *, user: int, session_key: str, proven_by: str, keep: int, by: Scope, now: datetime, real_now: datetime
) -> Done[None]:
    """Somebody signed in with a browser. Of more than `keep` browsers the oldest are signed out."""
    require(by)
    with enter(system("governance", now=now)):
        StaffSession.objects.filter(session_key=session_key).delete()
        StaffSession.objects.create(session_key=session_key, user_id=user, began_at=real_now)
        older = StaffSession.objects.filter(user_id=user).order_by("-began_at", "session_key")[keep:]
        delete_sessions(StaffSession.objects.filter(session_key__in=[each.session_key for each in older]))
    record("signed in", by=by, of="user", id=user, why=proven_by)
    return Done(None)


def end_session(*, session_key: str | None, user: int, by: Scope, now: datetime) -> Done[None]:
    """Somebody signed this browser out."""
    require(by)
    with enter(system("governance", now=now)):
        StaffSession.objects.filter(session_key=session_key or "").delete()
    record("signed out", by=by, of="user", id=user)
    return Done(None)


def sign_out_everywhere(*, user: int, by: Scope, now: datetime) -> Done[None]:
    """Every browser of a user is signed out, at its next request at the latest. One's own, or as an administrator."""
    if str(user) != by.actor:
        may_manage_user(user, by=by, now=now)
    with enter(system("governance", now=now)):
        end_all([user])
    record("signed out everywhere", by=by, of="user", id=user)
    return Done(None)


def deactivate(*, user: int, by: Scope, now: datetime) -> Done[None]:
    """Somebody has left: their account is closed, their memberships and sessions have ended."""
    may_manage_user(user, by=by, now=now)
    with enter(system("governance", now=now)):
        User.objects.filter(pk=user).update(is_active=False)
        for membership in _live(now).filter(user_id=user):
            membership.ends_at = max(now, membership.starts_at + timedelta(microseconds=1))
            membership.save(update_fields=["ends_at"])
        Credential.objects.filter(user_id=user).update(setup_hash=None, setup_until=None)
        end_all([user])
    record("account closed", by=by, of="user", id=user)
    return Done(None)


def sweep_sessions(*, longest: timedelta, by: Scope, now: datetime, real_now: datetime) -> Done[int]:
    """Remove sessions that have lasted long enough, those of leavers, and set-up links that nobody may use.

    Every request asks again whether its user works here; this leaves nothing lying about. Returns
    how many were removed.
    """
    permit("manage.memberships", by=by)
    over = StaffSession.objects.filter(began_at__lte=real_now - longest)
    leavers = StaffSession.objects.filter(~Q(user__is_active=True) | ~Q(user__in=_live(now).values("user")))
    removed = delete_sessions(over) + delete_sessions(leavers)
    Session.objects.filter(expire_date__lt=real_now).delete()
    links = Credential.objects.filter(setup_hash__isnull=False)
    links.filter(Q(setup_until__lte=real_now) | ~Q(user__is_active=True)).update(setup_hash=None, setup_until=None)
    return Done(removed)


def _live(now: datetime) -> QuerySet[Membership]:
    return Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)


def _works_here(user: int, now: datetime) -> bool:
    ends_later = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), user_id=user, user__is_active=True)
    return ends_later.exists()


def _signing_in(by: Scope) -> None:
    require(by)
    if by.actor != SIGN_IN:
        raise NotPermitted()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
