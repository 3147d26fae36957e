"""Who somebody is, and what they may see; what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from openprotect.governance.models import (
    AuditEvent,
    Installation,
    LegalBasis,
    Membership,
    Organisation,
    Team,
    User,
)
from openprotect.governance.scope import Scope, require


@dataclass(frozen=True)
class StaffMember:
    """A user as shown on screen, with the scope their memberships give."""

    id: int
    username: str
    name: str
    role_label: str
    organisation_name: str
    scope: Scope


def is_demo() -> bool:
    """Whether this database was marked as a demo when it was created."""
    return Installation.objects.filter(demo=True).exists()


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


def organisation_names(ids: Sequence[int]) -> dict[int, str]:
    """Names by id."""
    return dict(Organisation.objects.filter(id__in=ids).values_list("id", "name"))


def organisations(kind: str) -> list[Organisation]:
    """The organisations of a kind, by name."""
    return list(Organisation.objects.filter(kind=kind).order_by("name"))


def basis_id(key: str) -> int:
    """The id of the legal basis with this key."""
    return LegalBasis.objects.values_list("id", flat=True).get(key=key)


def find_basis(key: str) -> int | None:
    """The id of the legal basis with this key, if it was stated."""
    return LegalBasis.objects.filter(key=key).values_list("id", flat=True).first()


def owner_team(*, duty: str, practice: int | None, locality: int | None) -> Team:
    """The team that does a duty for a person: the practice's, else the locality's, else the
    integrated care board's, else the board's surveillance team. Never nobody.
    """
    candidates = {
        (team.organisation_id, team.duty): team
        for team in Team.objects.filter(
            Q(organisation__in=[o for o in (practice, locality) if o is not None])
            | Q(organisation__kind=Organisation.Kind.INTEGRATED_CARE_BOARD)
        ).select_related("organisation")
    }
    for organisation in (practice, locality):
        if organisation is not None and (organisation, duty) in candidates:
            return candidates[organisation, duty]
    central = [t for t in candidates.values() if t.organisation.kind == "icb"]
    for wanted in (duty, "surveillance"):
        for team in central:
            if team.duty == wanted:
                return team
    raise LookupError("no surveillance team: the safety net is not set up")


def audit_events(
    *, scope: Scope, person: UUID | None = None, before: int | None = None, limit: int = 50
) -> list[AuditEvent]:
    """The latest events, newest first, from before an event id. Needs `see.audit`."""
    require(scope)
    events = AuditEvent.objects.order_by("-id")
    if person is not None:
        events = events.filter(person_id=person)
    if before is not None:
        events = events.filter(id__lt=before)
    return list(events[:limit])
