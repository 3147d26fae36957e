"""Reads of runs: who was in, and why; how many, by what; who came in and went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from openprotect.governance import queries as governance
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.journey.identify.facts import Flow, Moves
from openprotect.journey.identify.models import CohortRun, Reason
from openprotect.journey.identify.words import template_of
from openprotect.lib import london
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.cohort import Cohort, window_of

PAGE = 50
Run = CohortRun
"""One run as interfaces get it."""


@dataclass(frozen=True)
class Why:
    """One rule by which somebody was in, with its evidence and the reason as it was said on that day."""

    rule: str
    group: str
    evidence_date: date | None
    code: str
    term: str
    count: int | None
    reason: str
    since_run: int


@dataclass(frozen=True)
class WasIn:
    """Somebody who was in, and every reason."""

    person: UUID
    reasons: tuple[Why, ...]


def runs(programme: str, *, scope: Scope, before: int | None = None) -> list[CohortRun]:
    """The runs of a programme, the latest first; `before` is the number of the last one seen."""
    require(scope)
    found = CohortRun.objects.filter(programme=programme).select_related("pack_version")
    if before is not None:
        found = found.filter(number__lt=before)
    return list(found.order_by("-number")[:PAGE])


def run(programme: str, number: int, *, scope: Scope) -> CohortRun | None:
    """One run."""
    require(scope)
    return CohortRun.objects.select_related("pack_version").filter(programme=programme, number=number).first()


def run_on(programme: str, day: date, *, scope: Scope) -> CohortRun | None:
    """The run by which people were in at the end of a day in London: the last that was made by then."""
    require(scope)
    end = london.at(day + timedelta(days=1), time(0))
    found = CohortRun.objects.select_related("pack_version").filter(programme=programme, ran_at__lt=end)
    return found.order_by("-number").first()


_WHO = """
SELECT DISTINCT r.person_id FROM identify_reason r
WHERE r.programme = %(programme)s AND r.since <= %(number)s::int AND (r.until IS NULL OR r.until > %(number)s::int)
  AND (%(after)s::uuid IS NULL OR r.person_id > %(after)s::uuid)
  AND (%(person)s::uuid IS NULL OR r.person_id = %(person)s::uuid)
ORDER BY r.person_id LIMIT %(limit)s
"""


def who_was_in(
    run: CohortRun, *, scope: Scope, after: UUID | None = None, person: UUID | None = None, limit: int = PAGE
) -> list[WasIn]:
    """Who was in by a run, by id, with every reason: those whom the scope sees with their reasons.

    `after` is the last one of the page before; `person` asks about one alone.
    """
    require(scope)
    asked: dict[str, Any] = {
        "programme": run.programme,
        "number": run.number,
        "after": after,
        "person": person,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WHO, asked)
        people = [one for (one,) in cursor.fetchall()]
    rows = (
        Reason.objects.filter(programme=run.programme, since__lte=run.number, person__in=people)
        .exclude(until__lte=run.number)
        .select_related("run")
        .order_by("person", "rule")
    )
    cohort = programmes.pack(run.pack_version_id).cohort
    found: dict[UUID, list[Why]] = {one: [] for one in people}
    for row in rows:
        found[row.person_id].append(
            Why(
                rule=row.rule,
                group=row.group,
                evidence_date=row.evidence_date,
                code=row.code,
                term=row.term,
                count=row.count,
                reason=told_on(row.reason, row.rule, cohort, first=row.run.index_date, day=run.index_date),
                since_run=row.since,
            )
        )
    return [WasIn(one, tuple(reasons)) for one, reasons in found.items()]


def told_on(reason: str, rule: str, cohort: Cohort, *, first: date, day: date) -> str:
    """The reason as the run of a day said it, from that of the first run with the same evidence.

    Between two days only the day since when the rule's window counts is another one.
    """
    found = next((each for each in cohort.rules if each.id == rule), None)
    window = window_of(found) if found else None
    if found is None or window is None or "{window_start}" not in template_of(cohort, found):
        return reason
    was, now = (f"{start.day} {start:%B %Y}" for start in (window.before(first), window.before(day)))
    return reason.replace(was, now, 1)


# Two runs, person by person and rule by rule; `units` are the practices and localities whose people are
# asked about, null for everybody.
_MOVED = """
WITH of AS (
    SELECT r.person_id, r.rule, r."group",
           r.since <= %(a)s::int AND (r.until IS NULL OR r.until > %(a)s::int) AS was,
           r.since <= %(b)s::int AND (r.until IS NULL OR r.until > %(b)s::int) AS now
    FROM identify_reason r JOIN people_person p ON p.id = r.person_id
    WHERE r.programme = %(programme)s::text
      AND (%(everybody)s::bool OR p.practice_id = ANY (%(practices)s::bigint[]))
      AND NOT coalesce(p.practice_id = ANY (%(stopped)s::bigint[]), false)
),
person AS (SELECT person_id, bool_or(was) AS was, bool_or(now) AS now FROM of GROUP BY person_id),
moved AS (
    SELECT m.person_id, m.now AS came, coalesce(o.name, 'unknown') AS practice, coalesce(l.name, 'unknown') AS locality,
           coalesce(i.imd_decile::text, 'unknown') AS deprivation
    FROM person m JOIN people_person p ON p.id = m.person_id
    LEFT JOIN people_personidentity i ON i.person_id = m.person_id
    LEFT JOIN governance_organisation o ON o.id = p.practice_id
    LEFT JOIN governance_organisation l ON l.id = p.locality_id
    WHERE m.was <> m.now
)
SELECT 'before', '', 0, count(*) FILTER (WHERE was)::int FROM person
UNION ALL SELECT 'after', '', count(*) FILTER (WHERE now)::int, 0 FROM person
UNION ALL SELECT 'people', '', count(*) FILTER (WHERE came)::int, count(*) FILTER (WHERE NOT came)::int FROM moved
UNION ALL
SELECT d.dimension, d.value, count(*) FILTER (WHERE came)::int, count(*) FILTER (WHERE NOT came)::int
FROM moved CROSS JOIN LATERAL (VALUES ('practice', practice), ('locality', locality), ('deprivation', deprivation))
     d (dimension, value) GROUP BY 1, 2
