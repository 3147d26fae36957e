"""What relations and closings cause on their day: one action, run when they are recorded and by every sweep.

Nothing is planned ahead in grants or memberships: until its day a reorganisation is dates in two
tables. From the first second of that day nobody acts for an organisation that has closed, because
their membership makes no scope (`queries.staff_member`); the sweep after it writes the rest, with
that very moment. What is recorded late takes effect when it was recorded: until then the old
organisation could see, and the rows must not deny it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from psycopg import sql

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.events import OrganisationsReorganised, TeamsClosed
from openprotect.governance.facts.organisations import Move, Succession
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib import london
from openprotect.lib.done import Done

_DUE = """
SELECT EXISTS (SELECT 1 FROM governance_organisationrelation WHERE NOT in_force AND ends_on IS NULL
               AND starts_on <= %(today)s AND withdrawn_at IS NULL)
    OR EXISTS (SELECT 1 FROM governance_organisationrelation WHERE NOT in_force AND ends_on >= %(today)s
               AND starts_on <= %(today)s AND withdrawn_at IS NULL)
    OR EXISTS (SELECT 1 FROM governance_organisationrelation WHERE in_force AND ends_on < %(today)s)
    OR EXISTS (SELECT 1 FROM governance_organisation WHERE closed_on < %(today)s AND closed_at IS NULL)
"""

# With the moment from which each holds, or no longer does: when it was recorded, if that was later.
_BEGIN = """
UPDATE governance_organisationrelation SET in_force = true
WHERE NOT in_force AND withdrawn_at IS NULL AND starts_on <= %(today)s AND (ends_on IS NULL OR ends_on >= %(today)s)
RETURNING organisation_id, kind, to_id,
          least(%(now)s, greatest(starts_on::timestamp AT TIME ZONE 'Europe/London', recorded_at))
"""
_END = """
UPDATE governance_organisationrelation SET in_force = false WHERE in_force AND ends_on < %(today)s
RETURNING organisation_id,
          least(%(now)s, greatest((ends_on + 1)::timestamp AT TIME ZONE 'Europe/London', recorded_at))
"""

_SUCCEED = """
UPDATE governance_organisation o SET successor_id = p.new
FROM unnest(%(old)s::bigint[], %(new)s::bigint[]) AS p(old, new) WHERE o.id = p.old OR o.successor_id = p.old
"""

_PARENTS = """
WITH touched AS (
    SELECT t.id, max(t.moment) AS moment FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS t(id, moment)
    GROUP BY t.id
), due AS (
    SELECT o.id, o.parent_id AS before, r.to_id AS after, t.moment
    FROM touched t JOIN governance_organisation o ON o.id = t.id
    LEFT JOIN LATERAL (
        SELECT r.to_id FROM governance_organisationrelation r
        WHERE r.organisation_id = o.id AND r.in_force AND r.kind <> 'succeeded_by'
        ORDER BY array_position(ARRAY['located_in', 'commissioned_by', 'part_of'], r.kind::text) LIMIT 1
    ) r ON true
    WHERE o.parent_id IS DISTINCT FROM r.to_id
), moved AS (
    UPDATE governance_organisation o SET parent_id = due.after FROM due WHERE o.id = due.id
)
SELECT d.id, d.before, d.after, d.moment FROM due d
WHERE EXISTS (SELECT 1 FROM governance_accessgrant g WHERE g.organisation_id = d.id)
ORDER BY d.id
"""

# Grants that are live at the moment end at it; the successor is granted the same, as long as they would have held.
_HAND_GRANTS_OVER = """
WITH pair AS (
    SELECT * FROM unnest(%(old)s::bigint[], %(new)s::bigint[], %(moments)s::timestamptz[]) AS p(old, new, moment)
), live AS (
    SELECT g.*, p.new, greatest(p.moment, g.starts_at) AS ends_here
    FROM governance_accessgrant g JOIN pair p ON p.old = g.organisation_id
    WHERE g.ends_at IS NULL OR g.ends_at > p.moment
), ended AS (
    UPDATE governance_accessgrant g SET ends_at = live.ends_here FROM live WHERE g.id = live.id
)
INSERT INTO governance_accessgrant ({columns}, organisation_id, starts_at)
SELECT DISTINCT ON (person_id, via, new, ends_at IS NULL) {columns}, new, ends_here FROM live
ORDER BY person_id, via, new, ends_at IS NULL, ends_here, ends_at DESC
ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING
"""

# What a practice has stopped stays stopped: at the successor of who was stopped, and where the practice itself merges,
# for each of those who were its patients, for the stop must not reach the successor's own.
_STOPS_GO_ON = """
WITH pair AS (
    SELECT * FROM unnest(%(old)s::bigint[], %(new)s::bigint[], %(moments)s::timestamptz[]) AS p(old, new, moment)
), live AS (
    SELECT s.*, o.new AS new_organisation, p.new AS new_practice,
           greatest(coalesce(o.moment, p.moment), s.starts_at) AS begins
    FROM governance_accessstop s LEFT JOIN pair o ON o.old = s.organisation_id LEFT JOIN pair p ON p.old = s.practice_id
    WHERE coalesce(o.moment, p.moment) < coalesce(s.ends_at, 'infinity')
), ended AS (
    UPDATE governance_accessstop s SET ends_at = live.begins FROM live WHERE s.id = live.id
)
INSERT INTO governance_accessstop (request_id, practice_id, organisation_id, person_id, spared, starts_at, ends_at)
SELECT request_id, coalesce(new_practice, practice_id), coalesce(new_organisation, organisation_id), who.person_id,
       spared, begins, ends_at
