"""Reads of the ledger: now, by day, by locality."""

from __future__ import annotations

from datetime import date

from django.db import connection

from openprotect.governance.scope import Scope, require
from openprotect.journey.learn.facts import STATES, LedgerLine, LocalityLine
from openprotect.lib.london import today

_BY_DAY = """
SELECT date, state, sum(people)::int FROM learn_ledgerday
WHERE programme = %s AND (%s::bigint IS NULL OR locality_id = %s)
GROUP BY date, state HAVING sum(people) > 0 ORDER BY date
"""

_LOCALITIES = """
WITH latest AS (SELECT max(date) AS date FROM learn_ledgerday WHERE programme = %(programme)s)
SELECT coalesce(o.name, 'No locality'), sum(d.people)::int,
       coalesce(sum(d.people) FILTER (WHERE d.state = 'missed'), 0)::int,
       coalesce(sum(d.people) FILTER (WHERE d.state = 'being_phoned'), 0)::int,
       coalesce(max(w.open), 0), coalesce(max(w.overdue), 0),
       coalesce(sum(d.people) FILTER (WHERE d.state = 'lost'), 0)::int
FROM learn_ledgerday d
JOIN latest USING (date)
LEFT JOIN governance_organisation o ON o.id = d.locality_id
LEFT JOIN learn_openwork w ON w.programme = d.programme AND w.date = d.date
  AND w.locality_id IS NOT DISTINCT FROM d.locality_id
WHERE d.programme = %(programme)s
GROUP BY o.name, o.id ORDER BY o.name NULLS LAST
"""


def ledger_now(programme: str, *, scope: Scope) -> LedgerLine:
    """Everybody in scope who is or was a member, each in one state, at this moment."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*)::int FROM learn_person_state WHERE programme = %s GROUP BY state",
            [programme],
        )
        found = dict(cursor.fetchall())
    states = {state: found.get(state, 0) for state in STATES}
    return LedgerLine(today(scope.now), sum(found.values()), states)


def ledger_by_day(programme: str, *, scope: Scope, locality: int | None = None) -> list[LedgerLine]:
    """The recorded days, oldest first; the states of each add up to `listed`."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [programme, locality, locality])
        rows = cursor.fetchall()
    days: dict[date, dict[str, int]] = {}
    for day, state, people in rows:
        days.setdefault(day, dict.fromkeys(STATES, 0))[state] = people
    return [LedgerLine(day, sum(states.values()), states) for day, states in days.items()]


def localities(programme: str, *, scope: Scope) -> list[LocalityLine]:
    """Missed, waiting and overdue by locality, as last recorded: counts, so no person's scope."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(_LOCALITIES, {"programme": programme})
        return [LocalityLine(*row) for row in cursor.fetchall()]


def lost(programme: str, *, scope: Scope) -> int:
    """How many members nothing is planned for: anything but 0 is a fault to be worked now."""
    return ledger_now(programme, scope=scope).states["lost"]
