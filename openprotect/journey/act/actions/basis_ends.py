"""What is open when a legal basis ends goes to teams whose own basis is direct care, never to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.actions import grant_access, permit, record
from openprotect.governance.facts.law import DIRECT_CARE
from openprotect.governance.queries import live_basis
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey.act.actions.raising import raise_for
from openprotect.journey.act.actions.working import move
from openprotect.journey.act.models import CallToAction
from openprotect.lib.done import Done

# Somebody was to be rung, or had begun to answer: that is not over because we may not ask any more.
_ASKED = """
SELECT m.id, 'call ' || c.id::text,
       CASE c.status WHEN 'being_phoned' THEN 'being rung when our legal basis for asking ended'
                     ELSE 'waiting to be rung when our legal basis for asking ended' END
FROM contact_call c JOIN identify_member m ON m.id = c.member_id
WHERE m.programme = %(programme)s AND m.left_because = 'basis_ended' AND c.ended_at IS NULL
UNION ALL
SELECT m.id, 'check-in ' || k.id::text, 'had begun to answer when our legal basis for asking ended'
FROM check_in_checkin k JOIN check_in_draft d ON d.check_in_id = k.id JOIN identify_member m ON m.id = k.member_id
WHERE m.programme = %(programme)s AND m.left_because = 'basis_ended' AND k.status = 'open'
ORDER BY 1, 2
"""

# A team of an organisation that sees the person on a basis which goes on, nearest to the person first, and of
# its teams the one with the same duty. Only for what is with an organisation that does not.
_BETTER_TEAM = """
SELECT DISTINCT ON (c.id) c.id, better.id
FROM act_calltoaction c
JOIN governance_team t ON t.id = c.owner_team_id
JOIN governance_accessgrant g ON g.person_id = c.person_id
 AND g.starts_at <= %(now)s AND (g.ends_at IS NULL OR g.ends_at > %(now)s)
JOIN governance_legalbasis b ON b.id = g.basis_id AND b.id <> ALL(%(without)s::bigint[])
 AND b.starts_at <= %(now)s AND (b.ends_at IS NULL OR b.ends_at > %(now)s)
JOIN governance_team better ON better.organisation_id = g.organisation_id AND better.closed_at IS NULL
WHERE c.status <> 'closed' AND NOT op_stopped(g.organisation_id, c.person_id) AND NOT EXISTS (
    SELECT 1 FROM governance_accessgrant s JOIN governance_legalbasis r ON r.id = s.basis_id
    WHERE s.person_id = c.person_id AND s.organisation_id = t.organisation_id
      AND s.starts_at <= %(now)s AND (s.ends_at IS NULL OR s.ends_at > %(now)s)
      AND r.id <> ALL(%(without)s::bigint[]) AND r.starts_at <= %(now)s AND (r.ends_at IS NULL OR r.ends_at > %(now)s))
ORDER BY c.id, array_position(ARRAY['registration', 'residence', 'referral', 'programme'], g.via::text),
         (better.duty = t.duty) DESC, (better.duty = 'clinical') DESC, better.id
"""

# The board's safety net, for whoever has something open and is seen by no board any more.
_WITHOUT_NET = """
SELECT DISTINCT c.person_id, o.id FROM act_calltoaction c CROSS JOIN governance_organisation o
WHERE c.status <> 'closed' AND o.kind = 'icb' AND o.closed_at IS NULL AND NOT op_stopped(o.id, c.person_id)
  AND NOT EXISTS (
    SELECT 1 FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
    WHERE g.person_id = c.person_id AND g.organisation_id = o.id AND g.starts_at <= %(now)s
      AND (g.ends_at IS NULL OR g.ends_at > %(now)s) AND b.starts_at <= %(now)s
      AND (b.ends_at IS NULL OR b.ends_at > %(now)s))
"""


def take_over_asked(*, programme: str, by: Scope, now: datetime) -> Done[int]:
    """Raise a call to action for everybody who was to be rung or had begun to answer; returns how many."""
    permit("raise.calls_to_action", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, {"programme": programme})
        asked = cursor.fetchall()
    events: list[object] = []
    for member, source_id, why in asked:
        events += raise_for(member=member, why=why, source="basis", source_id=source_id, by=by, now=now).events
    return Done(len(asked), tuple(events))


def hand_to_care(*, by: Scope, now: datetime, without: Sequence[int] = ()) -> Done[int]:
    """Hand what is open with an organisation that may not see the person to one that may, on a basis of its
    own; returns how much that was. `without` are bases to leave out as if they had ended.

    Then the board's safety net gets direct care's basis for people with something open, until it is
    closed. Where nobody has a basis, what is open stays where it is: it has an owner, and is counted.
    """
    permit("raise.calls_to_action", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_BETTER_TEAM, {"now": now, "without": list(without)})
        better: dict[UUID, int] = dict(cursor.fetchall())
    calls = CallToAction.objects.select_for_update(of=("self",)).filter(id__in=better).order_by("id")
    for call in calls:
        call.owner_team_id = better[call.id]
        call.accepted_by, call.accepted_at = "", None
        move(call, "hand over", by=by, now=now, detail="legal basis ends")
    if not without:
        _keep_the_net(by=by, now=now)
    return Done(len(better))


def hand_over_early(*, basis: int, by: Scope, now: datetime) -> Done[int]:
    """Before a basis ends: hand what rests on it alone to teams with a basis of their own; returns how much.

    What only the board can hold stays with it until the end.
    """
    permit("manage.bases", by=by)
    with enter(system("bases", now=now)) as as_system:
        handed = hand_to_care(by=as_system, now=now, without=[basis])
    record("open needs handed over", by=by, of="basis", id=basis, why=f"{handed.value} needs")
    return handed


def _keep_the_net(*, by: Scope, now: datetime) -> None:
    basis = live_basis(purpose=DIRECT_CARE, now=now)
    if basis is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_NET, {"now": now})
        grant_access(via="programme", basis=basis, people_and_organisations=cursor.fetchall(), by=by, now=now)
