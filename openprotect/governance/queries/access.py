"""Who could see whom at a moment: read from the grants and memberships of that moment, which are never rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted, UnknownOrganisation
from openprotect.governance.models import AccessGrant, Organisation
from openprotect.governance.queries.staff import covered_by
from openprotect.governance.scope import Scope, enter, require, system


@dataclass(frozen=True)
class GrantsHeld:
    """Through one organisation, by one way, on one basis: how many people could be seen. `live` is the basis's state."""

    organisation: int
    code: str
    name: str
    via: str
    basis: str
    purpose: str
    live: bool
    people: int
    since: datetime


@dataclass(frozen=True)
class Worker:
    """Somebody who could act for one of the organisations, and as what."""

    code: str
    user: int
    name: str
    role: str
    title: str
    team: str


@dataclass(frozen=True)
class CouldSee:
    """The answer for one moment."""

    at: datetime
    grants: tuple[GrantsHeld, ...]
    workers: tuple[Worker, ...]


# A basis that was not live then opened nothing, whatever the grant says: it is shown, and said.
_GRANTS = """
SELECT o.id, o.code, o.name, g.via, b.title, b.purpose,
       b.starts_at <= %(at)s AND (b.ends_at IS NULL OR b.ends_at > %(at)s) AS live,
       count(DISTINCT g.person_id), min(g.starts_at)
FROM governance_accessgrant g
JOIN governance_organisation o ON o.id = g.organisation_id JOIN governance_legalbasis b ON b.id = g.basis_id
WHERE g.starts_at <= %(at)s AND (g.ends_at IS NULL OR g.ends_at > %(at)s)
  AND (%(organisation)s::bigint IS NULL OR g.organisation_id = %(organisation)s)
  AND (%(person)s::uuid IS NULL OR g.person_id = %(person)s)
  AND NOT EXISTS (
    SELECT 1 FROM governance_accessstop s
    WHERE s.organisation_id = g.organisation_id AND s.starts_at <= %(at)s AND (s.ends_at IS NULL OR s.ends_at > %(at)s)
      AND (s.person_id = g.person_id
           OR s.person_id IS NULL AND NOT g.person_id = ANY (s.spared) AND EXISTS (
               SELECT 1 FROM governance_accessgrant r
               WHERE r.person_id = g.person_id AND r.organisation_id = s.practice_id AND r.via = 'registration'
                 AND r.starts_at <= %(at)s AND (r.ends_at IS NULL OR r.ends_at > %(at)s))))
GROUP BY o.id, o.code, o.name, g.via, b.id, b.title, b.purpose, live
ORDER BY o.code, g.via, b.id
"""
_WORKERS = """
SELECT o.code, u.id, u.name, r.label, m.title, coalesce(t.name, '')
FROM governance_membership m JOIN governance_organisation o ON o.id = m.organisation_id
JOIN governance_user u ON u.id = m.user_id JOIN governance_role r ON r.name = m.role_id
LEFT JOIN governance_team t ON t.id = m.team_id
WHERE m.organisation_id = ANY (%(ids)s::bigint[]) AND m.starts_at <= %(at)s AND (m.ends_at IS NULL OR m.ends_at > %(at)s)
  AND (o.closed_on IS NULL OR o.closed_on >= (%(at)s AT TIME ZONE 'Europe/London')::date
       OR o.closing_recorded_at > %(at)s)
ORDER BY o.code, u.name, m.id
"""


def is_another_boards(person: UUID, *, scope: Scope) -> bool:
    """Whether others have or had access to a person, and neither this reader's organisation nor one below it ever.

    Asked as the system, of one person: what a rights worker is told is that nobody was found.
    """
    require(scope)
    mine = covered_by(scope.organisation) if scope.organisation is not None else frozenset()
    with enter(system("rights", now=scope.now)):
        seen_by = set(AccessGrant.objects.filter(person_id=person).values_list("organisation_id", flat=True).distinct())
    return bool(seen_by) and seen_by.isdisjoint(mine)


def who_could_see(
    *, at: datetime, organisation: str | None = None, person: UUID | None = None, scope: Scope
) -> CouldSee:
    """Which organisations could see how many people, or the person, at a moment, and who worked there as what.

    Exactly as the rows of that moment say, whatever was reorganised since. What a role may do is kept
    as it is now; emergency access and links to one referral are in the audit trail. Needs `see.audit`.
    """
    require(scope)
    if not scope.may("see.audit"):
        raise NotPermitted()
    found = None
    if organisation is not None:
        found = Organisation.objects.filter(code=organisation.strip().upper()).values_list("id", flat=True).first()
        if found is None:
            raise UnknownOrganisation(code=organisation.strip()[:20])
    with enter(system("audit", now=scope.now)), connection.cursor() as cursor:
        cursor.execute(_GRANTS, {"at": at, "organisation": found, "person": person})
        grants = tuple(GrantsHeld(*row) for row in cursor.fetchall())
        ids = sorted({grant.organisation for grant in grants} | ({found} if found else set()))
        cursor.execute(_WORKERS, {"at": at, "ids": ids})
        workers = tuple(Worker(*row) for row in cursor.fetchall())
    return CouldSee(at, grants, workers)