FROM live CROSS JOIN LATERAL (
    SELECT live.person_id WHERE live.person_id IS NOT NULL OR live.new_practice IS NULL
    UNION ALL
    SELECT DISTINCT g.person_id FROM governance_accessgrant g
    WHERE live.person_id IS NULL AND live.new_practice IS NOT NULL AND g.organisation_id = live.practice_id
      AND g.via = 'registration' AND (g.ends_at IS NULL OR g.ends_at > live.begins)
      AND NOT g.person_id = ANY (live.spared)
) AS who(person_id)
"""

# A duty that the successor has no team for is done by one formed like the old.
_FORM_AGAIN = """
WITH formed AS (
    INSERT INTO governance_team (organisation_id, {columns}, opened_at)
    SELECT DISTINCT ON (p.new, t.duty) p.new, {columns}, p.moment
    FROM unnest(%(old)s::bigint[], %(new)s::bigint[], %(moments)s::timestamptz[]) AS p(old, new, moment)
    JOIN governance_team t ON t.organisation_id = p.old AND t.closed_at IS NULL
    ORDER BY p.new, t.duty, t.id
    ON CONFLICT (organisation_id, duty) WHERE closed_at IS NULL DO NOTHING
    RETURNING id, organisation_id, duty
)
INSERT INTO governance_teamhours (team_id, weekday, opens, closes)
SELECT formed.id, h.weekday, h.opens, h.closes FROM formed
JOIN LATERAL (
    SELECT t.id FROM unnest(%(old)s::bigint[], %(new)s::bigint[]) AS p(old, new)
    JOIN governance_team t ON t.organisation_id = p.old AND t.duty = formed.duty AND t.closed_at IS NULL
    WHERE p.new = formed.organisation_id ORDER BY t.id LIMIT 1
) t ON true
JOIN governance_teamhours h ON h.team_id = t.id
"""

# Whom the old organisation employed, the successor employs. What a membership says stays with it: who vouches, what
# it is called, when it ends; what had not begun yet begins there.
_EMPLOY = """
UPDATE governance_user u SET home_id = p.new
FROM unnest(%(old)s::bigint[], %(new)s::bigint[]) AS p(old, new) WHERE u.home_id = p.old
"""
_MEMBERSHIPS_GO_ON = """
WITH live AS (
    SELECT m.*, p.new, greatest(p.moment, m.starts_at) AS begins, n.id AS new_team, u.home_id AS employed_by,
           greatest(p.moment, m.starts_at + interval '1 microsecond') AS ends_here
    FROM unnest(%(old)s::bigint[], %(new)s::bigint[], %(moments)s::timestamptz[]) AS p(old, new, moment)
    JOIN governance_membership m ON m.organisation_id = p.old
    JOIN governance_user u ON u.id = m.user_id
    LEFT JOIN governance_team t ON t.id = m.team_id
    LEFT JOIN governance_team n ON n.organisation_id = p.new AND n.duty = t.duty AND n.closed_at IS NULL
    WHERE m.ends_at IS NULL OR m.ends_at > p.moment
), ended AS (
    UPDATE governance_membership m SET ends_at = live.ends_here FROM live WHERE m.id = live.id
)
INSERT INTO governance_membership (organisation_id, team_id, employer_id, starts_at, {columns})
SELECT new, new_team, employed_by, begins, {columns} FROM live ORDER BY id
ON CONFLICT DO NOTHING
"""

_CLOSE = """
UPDATE governance_organisation SET status = 'closed', closed_at = least(%(now)s,
    greatest((closed_on + 1)::timestamp AT TIME ZONE 'Europe/London', coalesce(closing_recorded_at, '-infinity')))
WHERE closed_on < %(today)s AND closed_at IS NULL RETURNING id
"""
_END_GRANTS = """
UPDATE governance_accessgrant g SET ends_at = greatest(o.closed_at, g.starts_at) FROM governance_organisation o
WHERE o.id = g.organisation_id AND o.id = ANY (%(ids)s) AND (g.ends_at IS NULL OR g.ends_at > o.closed_at)
RETURNING g.organisation_id
"""
_END_MEMBERSHIPS = """
UPDATE governance_membership m SET ends_at = greatest(o.closed_at, m.starts_at + interval '1 microsecond')
FROM governance_organisation o
WHERE o.id = m.organisation_id AND o.id = ANY (%(ids)s) AND (m.ends_at IS NULL OR m.ends_at > o.closed_at)
"""
_CLOSE_TEAMS = """
UPDATE governance_team t SET closed_at = o.closed_at FROM governance_organisation o
WHERE o.id = t.organisation_id AND o.id = ANY (%(ids)s) AND t.closed_at IS NULL RETURNING t.id
"""

_COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND attname <> ALL (%s) AND attgenerated = '' ORDER BY attnum
"""

