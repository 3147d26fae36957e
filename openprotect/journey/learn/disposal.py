"""Whose record has outlived its period: the last entry in it, wherever it stands, is long enough ago.

Whoever is still cared for, or waits for an answer about this very record, is not among them. Sooner go the
records of whoever rested on a legal basis that ended with the decision to stop and delete, and rests on no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from openprotect.governance.facts.retention import RULES
from openprotect.governance.scope import Scope, require
from openprotect.lib.london import today

_DUE = """
WITH over AS (
    SELECT p.id, i.date_of_birth AS born, greatest(
        p.created_at, p.died_on::timestamptz,
        (SELECT max(m.left_at) FROM identify_member m WHERE m.person_id = p.id),
        (SELECT max(v.received_at) FROM people_listplace l JOIN people_listversion v ON v.id = l.removed_in_id
         WHERE l.person_id = p.id),
        (SELECT max(w.recorded_at) FROM people_wish w WHERE w.person_id = p.id),
        (SELECT max(a.claimed_at) FROM contact_attempt a WHERE a.person_id = p.id),
        (SELECT max(t.at) FROM contact_calltry t WHERE t.person_id = p.id),
        (SELECT max(s.submitted_at) FROM check_in_answerset s WHERE s.person_id = p.id),
        (SELECT max(s.at) FROM act_step s WHERE s.person_id = p.id),
        (SELECT max(n.at) FROM act_note n WHERE n.person_id = p.id),
        (SELECT max(s.at) FROM act_referralstep s WHERE s.person_id = p.id),
        (SELECT max(s.at) FROM people_rightsstep s WHERE s.person_id = p.id),
        (SELECT max(o.recorded_at) FROM people_objection o WHERE o.person_id = p.id)) AS last
    FROM people_person p LEFT JOIN people_personidentity i ON i.person_id = p.id
    WHERE p.created_at < %(before)s AND (%(among)s::uuid[] IS NULL OR p.id = ANY (%(among)s::uuid[]))
      AND NOT EXISTS (SELECT 1 FROM act_calltoaction c WHERE c.person_id = p.id AND c.status <> 'closed')
      AND NOT EXISTS (SELECT 1 FROM act_referral r WHERE r.person_id = p.id
                      AND r.status IN ('sent', 'accepted'))
      AND NOT EXISTS (SELECT 1 FROM people_rightsrequest r WHERE r.person_id = p.id AND r.closed_at IS NULL)
      AND (p.died_on IS NOT NULL
           OR NOT EXISTS (SELECT 1 FROM identify_member m WHERE m.person_id = p.id AND m.left_at IS NULL)
              AND NOT EXISTS (SELECT 1 FROM people_listplace l WHERE l.person_id = p.id AND l.removed_in_id IS NULL))
)
SELECT o.id, people_held(o.id) FROM over o
WHERE o.last < %(before)s
  AND (o.born IS NULL OR o.last >= o.born + interval '18 years'
       OR %(now)s >= o.born + make_interval(years =>
            CASE WHEN o.last >= o.born + interval '17 years' THEN %(until_if_17)s ELSE %(until)s END))
