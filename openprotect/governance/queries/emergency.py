"""Emergency access: what somebody has open, what waits for review, what happened during one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from openprotect.governance.errors import NotPermitted
from openprotect.governance.models import (
    AuditEvent,
    EmergencyAccess,
    EmergencyNotice,
    EmergencyReview,
    Membership,
)
from openprotect.governance.scope import Scope, enter, require, system

PAGE = 25


@dataclass(frozen=True)
class InEmergency:
    """The one record that somebody has open outside their own scope, and until when."""

    access: int
    person: UUID
    until: datetime


def in_emergency(*, scope: Scope) -> InEmergency | None:
    """What this member of staff has open now. Lists, searches and exports leave that person out."""
    require(scope)
    if scope.identity != "staff" or not scope.may("use.emergency_access"):
        return None
    found = EmergencyAccess.objects.filter(
        user_id=int(scope.actor), starts_at__lte=scope.now, ends_at__gt=scope.now
    ).first()
    return InEmergency(found.id, found.person_id, found.ends_at) if found else None


def people_in_emergency(*, scope: Scope) -> list[UUID]:
    """Everybody whose record is open to somebody in an emergency now. System scope only."""
    require(scope)
    live = EmergencyAccess.objects.filter(starts_at__lte=scope.now, ends_at__gt=scope.now)
    return list(live.values_list("person_id", flat=True))


def asked_about(*, scope: Scope) -> list[EmergencyAccess]:
    """Own accesses about which a reviewer has asked and still waits for an answer."""
    require(scope)
    if scope.identity != "staff" or not scope.may("use.emergency_access"):
        return []
    last = EmergencyReview.objects.filter(access=OuterRef("pk")).order_by("-id")
    return list(
        EmergencyAccess.objects.filter(user_id=int(scope.actor), settled_at=None)
        .annotate(last=Subquery(last.values("outcome")[:1]), question=Subquery(last.values("words")[:1]))
        .filter(last="ask")
        .order_by("id")
    )


@dataclass(frozen=True)
class ToReview:
    """How many emergency accesses wait for a review, by when the first is due, how many are overdue."""

    waiting: int
    first_due: datetime | None
    overdue: int
    latest: int


def to_review(*, scope: Scope) -> ToReview | None:
    """What waits for this reviewer: what they opened themselves is somebody else's to review."""
    require(scope)
    if not scope.may("review.emergency_access") or scope.identity != "staff":
        return None
    open_ = EmergencyAccess.objects.filter(settled_at=None).exclude(user_id=int(scope.actor))
    found = open_.aggregate(waiting=Count("id"), first_due=Min("review_due_at"), latest=Max("id"))
    if not found["waiting"]:
        return None
    return ToReview(
        waiting=found["waiting"],
        first_due=found["first_due"],
        overdue=open_.filter(review_due_at__lte=scope.now).count(),
        latest=found["latest"],
    )


def emergency_accesses(*, scope: Scope, before: int | None = None) -> Sequence[EmergencyAccess]:
    """A page of accesses and one more: what waits for a review first, then the newest."""
    require(scope)
    found = EmergencyAccess.objects.select_related("user", "membership__organisation", "membership__role")
    if before is None:
        waiting = list(found.filter(settled_at=None).order_by("review_due_at", "id")[: PAGE * 4])
        return [*waiting, *found.exclude(settled_at=None).order_by("-id")[: PAGE + 1]]
    return list(found.exclude(settled_at=None).filter(id__lt=before).order_by("-id")[: PAGE + 1])


@dataclass(frozen=True)
class LookedInto:
    """One access as a reviewer sees it: who, why, and every event of that person by that user during it."""

    access: EmergencyAccess
    events: Sequence[AuditEvent]
    reviews: Sequence[EmergencyReview]


MOST_EVENTS = 500


def emergency_access(access: int, *, scope: Scope) -> LookedInto | None:
    """One access with what was done by it. Needs `review.emergency_access`.

    A reviewer need not hold `see.audit`: of the trail they see these events and no others.
    """
    require(scope)
    if not scope.may("review.emergency_access"):
        raise NotPermitted()
    found = (
        EmergencyAccess.objects.select_related("user", "membership__organisation", "membership__role", "basis")
        .filter(id=access)
        .first()
    )
    if found is None:
        return None
    with enter(system("emergency review", now=scope.now)):
        events = AuditEvent.objects.filter(
            person_id=found.person_id, actor=str(found.user_id), at__gte=found.starts_at, at__lte=found.ends_at
        )
        read = list(events.order_by("id")[:MOST_EVENTS])
    return LookedInto(found, read, list(found.reviews.select_related("user").order_by("id")))


@dataclass(frozen=True)
class NoticeToSend:
    """An e-mail that tells a reviewer of one access: ids and times, nobody's name."""

    reference: UUID
    to: str
    access: int
    what: str
    due_at: datetime


def emergency_notices(*, scope: Scope, limit: int = 500) -> list[NoticeToSend]:
    """Notices that have not left, oldest first. Goes to the organisation for which the reviewer works."""
    require(scope)
    unsent = list(EmergencyNotice.objects.filter(sent_at=None).select_related("access").order_by("id")[:limit])
    addresses = _addresses({notice.user_id for notice in unsent}, scope)
    return [
        NoticeToSend(each.reference, addresses[each.user_id], each.access_id, each.what, each.access.review_due_at)
        for each in unsent
        if addresses.get(each.user_id)
    ]


def _addresses(users: set[int], scope: Scope) -> dict[int, str]:
    live = _live(scope).filter(user_id__in=users).order_by("-id")
    return dict(live.values_list("user_id", "organisation__email"))


def holders(permission: str, *, scope: Scope) -> set[int]:
    """The users who hold a permission now."""
    return set(_live(scope).filter(role__permissions__contains=[permission]).values_list("user_id", flat=True))


def holders_of_roles(roles: Sequence[str], *, scope: Scope) -> set[int]:
    """The users who have one of these roles now."""
    return set(_live(scope).filter(role_id__in=roles).values_list("user_id", flat=True))


def _live(scope: Scope) -> QuerySet[Membership]:
    return Membership.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=scope.now), starts_at__lte=scope.now, user__is_active=True
    )
