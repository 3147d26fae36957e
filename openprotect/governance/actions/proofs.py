"""Takes away what an account is proven by, and signs its browsers out."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.db.models import F

from openprotect.governance.models import Credential, StaffSession, User


def forget_proofs(user: int) -> None:
    """Nothing proves this account any more, and no browser is signed in with it. Nobody is appointed less for it."""
    Credential.objects.filter(user_id=user).update(password="", email=None, setup_hash=None, setup_until=None)
    Authenticator.objects.filter(user_id=user).delete()
    # Not `delete`, which would look for tokens of providers: none are kept, and nobody may write that table.
    accounts = SocialAccount.objects.filter(user_id=user)
    accounts._raw_delete(accounts.db)
    end_all([user])


def end_all(users: Iterable[int]) -> None:
    """Every browser of these users is signed out."""
    users = list(users)
    User.objects.filter(pk__in=users).update(session_epoch=F("session_epoch") + 1)
    delete_sessions(StaffSession.objects.filter(user_id__in=users))


def delete_sessions(sessions: Iterable[StaffSession]) -> int:
    """Sign these browsers out; returns how many."""
    keys = [each.session_key for each in sessions]
    if keys:
        Session.objects.filter(session_key__in=keys).delete()
        StaffSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
