"""Whose record has outlived its period: the last entry in it, wherever it stands, is long enough ago.

Whoever is still cared for, or waits for an answer about this very record, is not among them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.facts.retention import RULES
from openprotect.governance.scope import Scope, require

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
    WHERE p.created_at < %(before)s
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
    require(scope)
    rule, now = RULES["health_record"], scope.now
    given: dict[str, datetime | int] = {
        "before": rule.before(now),
        "now": now,
        "until": rule.child_until_age,
        "until_if_17": rule.child_until_age_if_17,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, given)
        found = cursor.fetchall()
    return [person for person, held in found if not held], sum(held for _, held in found)
