"""Take in the national extract of organisations: set-based, all of it or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import Cursor

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reorganising import effects
from openprotect.governance.errors import ExtractContradicts
from openprotect.governance.facts.organisations import Extract, ExtractTotals, Totals
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.errors import Fault

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS extract_organisation (
    row integer, code text, name text, kind text, status text, opened_on date, closed_on date, postcode text,
    telephone text, outcome text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS extract_relation (
    row integer, code text, to_code text, starts_on date, ends_on date,
    organisation_id bigint, to_id bigint, there_id bigint, outcome text
) ON COMMIT DELETE ROWS;
TRUNCATE extract_organisation, extract_relation
"""

_OTHER_KINDS = """
SELECT e.row, e.code, o.kind, o.name FROM extract_organisation e JOIN governance_organisation o ON o.code = e.code
WHERE o.kind NOT IN ('practice', 'other', 'commissioner') ORDER BY e.row
"""

# Nobody is opened again by an extract: it does not know yet what was merged or closed here.
_ORGANISATION_OUTCOMES = """
UPDATE extract_organisation e SET
    outcome = CASE
        WHEN (o.name, o.kind, o.opened_on, o.postcode, o.telephone)
             IS DISTINCT FROM (e.name, e.kind, e.opened_on, e.postcode, e.telephone)
          OR e.closed_on IS DISTINCT FROM o.closed_on AND e.closed_on IS NOT NULL
          OR e.status <> o.status AND o.closed_on IS NULL THEN 'changed'
        WHEN e.closed_on IS NULL AND o.closed_on IS NOT NULL THEN 'kept' ELSE 'unchanged' END
FROM governance_organisation o WHERE o.code = e.code
"""
_UPDATE_ORGANISATIONS = """
UPDATE governance_organisation o SET
    name = e.name, kind = e.kind, opened_on = e.opened_on, postcode = e.postcode, telephone = e.telephone,
    status = CASE WHEN o.closed_on IS NULL OR e.closed_on IS NOT NULL THEN e.status ELSE o.status END,
    closed_on = coalesce(e.closed_on, o.closed_on),
    closing_recorded_at = CASE WHEN e.closed_on IS NOT NULL AND o.closed_on IS NULL THEN %(now)s
                               ELSE o.closing_recorded_at END
FROM extract_organisation e WHERE e.code = o.code AND e.outcome = 'changed'
"""
_INSERT_ORGANISATIONS = """
INSERT INTO governance_organisation
    (code, name, kind, status, opened_on, closed_on, closing_recorded_at, postcode, telephone, email)
SELECT code, name, kind, status, opened_on, closed_on, CASE WHEN closed_on IS NOT NULL THEN %(now)s END, postcode,
       telephone, ''
FROM extract_organisation WHERE outcome IS NULL
"""
# Who commissions stands in the extract by code alone: the code is the name until somebody gives another.
_NAME_COMMISSIONERS = """
INSERT INTO governance_organisation (code, name, kind, status, postcode, telephone, email)
SELECT DISTINCT to_code, to_code, 'commissioner', 'active', '', '', '' FROM extract_relation
ON CONFLICT (code) DO NOTHING
"""

_FIND = """
UPDATE extract_relation e SET organisation_id = o.id, to_id = t.id
FROM governance_organisation t, extract_relation f LEFT JOIN governance_organisation o ON o.code = f.code
WHERE f.row = e.row AND t.code = f.to_code
"""
_MATCH = """
UPDATE extract_relation e SET there_id = r.id, outcome = CASE
    WHEN r.ends_on IS NOT DISTINCT FROM e.ends_on THEN 'unchanged'
    WHEN r.source = 'here' AND r.ends_on IS NOT NULL AND (e.ends_on IS NULL OR e.ends_on > r.ends_on) THEN 'kept'
    ELSE 'changed' END
FROM governance_organisationrelation r
WHERE r.organisation_id = e.organisation_id AND r.kind = 'commissioned_by' AND r.to_id = e.to_id
  AND r.starts_on = e.starts_on AND r.withdrawn_at IS NULL
"""
_REST = """
UPDATE extract_relation SET outcome = CASE WHEN organisation_id IS NULL THEN 'set_aside' ELSE 'new' END
WHERE outcome IS NULL
"""

# What an earlier extract said and this one does not, on days for which this one says something else: withdrawn.
_WITHDRAW = """
UPDATE governance_organisationrelation r SET withdrawn_at = %(now)s, in_force = false
WHERE r.kind = 'commissioned_by' AND r.source = 'extract' AND r.withdrawn_at IS NULL
  AND EXISTS (SELECT 1 FROM extract_relation e WHERE e.organisation_id = r.organisation_id
              AND e.outcome IN ('new', 'changed') AND e.there_id IS DISTINCT FROM r.id
              AND daterange(e.starts_on, e.ends_on, '[]') && daterange(r.starts_on, r.ends_on, '[]'))
  AND NOT EXISTS (SELECT 1 FROM extract_relation e WHERE e.there_id = r.id)
RETURNING r.organisation_id
"""
_CONTRADICTIONS = """
SELECT e.row, e.starts_on, o.code, t.code, r.starts_on, r.ends_on
FROM extract_relation e JOIN governance_organisationrelation r ON r.organisation_id = e.organisation_id
JOIN governance_organisation o ON o.id = r.organisation_id JOIN governance_organisation t ON t.id = r.to_id
WHERE e.outcome IN ('new', 'changed') AND r.kind = 'commissioned_by' AND r.source = 'here' AND r.withdrawn_at IS NULL
  AND e.there_id IS DISTINCT FROM r.id
  AND daterange(e.starts_on, e.ends_on, '[]') && daterange(r.starts_on, r.ends_on, '[]')
ORDER BY e.row
"""
_UPDATE_RELATIONS = """
UPDATE governance_organisationrelation r SET ends_on = e.ends_on, source = 'extract', recorded_at = %(now)s
FROM extract_relation e WHERE r.id = e.there_id AND e.outcome = 'changed'
"""
_INSERT_RELATIONS = """
INSERT INTO governance_organisationrelation
    (organisation_id, kind, to_id, starts_on, ends_on, source, recorded_at, in_force)
SELECT organisation_id, 'commissioned_by', to_id, starts_on, ends_on, 'extract', %(now)s, false
FROM extract_relation WHERE outcome = 'new' ORDER BY row
"""


