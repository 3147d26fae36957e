"""Requests that access stops, and whom a decision on one would touch."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from openprotect.governance.errors import NotPermitted
from openprotect.governance.models import AccessStop, AccessStopRequest
from openprotect.governance.queries.staff import covered_by
from openprotect.governance.scope import Scope, enter, require, system

PAGE = 100


def access_stop_requests(*, scope: Scope) -> list[AccessStopRequest]:
    """Requests that this actor may see, the open ones first by what is due, then the newest decisions."""
    require(scope)
    open_first = Case(When(status="open", then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(_of_theirs(scope).order_by(open_first, "-decided_at", "due_at", "id")[:PAGE])


def access_stop_request(id_: int, *, scope: Scope) -> AccessStopRequest | None:
    """One request that this actor may see."""
    require(scope)
    return _of_theirs(scope).filter(id=id_).first()


def _of_theirs(scope: Scope) -> QuerySet[AccessStopRequest]:
    """Requests of practices that this actor answers for, or about organisations that they do."""
    found = AccessStopRequest.objects.select_related("practice", "organisation")
    if scope.identity != "staff":
        return found
    mine = covered_by(scope.organisation) if scope.organisation is not None else frozenset()
    return found.filter(Q(practice__in=mine) | Q(organisation__in=mine))


_COVERED = """
SELECT DISTINCT r.person_id FROM governance_accessgrant r
WHERE r.organisation_id = %(practice)s AND r.via = 'registration'
  AND r.starts_at <= op_now() AND (r.ends_at IS NULL OR r.ends_at > op_now())
  AND (%(person)s::uuid IS NULL OR r.person_id = %(person)s::uuid)
"""


def people_asked_about(request: AccessStopRequest, *, scope: Scope) -> list[UUID]:
    """The people of the practice whom a request means now. Needs `decide.access_stop`.

    The guardian reads no grants of others: asked as the system, of one request.
    """
    require(scope)
    if not scope.may("decide.access_stop"):
        raise NotPermitted()
    with enter(system("access stops", now=scope.now)), connection.cursor() as cursor:
        cursor.execute(_COVERED, {"practice": request.practice_id, "person": request.person_id})
        return [person for (person,) in cursor.fetchall()]


def access_stop(id_: int, *, scope: Scope) -> AccessStop:
    """One stop, for what follows from it."""
    require(scope)
    return AccessStop.objects.get(id=id_)


def stops_of(requests: Collection[int], *, scope: Scope) -> dict[int, AccessStop]:
    """The stops that these requests led to, in force or lifted, by request."""
    require(scope)
    return {stop.request_id: stop for stop in AccessStop.objects.filter(request_id__in=requests).order_by("id")}


def stops_in_force(requests: Collection[int], *, scope: Scope) -> dict[int, AccessStop]:
    """The stops that rest on these requests and have not ended, by request."""
    require(scope)
    return {stop.request_id: stop for stop in AccessStop.objects.filter(request_id__in=requests, ends_at=None)}
