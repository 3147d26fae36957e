"""Unusual patterns in the audit trail: what somebody should look into.

Each pattern is one statement over a window of the trail. Names of users and of people are compared
inside the database, as the system: what comes out is who, when, how often, and ids. It stands in this
layer and not in governance's, because the trail knows people by their ids alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import Scope, enter, require, system

FILE = Path(__file__).with_name("unusual.toml")


@dataclass(frozen=True)
class Thresholds:
    """From when on a pattern is one; from `unusual.toml`."""

    window_days: int
    most_lines: int
    opens: time
    closes: time
    people_in_an_hour: int
    denials_in_a_day: int


@dataclass(frozen=True)
class Line:
    """What one user did on one day that somebody should look into.

    `number` is what the pattern counts, `usual` the median of the same role where that is known;
    `newest` is the last event of it, up to which a review counts.
    """

    pattern: str
    actor: str
    organisation: int | None
    membership: int | None
    role: str
    person: UUID | None
    day: date
    number: int
    usual: int | None
    newest: int


@cache
def thresholds() -> Thresholds:
    """What the data file says."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Thresholds(
        window_days=read["window_days"],
        most_lines=read["most_lines"],
        opens=read["out_of_hours"]["opens"],
        closes=read["out_of_hours"]["closes"],
        people_in_an_hour=read["bulk"]["people_in_an_hour"],
        denials_in_a_day=read["denials"]["in_a_day"],
    )


# The name of a user is one text ("Dr Priya Nair"), that of a person two: alike where it ends in the
# family name, and, for the own record, holds the given name as a word.
_BY_NAME = """
WITH looked AS (
    SELECT e.actor, e.person_id, (e.at AT TIME ZONE 'Europe/London')::date AS day, count(*) AS number,
           max(e.id) AS newest, max(e.organisation_id) AS organisation, max(e.membership_id) AS membership,
           max(e.role) AS role
    FROM governance_auditevent e
    WHERE e.at >= %(since)s AND e.identity = 'staff' AND e.person_id IS NOT NULL
    GROUP BY 1, 2, 3
), named AS (
    SELECT l.*, lower(i.given_name) = ANY (string_to_array(lower(u.name), ' ')) AS given_too
    FROM looked l
    JOIN governance_user u ON u.id::text = l.actor
    JOIN people_personidentity i ON i.person_id = l.person_id
    WHERE i.family_name <> '' AND right(lower(u.name), length(i.family_name) + 1) = ' ' || lower(i.family_name)
)
SELECT n.actor, n.organisation, n.membership, n.role, n.person_id, n.day, n.number, NULL::bigint, n.newest
FROM named n WHERE n.given_too = %(given_too)s
"""

_OUT_OF_HOURS = """
SELECT e.actor, max(e.organisation_id), max(e.membership_id), max(e.role), NULL::uuid,
       (e.at AT TIME ZONE 'Europe/London')::date AS day, count(*), NULL::bigint, max(e.id)
FROM governance_auditevent e
LEFT JOIN governance_membership m ON m.id = e.membership_id
WHERE e.at >= %(since)s AND e.identity = 'staff' AND e.person_id IS NOT NULL
  AND CASE WHEN EXISTS (SELECT 1 FROM governance_teamhours h WHERE h.team_id = m.team_id)
      THEN NOT EXISTS (
          SELECT 1 FROM governance_teamhours h
          WHERE h.team_id = m.team_id
            AND h.weekday = extract(isodow FROM e.at AT TIME ZONE 'Europe/London') - 1
            AND (e.at AT TIME ZONE 'Europe/London')::time >= h.opens
            AND (h.closes = time '00:00' OR (e.at AT TIME ZONE 'Europe/London')::time < h.closes))
      ELSE (e.at AT TIME ZONE 'Europe/London')::time < %(opens)s
           OR (e.at AT TIME ZONE 'Europe/London')::time >= %(closes)s END
GROUP BY 1, 6
"""

