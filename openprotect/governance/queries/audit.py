"""What was seen, done or refused: for the privacy officer, for a practice, for the person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted
from openprotect.governance.models import DENIALS, AuditEvent, Organisation, Role, WhoSawLetter
from openprotect.governance.scope import Scope, require


@dataclass(frozen=True)
class AuditSearch:
    """What the privacy officer looks for; what is None or empty narrows nothing.

    `before` is the event after which the next page begins.
    """

    person: UUID | None = None
    user: int | None = None
    organisation: int | None = None
    action: str = ""
    denials: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


EVERYTHING = AuditSearch()


def audit_events(*, scope: Scope, search: AuditSearch = EVERYTHING, limit: int = 50) -> list[AuditEvent]:
    """The events that are looked for, newest first. Needs `see.audit`.

    Pages go by the key (at, id), which ends every index that a search can use.
    """
    require(scope)
    events = AuditEvent.objects.order_by("-at", "-id")
    if search.person is not None:
        events = events.filter(person_id=search.person)
    if search.user is not None:
        events = events.filter(actor=str(search.user))
    if search.organisation is not None:
        events = events.filter(organisation_id=search.organisation)
    if search.action:
        events = events.filter(action=search.action)
    if search.denials:
        events = events.filter(action__in=DENIALS)
    if search.since is not None:
        events = events.filter(at__gte=search.since)
    if search.until is not None:
        events = events.filter(at__lt=search.until)
    if search.before is not None:
        key = AuditEvent.objects.filter(id=search.before).values_list("at", flat=True).first()
        if key is None:
            return []
        events = events.extra(where=["(at, id) < (%s, %s)"], params=[key, search.before])
    return list(events[:limit])


_ACTIONS = """
WITH RECURSIVE each AS (
    (SELECT action FROM governance_auditevent ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT e.action FROM governance_auditevent e WHERE e.action > each.action ORDER BY e.action LIMIT 1)
    FROM each WHERE each.action IS NOT NULL
)
SELECT action FROM each WHERE action IS NOT NULL
"""


def audit_actions(*, scope: Scope) -> list[str]:
    """Every action that stands in the trail, from index entry to index entry. Needs `see.audit`."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


@dataclass(frozen=True)
class OwnEvent:
    """An event about a patient of the practice. `actor` is empty for other organisations' people."""

    id: int
    at: datetime
    identity: str
    actor: str
    organisation_id: int | None
    membership_id: int | None
    role: str
    basis_id: int | None
    purpose: str
    action: str
    object_type: str
    person_id: UUID


@dataclass(frozen=True)
class OwnSearch:
    """What a practice looks for: a time, and if given an organisation, a patient, what ran by itself."""

    since: datetime
    until: datetime
    organisation: int | None = None
    person: UUID | None = None
    automatic: bool = False
    before: tuple[datetime, int] | None = None


def own_audit(search: OwnSearch, *, scope: Scope, limit: int = 50) -> list[OwnEvent]:
    """Who saw the practice's patients while they were registered there. Needs `see.own_audit`."""
    require(scope)
    before_at, before_id = search.before or (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM governance_own_audit(%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                search.since,
                search.until,
                before_at,
                before_id,
                search.organisation,
                search.person,
                search.automatic,
                limit,
            ],
        )
        return [OwnEvent(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class OwnCounts:
    """How many organisations opened records of how many patients, and each of them."""

    people: int
    organisations: tuple[tuple[int, int, int], ...]


def own_audit_counts(since: datetime, *, scope: Scope) -> OwnCounts:
    """Since a moment: (organisation, patients, events), the most patients first. Needs `see.own_audit`."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM governance_own_audit_counts(%s)", [since])
        rows = cursor.fetchall()
    people = next((row[1] for row in rows if row[0] is None), 0)
    each = sorted((row for row in rows if row[0] is not None), key=lambda row: (-row[1], row[0]))
    return OwnCounts(people, tuple(each))


@dataclass(frozen=True)
class WhoSaw:
    """On a day somebody in a role at an organisation saw the person or worked for them, so many times."""

    day: date
    organisation: str
    role: str
    purpose: str
    times: int


def who_saw(person: UUID, *, scope: Scope) -> list[WhoSaw]:
    """Who saw a person, by day, role and organisation, the newest first: the person's own or the system's."""
    require(scope)
    if scope.identity != "system" and scope.person != person:
        raise NotPermitted()
    with connection.cursor() as cursor:
        cursor.execute("SELECT day, organisation_id, role, purpose, times FROM governance_who_saw(%s)", [person])
        rows = cursor.fetchall()
    organisations = dict(Organisation.objects.filter(id__in={row[1] for row in rows}).values_list("id", "name"))
    roles = dict(Role.objects.values_list("name", "label"))
    return [
        WhoSaw(day, organisations.get(organisation, ""), roles.get(role, ""), purpose, times)
        for day, organisation, role, purpose, times in rows
    ]


def who_saw_letters_to(people: Collection[UUID], *, scope: Scope) -> list[UUID]:
    """The references of the letters that told these people who saw them."""
    require(scope)
    return list(WhoSawLetter.objects.filter(person_id__in=people).values_list("reference", flat=True))