def take_in_extract(*, extract: Extract, by: Scope, now: datetime) -> Done[ExtractTotals]:
    """Take in an extract: who is new and changed, and who commissioned whom when. What is not in it stays.

    What was closed, merged or ended here stays so, where the extract does not know of it yet. A
    relation that it says differently than an earlier extract is withdrawn and written anew; one that
    contradicts what was entered here raises ExtractContradicts, and nothing is written. Relations of
    organisations that neither it nor anybody before has named are set aside.
    """
    permit("manage.organisations", by=by)
    with enter(system("governance", now=now)), connection.cursor() as wrapped:
        cursor: Cursor = wrapped.cursor
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisations'))")
        cursor.execute(_STAGE)
        _copy(cursor, extract)
        _refuse_other_kinds(cursor)
        cursor.execute(_ORGANISATION_OUTCOMES)
        organisations = _totals(cursor, "extract_organisation")
        for step in (_UPDATE_ORGANISATIONS, _INSERT_ORGANISATIONS):
            cursor.execute(step, {"now": now})
        cursor.execute(_NAME_COMMISSIONERS)
        named = cursor.rowcount
        for step in (_FIND, _MATCH, _REST):
            cursor.execute(step)
        _refuse_contradictions(cursor, extract.relations_file)
        relations = _totals(cursor, "extract_relation", duplicate=extract.duplicates)
        # What ends and what begins are one change: looked at when both are there.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_WITHDRAW, {"now": now})
        withdrawn = [id_ for (id_,) in cursor.fetchall()]
        for step in (_UPDATE_RELATIONS, _INSERT_RELATIONS):
            cursor.execute(step, {"now": now})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        done = effects(by=by, now=now, touched=withdrawn)
    totals = ExtractTotals(organisations, relations, named, len(withdrawn))
    of, id_ = "organisation extract", extract.sha256[:16]
    record("organisations imported", by=by, of=of, id=id_, why=str(organisations))
    record("relations imported", by=by, of=of, id=id_, why=str(relations))
    return Done(totals, done.events)


def _copy(cursor: Cursor[Any], extract: Extract) -> None:
    with cursor.copy(
        "COPY extract_organisation (row, code, name, kind, status, opened_on, closed_on, postcode, telephone)"
        " FROM STDIN"
    ) as copy:
        for o in extract.organisations:
            copy.write_row((
                o.row_number, o.code, o.name, o.kind, o.status, o.opened_on, o.closed_on, o.postcode, o.telephone
            ))  # fmt: skip
    with cursor.copy("COPY extract_relation (row, code, to_code, starts_on, ends_on) FROM STDIN") as copy:
        for r in extract.relations:
            copy.write_row((r.row_number, r.code, r.to_code, r.starts_on, r.ends_on))
    cursor.execute("ANALYZE extract_organisation; ANALYZE extract_relation")


def _totals(cursor: Cursor[Any], table: str, *, duplicate: int = 0) -> Totals:
    counting = {
        "extract_organisation": "SELECT coalesce(outcome, 'new'), count(*) FROM extract_organisation GROUP BY 1",
        "extract_relation": "SELECT outcome, count(*) FROM extract_relation GROUP BY 1",
    }
    cursor.execute(counting[table])
    counts = dict(cursor.fetchall())
    return Totals(
        rows_in=sum(counts.values()) + duplicate,
        new=counts.get("new", 0),
        changed=counts.get("changed", 0),
        unchanged=counts.get("unchanged", 0),
        kept=counts.get("kept", 0),
        duplicate=duplicate,
        set_aside=counts.get("set_aside", 0),
    )


def _refuse_other_kinds(cursor: Cursor[Any]) -> None:
    """A board, a council or a locality is never made a practice by a row that has its code."""
    cursor.execute(_OTHER_KINDS)
    faults = [
        Fault("epraccur.csv", f"row {row}", "code", code, f"a code that is not a {kind}'s here, {name}'s")
        for row, code, kind, name in cursor.fetchall()
    ]
    if faults:
        raise ExtractContradicts(faults)


def _refuse_contradictions(cursor: Cursor[Any], file: str) -> None:
    cursor.execute(_CONTRADICTIONS)
    faults = [
        Fault(
            file,
            f"row {row}",
            "from",
            f"{starts:%Y%m%d}",
            f"a day on which {code} is not commissioned by {to}, as entered here from {since:%Y%m%d} to"
            f" {f'{until:%Y%m%d}' if until else 'now on'}",
        )
        for row, starts, code, to, since, until in cursor.fetchall()
    ]
    if faults:
        raise ExtractContradicts(faults)