_Rows = list[tuple[Any, ...]]


def take_effect(*, by: Scope, now: datetime) -> Done[int]:
    """Do what relations that begin or end, successions and closings cause by now; returns how many moved or closed.

    Run again it does nothing.
    """
    permit("manage.organisations", by=by)
    return Done(0) if not _due(london.today(now)) else effects(by=by, now=now)


def effects(*, by: Scope, now: datetime, touched: Iterable[int] = ()) -> Done[int]:
    """The same, also looking at organisations that a correction touched. For actions of governance."""
    today = london.today(now)
    with enter(system("governance", now=now)) as governing:
        _one("SELECT pg_advisory_xact_lock(hashtext('organisations'))")
        begun, ended = _rows(_BEGIN, today=today, now=now), _rows(_END, today=today, now=now)
        pairs = [Succession(old, new, at) for old, kind, new, at in begun if kind == "succeeded_by"]
        changed = [(id_, at) for id_, _, _, at in begun] + ended + [(id_, now) for id_ in touched]
        if pairs:
            _hand_over(pairs)
        moves = _moves(changed, pairs)
        closed, teams = _close(today, now)
        for pair in pairs:
            record("organisation succeeded", by=governing, of="organisation", id=pair.old, why=f"by {pair.new}")
        if moves or closed:
            counts = f"{len(moves)} moved, {len(closed)} closed"
            record("organisations reorganised", by=governing, of="organisation", why=counts)
    events: tuple[object, ...] = ()
    if pairs or moves or closed:
        without = tuple(sorted(set(closed) - {pair.old for pair in pairs}))
        events += (OrganisationsReorganised(tuple(pairs), tuple(moves), without),)
    if teams:
        events += (TeamsClosed(tuple(teams)),)
    return Done(len(pairs) + len(moves) + len(closed), events)


def _due(today: date) -> bool:
    return bool(_one(_DUE, today=today)[0])


def _hand_over(pairs: Sequence[Succession]) -> None:
    """Grants, teams and memberships of the old organisations go on at the new."""
    given = {
        "old": [pair.old for pair in pairs],
        "new": [pair.new for pair in pairs],
        "moments": [pair.moment for pair in pairs],
    }
    _do(_SUCCEED, given)
    _do(_STOPS_GO_ON, given)  # before the grants, which say whose patients they are
    _copying(_HAND_GRANTS_OVER, given, "governance_accessgrant", "id", "organisation_id", "starts_at")
    # In this order: memberships go to the team that does the same duty, which is there by then.
    _copying(_FORM_AGAIN, given, "governance_team", "id", "organisation_id", "opened_at", "closed_at")
    _do(_EMPLOY, given)
    kept = ("id", "organisation_id", "team_id", "employer_id", "starts_at")
    _copying(_MEMBERSHIPS_GO_ON, given, "governance_membership", *kept)


def _moves(changed: Sequence[tuple[int, datetime]], pairs: Sequence[Succession]) -> list[Move]:
    """Set the parents anew; the moves of organisations that somebody is seen through.

    Who follows a merged practice goes from its parent to the successor's: that is a move of the successor's people.
    """
    if not changed:
        return []
    before = _parents([pair.old for pair in pairs])
    ids, moments = zip(*changed, strict=True)
    moves = [Move(*row) for row in _rows(_PARENTS, ids=list(ids), moments=list(moments))]
    after = _parents([pair.new for pair in pairs])
    with_them = [Move(pair.new, before[pair.old], after[pair.new], pair.moment) for pair in pairs]
    return moves + [move for move in with_them if move.before != move.after]


def _parents(ids: list[int]) -> dict[int, int | None]:
    if not ids:
        return {}
    return dict(_rows("SELECT id, parent_id FROM governance_organisation WHERE id = ANY (%(ids)s)", ids=ids))


def _close(today: date, now: datetime) -> tuple[list[int], list[int]]:
    """End what organisations had that are no more; which of them saw somebody or had a team, and those teams."""
    ids = [id_ for (id_,) in _rows(_CLOSE, today=today, now=now)]
    if not ids:
        return [], []
    seeing = {id_ for (id_,) in _rows(_END_GRANTS, ids=ids)}
    _do(_END_MEMBERSHIPS, {"ids": ids})
    teams = [id_ for (id_,) in _rows(_CLOSE_TEAMS, ids=ids)]
    return sorted(seeing), teams


def _copying(statement: str, given: dict[str, Any], table: str, *but: str) -> None:
    """Run a statement that copies rows of a table: `{columns}` are all of its columns but those named."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table, list(but)])
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in cursor.fetchall())
        cursor.execute(sql.SQL(statement).format(columns=columns), given)


def _do(statement: str, given: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _rows(statement: str, **given: Any) -> _Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()


def _one(statement: str, **given: Any) -> tuple[Any, ...]:
    return _rows(statement, **given)[0]
