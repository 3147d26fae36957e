"""What the sign-in pages look up."""

from __future__ import annotations

from openprotect.governance.models import Credential, User
from openprotect.governance.scope import Scope, require


def user_by_email(email: str, *, scope: Scope) -> User | None:
    """The active user whom an administrator entered with this address."""
    require(scope)
    held = Credential.objects.filter(email=email.strip().lower(), user__is_active=True).select_related("user").first()
    return held.user if held else None


def any_user_id(username: str) -> int | None:
    """The id that goes with a username, active or not."""
    return User.objects.filter(username=username.strip()).values_list("id", flat=True).first()
