"""What is open and rests on one legal basis: counted by kind and team, and listed for those who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.queries import live_basis
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.journey.act.models import CallToAction
from openprotect.programmes import queries as programmes
from openprotect.programmes.rules import ASKING, purpose_of

# What a team holds whose organisation sees the person on this basis and on no other that is in force.
_RESTS = """
SELECT c.id, c.status FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id
WHERE c.status <> 'closed' AND EXISTS (
    SELECT 1 FROM governance_accessgrant g WHERE g.person_id = c.person_id AND g.basis_id = %(basis)s
      AND g.organisation_id = t.organisation_id AND g.starts_at <= %(now)s AND (g.ends_at IS NULL OR g.ends_at > %(now)s))
  AND NOT EXISTS (
    SELECT 1 FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
    WHERE g.person_id = c.person_id AND g.organisation_id = t.organisation_id AND g.basis_id <> %(basis)s
      AND g.starts_at <= %(now)s AND (g.ends_at IS NULL OR g.ends_at > %(now)s)
      AND b.starts_at <= %(now)s AND (b.ends_at IS NULL OR b.ends_at > %(now)s))
"""

_COUNTS = """
SELECT CASE WHEN c.status = 'with_partner' THEN 'referral' ELSE 'need' END, o.name || ': ' || t.name, count(*)
FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id
JOIN governance_organisation o ON o.id = t.organisation_id
WHERE c.id = ANY(%(needs)s) GROUP BY 1, 2 ORDER BY 1, 2
"""

_ASKED = """
SELECT 'call', CASE c.status WHEN 'being_phoned' THEN 'Being rung now' ELSE 'Waiting to be rung' END, count(*)
FROM contact_call c JOIN identify_member m ON m.id = c.member_id
WHERE c.ended_at IS NULL AND m.programme = ANY(%(programmes)s) GROUP BY 1, 2
UNION ALL
SELECT 'check-in', CASE WHEN d.check_in_id IS NULL THEN 'Open, not begun' ELSE 'Begun' END, count(*)
FROM check_in_checkin k JOIN identify_member m ON m.id = k.member_id LEFT JOIN check_in_draft d ON d.check_in_id = k.id
WHERE k.status = 'open' AND k.opens_at <= %(now)s AND m.programme = ANY(%(programmes)s) GROUP BY 1, 2
ORDER BY 1, 2
"""

MOST = 50


@dataclass(frozen=True)
class OpenLine:
    """How much of a kind (`need`, `referral`, `call`, `check-in`) is open, by team or by how far it is."""

    kind: str
    where: str
    number: int


@dataclass(frozen=True)
class OpenNeed:
    """One call to action that rests on the basis, for those who may see it."""

    id: UUID
    why: str
    urgency: str
    team: str
    due_at: datetime


@dataclass(frozen=True)
class OpenLoops:
    """Everything open that rests on a basis. `needs` are those that the reader may see, at most MOST."""

    lines: Sequence[OpenLine]
    needs: Sequence[OpenNeed]


def open_loops(basis: int, *, scope: Scope) -> OpenLoops:
    """What is open and rests on this basis now: counts for every reader, needs for those who may see them."""
    require(scope)
    now = scope.now
    with enter(system("open loops", now=now)), connection.cursor() as cursor:
        cursor.execute(_RESTS, {"basis": basis, "now": now})
        needs = [row[0] for row in cursor.fetchall()]
        cursor.execute(_COUNTS, {"needs": needs})
        lines = [OpenLine(*row) for row in cursor.fetchall()]
        if asked := _asked_on(basis, now):
            cursor.execute(_ASKED, {"programmes": asked, "now": now})
            lines += [OpenLine(*row) for row in cursor.fetchall()]
    if not scope.may("see.calls_to_action"):
        return OpenLoops(lines, ())
    visible = CallToAction.objects.filter(id__in=needs).select_related("owner_team__organisation")
    return OpenLoops(
        lines,
        [
            OpenNeed(c.id, c.why, c.urgency, f"{c.owner_team.organisation.name}: {c.owner_team.name}", c.due_at)
            for c in visible.order_by("-rank", "due_at", "id")[:MOST]
        ],
    )


def _asked_on(basis: int, now: datetime) -> list[str]:
    """The programmes whose members are asked on this basis."""
    return [
        programme
        for programme, version in sorted(programmes.switched_on().items())
        if live_basis(purpose=purpose_of(programmes.pack(version).programme, ASKING), now=now) == basis
    ]