ORDER BY o.id
"""


def records_past_their_period(*, scope: Scope) -> tuple[list[UUID], int]:
    """The people whose records are to go, and how many more a legal hold keeps."""
    found = _past_their_period(scope)
    return [person for person, held in found if not held], sum(held for _, held in found)


def _past_their_period(scope: Scope, among: Sequence[UUID] | None = None) -> list[tuple[UUID, bool]]:
    require(scope)
    rule, now = RULES["health_record"], scope.now
    given: dict[str, Any] = {
        "before": rule.before(now),
        "now": now,
        "among": None if among is None else list(among),
        "until": rule.child_until_age,
        "until_if_17": rule.child_until_age_if_17,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, given)
        return cursor.fetchall()


# Of the decisions about the end of a basis the last one counts, and one that was never in force erases nobody:
# whoever states it would otherwise erase alone. Whatever another basis in force lets somebody
# see, and whatever is open for a person, keeps their record; so does the review of an emergency access.
_STOPPED = """
WITH ended AS (
    SELECT b.id, b.sources FROM governance_legalbasis b JOIN LATERAL (
        SELECT c.what, c.delete_on FROM governance_basischange c
        WHERE c.basis_id = b.id AND c.what IN ('extend', 'replace', 'stop_and_delete', 'archive_on_hold')
        ORDER BY c.at DESC, c.id DESC LIMIT 1) decided ON true
    WHERE b.starts_at < b.ends_at AND b.ends_at <= %(now)s AND decided.what = 'stop_and_delete' AND decided.delete_on <= %(today)s
), live AS (
    SELECT b.id, b.sources FROM governance_legalbasis b
    WHERE b.starts_at <= %(now)s AND (b.ends_at IS NULL OR b.ends_at > %(now)s)
), rested AS (
    SELECT g.person_id, e.id AS basis FROM governance_accessgrant g JOIN ended e ON e.id = g.basis_id
    UNION ALL
    SELECT m.person_id, e.id FROM identify_member m JOIN identify_cohortrun r ON r.id = m.run_id
    JOIN ended e ON e.id = r.basis_id
    UNION ALL
    SELECT l.person_id, e.id FROM people_listplace l JOIN ended e ON l.name = ANY (e.sources)
)
SELECT t.person_id, max(t.basis), people_held(t.person_id) FROM rested t
WHERE (%(among)s::uuid[] IS NULL OR t.person_id = ANY (%(among)s::uuid[])) AND NOT EXISTS (SELECT 1 FROM governance_accessgrant g JOIN live b ON b.id = g.basis_id
                  WHERE g.person_id = t.person_id AND g.starts_at <= %(now)s
                    AND (g.ends_at IS NULL OR g.ends_at > %(now)s))
  AND NOT EXISTS (SELECT 1 FROM people_listplace l JOIN live b ON l.name = ANY (b.sources)
                  WHERE l.person_id = t.person_id AND l.removed_in_id IS NULL)
  AND NOT EXISTS (SELECT 1 FROM act_calltoaction c WHERE c.person_id = t.person_id AND c.status <> 'closed')
  AND NOT EXISTS (SELECT 1 FROM act_referral r WHERE r.person_id = t.person_id AND r.status IN ('sent', 'accepted'))
  AND NOT EXISTS (SELECT 1 FROM people_rightsrequest r WHERE r.person_id = t.person_id AND r.closed_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM governance_emergencyaccess e
                  WHERE e.person_id = t.person_id AND e.settled_at IS NULL)
GROUP BY t.person_id ORDER BY t.person_id
"""


@dataclass(frozen=True)
class Due:
    """Whose records are to go, by why, and how many more legal holds keep."""

    people: Mapping[str, Sequence[UUID]]
    held: int


def due(*, scope: Scope, among: Sequence[UUID] | None = None) -> Due:
    """Everybody whose record is to go now, each once: past its period, or with the legal basis that it rested on.

    Of these people alone, where they are given.
    """
    people: dict[str, list[UUID]] = {}
    held: set[UUID] = set()
    seen: set[UUID] = set()
    given = {"now": scope.now, "today": today(scope.now), "among": None if among is None else list(among)}
    with connection.cursor() as cursor:
        cursor.execute(_STOPPED, given)
        stopped = [(person, f"basis {basis} ended: stop and delete", kept) for person, basis, kept in cursor.fetchall()]
    over = [(person, "its period is over", kept) for person, kept in _past_their_period(scope, among)]
    for person, why, kept in (*over, *stopped):
        if kept:
            held.add(person)
        elif person not in seen:
            people.setdefault(why, []).append(person)
        seen.add(person)
    return Due(people, len(held))
