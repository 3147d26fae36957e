"""Who somebody is, and what they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from openprotect.governance.models import Membership, User
from openprotect.governance.scope import Scope


@dataclass(frozen=True)
class StaffMember:
    """A user as shown on screen, with the scope their memberships give."""

    id: int
    username: str
    name: str
    role_label: str
    organisation_name: str
    scope: Scope


def staff_member(user_id: int, *, now: datetime) -> StaffMember | None:
    """The user and their scope at `now`; None where they are not active or have no membership.

    Needs no scope: it is what makes one.
    """
    live = (
        Membership.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=now),
            user_id=user_id,
            user__is_active=True,
            starts_at__lte=now,
        )
        .select_related("user", "role", "organisation")
        .order_by("id")
    )
    memberships = list(live)
    if not memberships:
        return None
    first = memberships[0]
    scope = Scope(
        identity="staff",
        actor=str(user_id),
        now=now,
        organisations=tuple(sorted({m.organisation_id for m in memberships})),
        permissions=frozenset(p for m in memberships for p in m.role.permissions),
        role=first.role_id,
        organisation=first.organisation_id,
        membership=first.id,
    )
    return StaffMember(
        id=user_id,
        username=first.user.username,
        name=first.user.name,
        role_label=first.role.label,
        organisation_name=first.organisation.name,
        scope=scope,
    )


def user_id_of(username: str) -> int | None:
    """The id of an active user, for signing in."""
    return User.objects.filter(username=username, is_active=True).values_list("id", flat=True).first()


def user_names(actors: Iterable[str]) -> dict[str, str]:
    """Names by what stands as the actor of an event; those that are no users are left out."""
    ids = {int(actor) for actor in actors if actor.isdecimal()}
    return {str(id_): name for id_, name in User.objects.filter(id__in=ids).values_list("id", "name")}
