"""Changes of second factors, recorded in the transaction in which they are made."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.socialaccount.models import SocialAccount
from django.db.models.signals import post_delete, post_save, pre_save

from openprotect.governance.actions import record
from openprotect.governance.scope import entered
from openprotect.web.sign_in import sessions


def connect() -> None:
    """Listen. Called once at start-up."""
    post_save.connect(_saved, sender=Authenticator, dispatch_uid="second factor saved")
    post_delete.connect(_deleted, sender=Authenticator, dispatch_uid="second factor deleted")
    authentication_failed.connect(_failed, dispatch_uid="second factor failed")
    pre_save.connect(_keep_nothing, sender=SocialAccount, dispatch_uid="nothing kept of a provider")


def _saved(instance: Authenticator, created: bool, update_fields: Any = None, **_: Any) -> None:
    if not created and update_fields:  # that it was used; the sign-in is recorded
        return
    _record("second factor added" if created else "second factor changed", instance)
    if created and instance.type != Authenticator.Type.RECOVERY_CODES and context.request is not None:
        sessions.second_factor_added(context.request)


def _deleted(instance: Authenticator, **_: Any) -> None:
    _record("second factor removed", instance)


def _failed(user: Any, authenticator: Authenticator, **_: Any) -> None:
    _record("second factor failed", authenticator)


def _record(action: str, authenticator: Authenticator) -> None:
    by = entered()
    if by is not None:
        record(action, by=by, of="user", id=authenticator.user_id, why=authenticator.type)


def _keep_nothing(instance: SocialAccount, **_: Any) -> None:
    instance.extra_data = {}
