"""Writes of people who work: their roles, where they work, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.models import Membership, Role, User
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def define_role(*, name: str, label: str, permissions: Sequence[str], by: Scope, now: datetime) -> Done[str]:
    """Write down what a role may do."""
    permit("manage.roles", by=by)
    Role.objects.update_or_create(name=name, defaults={"label": label, "permissions": list(permissions)})
    record("role defined", by=by, of="role", id=name)
    return Done(name)


def appoint(
    *,
    username: str,
    name: str,
    organisation: int,
    role: str,
    team: int | None,
    ends_at: datetime | None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Give a person who works a role in an organisation from now on; returns the user's id."""
    permit("manage.memberships", by=by)
    user, created = User.objects.get_or_create(username=username, defaults={"name": name})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    Membership.objects.get_or_create(
        user=user,
        organisation_id=organisation,
        role_id=role,
        defaults={"team_id": team, "starts_at": now, "ends_at": ends_at},
    )
    record("appointed", by=by, of="user", id=user.id, why=role)
    return Done(user.id)


def transfer(*, user: int, organisation: int, by: Scope, now: datetime) -> Done[None]:
    """Move somebody with their role to another organisation from now on; the past stays true."""
    permit("manage.memberships", by=by)
    for membership in Membership.objects.filter(user_id=user, ends_at=None).exclude(organisation_id=organisation):
        membership.ends_at = now
        membership.save(update_fields=["ends_at"])
        Membership.objects.create(user_id=user, organisation_id=organisation, role_id=membership.role_id, starts_at=now)
    record("transferred", by=by, of="user", id=user)
    return Done(None)