# Hours that begin on the hour and on the half hour, so that a crowd is not cut in two by the clock.
_BULK = """
WITH hours AS (
    SELECT e.actor, max(e.organisation_id) AS organisation, max(e.membership_id) AS membership, e.role,
           date_trunc('hour', e.at + shift.by) - shift.by AS begins, count(DISTINCT e.person_id) AS people,
           max(e.id) AS newest
    FROM governance_auditevent e CROSS JOIN (VALUES (interval '0'), (interval '30 minutes')) AS shift(by)
    WHERE e.at >= %(since)s AND e.identity = 'staff' AND e.person_id IS NOT NULL
    GROUP BY e.actor, e.role, 5
), usual AS (
    SELECT role, percentile_disc(0.5) WITHIN GROUP (ORDER BY people) AS people FROM hours GROUP BY role
)
SELECT DISTINCT ON (h.actor, (h.begins AT TIME ZONE 'Europe/London')::date)
       h.actor, h.organisation, h.membership, h.role, NULL::uuid, (h.begins AT TIME ZONE 'Europe/London')::date AS day,
       h.people, usual.people, max(h.newest) OVER (PARTITION BY h.actor, (h.begins AT TIME ZONE 'Europe/London')::date)
FROM hours h JOIN usual USING (role)
WHERE h.people > %(people_in_an_hour)s
ORDER BY h.actor, day, h.people DESC
"""

_DENIALS = """
SELECT e.actor, max(e.organisation_id), max(e.membership_id), max(e.role), NULL::uuid,
       (e.at AT TIME ZONE 'Europe/London')::date AS day, count(*), NULL::bigint, max(e.id)
FROM governance_auditevent e
WHERE e.at >= %(since)s AND e.identity = 'staff' AND e.action IN ('refused', 'door refused')
GROUP BY 1, 6 HAVING count(*) > %(denials_in_a_day)s
"""

_EMERGENCY = """
SELECT e.actor, max(e.organisation_id), max(e.membership_id), max(e.role), e.person_id,
       (e.at AT TIME ZONE 'Europe/London')::date AS day, count(*), NULL::bigint, max(e.id)
FROM governance_auditevent e
WHERE e.at >= %(since)s AND e.action = 'emergency access opened'
GROUP BY 1, 5, 6
"""

_LINES = "SELECT * FROM ("
# The newest first; without those that were looked into and to which nothing was added since.
_OPEN = """
) AS line (actor, organisation, membership, role, person, day, number, usual, newest)
WHERE NOT EXISTS (
    SELECT 1 FROM governance_patternreview r
    WHERE r.pattern = %(pattern)s AND r.actor = line.actor AND r.day = line.day
      AND r.person_id IS NOT DISTINCT FROM line.person AND r.up_to >= line.newest)
ORDER BY line.day DESC, line.number DESC, line.actor, line.person LIMIT %(most)s
"""

PATTERNS: Mapping[str, str] = {
    "own_record": _BY_NAME,
    "same_surname": _BY_NAME,
    "out_of_hours": _OUT_OF_HOURS,
    "bulk": _BULK,
    "denials": _DENIALS,
    "emergency": _EMERGENCY,
}


def unusual(pattern: str, *, scope: Scope, given: Thresholds | None = None) -> list[Line]:
    """The open lines of a pattern, the newest first; one more than `most_lines` says that there are more.

    Needs `see.audit`. Names are read as the system and do not leave the database.
    """
    require(scope)
    if not scope.may("see.audit"):
        raise NotPermitted()
    given = given or thresholds()
    values: dict[str, Any] = {
        "pattern": pattern,
        "since": scope.now - timedelta(days=given.window_days),
        "given_too": pattern == "own_record",
        "opens": given.opens,
        "closes": given.closes,
        "people_in_an_hour": given.people_in_an_hour,
        "denials_in_a_day": given.denials_in_a_day,
        "most": given.most_lines + 1,
    }
    with enter(system("patterns", now=scope.now)), connection.cursor() as cursor:
        cursor.execute("".join((_LINES, PATTERNS[pattern], _OPEN)), values)
        return [Line(pattern, *row) for row in cursor.fetchall()]