UNION ALL
SELECT 'rule', rule, count(*) FILTER (WHERE now)::int, count(*) FILTER (WHERE was)::int
FROM (SELECT person_id, rule, bool_or(was) AS was, bool_or(now) AS now FROM of GROUP BY 1, 2) e
WHERE was <> now GROUP BY rule
UNION ALL
SELECT 'group', "group", count(*) FILTER (WHERE now)::int, count(*) FILTER (WHERE was)::int
FROM (SELECT person_id, "group", bool_or(was) AS was, bool_or(now) AS now FROM of GROUP BY 1, 2) e
WHERE was <> now GROUP BY "group"
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Units:
    """Whose people a reader is shown in full: everybody's, or those of practices; never of those stopped."""

    everybody: bool
    practices: tuple[int, ...] = ()
    stopped: tuple[int, ...] = ()


EVERYBODY = Units(everybody=True)

_OWN = """
SELECT bool_or(o.kind = 'icb'),
       (SELECT coalesce(array_agg(p.id), '{}') FROM governance_organisation p
        WHERE p.kind = 'practice' AND (p.id = ANY (%(mine)s::bigint[]) OR p.parent_id = ANY (%(mine)s::bigint[]))),
       (SELECT coalesce(array_agg(s.practice_id), '{}') FROM governance_accessstop s
        WHERE s.organisation_id = ANY (%(mine)s::bigint[]) AND s.starts_at <= op_now()
          AND (s.ends_at IS NULL OR s.ends_at > op_now()))
FROM governance_organisation o WHERE o.id = ANY (%(mine)s::bigint[])
"""


def own_units(programme: str, *, scope: Scope) -> Units | None:
    """The people of a programme's cohort for whom this reader's organisation cares; None where it does for none.

    That of a board is everybody. A practice that had their access stopped is not among them, and without
    anybody whom they see now nobody is.
    """
    require(scope)
    if scope.identity == "system":
        return EVERYBODY
    if not scope.may("see.person") or not scope.organisations:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM identify_member WHERE programme = %s LIMIT 1", [programme])
        if cursor.fetchone() is None:
            return None
    with enter(system("cohorts", now=scope.now)), connection.cursor() as cursor:
        cursor.execute(_OWN, {"mine": list(scope.organisations)})
        board, practices, stopped = cursor.fetchone()
    mine = tuple(sorted(set(practices) - set(stopped)))
    return Units(bool(board), mine, tuple(stopped)) if board or mine else None


def moves(before: CohortRun, after: CohortRun, units: Units, *, scope: Scope) -> Moves:
    """Who came in and went out between two runs of a programme, among the people of `units`. Numbers as they are.

    By where they are registered and live now. What of it is shown to whom is `figures.moves`' business.
    """
    require(scope)
    asked: dict[str, Any] = {
        "programme": before.programme,
        "a": before.number,
        "b": after.number,
        "everybody": units.everybody,
        "practices": list(units.practices),
        "stopped": list(units.stopped),
    }
    with enter(system("cohorts", now=scope.now)), connection.cursor() as cursor:
        cursor.execute(_MOVED, asked)
        rows = cursor.fetchall()
    by: dict[str, dict[str, Flow]] = {key: {} for key in ("rule", "group", "locality", "practice", "deprivation")}
    numbers = {"people": Flow(0, 0), "before": Flow(0, 0), "after": Flow(0, 0)}
    for dimension, value, came, went in rows:
        if dimension in by:
            by[dimension][value] = Flow(came, went)
        else:
            numbers[dimension] = Flow(came, went)
    return Moves(numbers["before"].went, numbers["after"].came, numbers["people"], by)


_FIGURES = """
SELECT f.practice_id, f.locality_id, f.dimension, f.value, f.people FROM identify_figure f
WHERE f.programme = %(programme)s AND f.since <= %(number)s::int AND (f.until IS NULL OR f.until > %(number)s::int)
"""


@dataclass(frozen=True)
class Counted:
    """One figure of a run, as it is."""

    practice: int | None
    locality: int | None
    dimension: str
    value: str
    people: int


def figures(run: CohortRun, *, scope: Scope) -> Sequence[Counted]:
    """Every figure of a run, small ones too: for `figures.cohort`, which leaves out what its reader is not shown."""
    require(scope)
    with enter(system("cohorts", now=scope.now)), connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"programme": run.programme, "number": run.number})
        return [Counted(*row) for row in cursor.fetchall()]


def unit_names(ids: Sequence[int]) -> Mapping[int, str]:
    """Practices and localities by id."""
    return governance.organisation_names(ids)
