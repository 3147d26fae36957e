"""How a run is kept: as the difference to the one before, set-based, so that a day without news adds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.backends.utils import CursorWrapper

from openprotect.journey.identify.dimensions import AGES, ETHNICITY, UNKNOWN, band
from openprotect.journey.identify.words import template_of
from openprotect.programmes.definitions.cohort import Cohort, window_of

# One run of a programme after the other: each is the difference to the last.
_TURN = "SELECT pg_advisory_xact_lock(hashtext('cohort run'), hashtext(%s))"
_LAST = "SELECT coalesce(max(number), 0) FROM identify_cohortrun WHERE programme = %s"

# Two records of one person are one person: the reason of the latest evidence stands.
_ONCE = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_once (LIKE found) ON COMMIT DELETE ROWS;
TRUNCATE found_once;
CREATE TEMPORARY TABLE IF NOT EXISTS figured (
    practice_id bigint, locality_id bigint, dimension text, value text, people integer
) ON COMMIT DELETE ROWS;
TRUNCATE figured;
INSERT INTO found_once
SELECT DISTINCT ON (person_id, rule) person_id, rule, "group", evidence_date, coalesce(code, ''),
       coalesce(term, ''), count, reason
FROM found ORDER BY person_id, rule, evidence_date DESC NULLS LAST, code, reason;
ANALYZE found_once
"""
_REASONS_END = """
UPDATE identify_reason r SET until = %(number)s::int
WHERE r.programme = %(programme)s::text AND r.until IS NULL AND NOT EXISTS (
    SELECT 1 FROM found_once f WHERE
    f.person_id = r.person_id AND f.rule = r.rule AND f."group" = r."group" AND f.code = r.code AND f.term = r.term
    AND f.evidence_date IS NOT DISTINCT FROM r.evidence_date AND f.count IS NOT DISTINCT FROM r.count
    AND (f.reason = r.reason OR NOT (f.rule = ANY (%(reworded)s::text[]))))
"""
_REASONS_BEGIN = """
INSERT INTO identify_reason
    (run_id, programme, since, person_id, rule, "group", evidence_date, code, term, count, reason)
SELECT %(run)s::uuid, %(programme)s::text, %(number)s::int, f.person_id, f.rule, f."group", f.evidence_date, f.code, f.term,
       f.count, f.reason
FROM found_once f
WHERE NOT EXISTS (
    SELECT 1 FROM identify_reason r
    WHERE r.programme = %(programme)s::text AND r.until IS NULL AND r.person_id = f.person_id AND r.rule = f.rule)
"""

# From what is known here of those who were found: people on a list alone have no records, practices have
# successors, and whoever is restricted is counted in no practice.
_COUNTED = """
INSERT INTO figured
WITH ethnic AS (SELECT * FROM unnest(%(codes)s::text[], %(names)s::text[]) AS e (code, name)),
bands AS (SELECT * FROM unnest(%(ages)s::int[], %(bands)s::text[]) AS b (lowest, name)),
member AS (
    SELECT p.id, p.practice_id, p.locality_id,
           coalesce(nullif(i.sex, ''), 'unknown') AS sex, coalesce(i.imd_decile::text, 'unknown') AS decile,
           coalesce(e.name, 'unknown') AS ethnicity,
           coalesce((SELECT b.name FROM bands b
                     WHERE b.lowest <= extract(year FROM age(%(index)s::date, i.date_of_birth))
                     ORDER BY b.lowest DESC LIMIT 1), 'unknown') AS band,
           g.groups
    FROM (SELECT person_id, string_agg(DISTINCT "group", '+' ORDER BY "group") AS groups
          FROM found_once GROUP BY person_id) g
    JOIN people_person p ON p.id = g.person_id
    LEFT JOIN people_personidentity i ON i.person_id = p.id
    LEFT JOIN ethnic e ON e.code = i.ethnic_category
)
SELECT practice_id, locality_id, dimension, value, count(*)::int FROM (
    SELECT practice_id, locality_id, d.dimension, d.value
    FROM member CROSS JOIN LATERAL (VALUES ('people', ''), ('age', band), ('sex', sex), ('deprivation', decile),
                                           ('ethnicity', ethnicity), ('groups', groups)) d (dimension, value)
    UNION ALL
    SELECT practice_id, locality_id, 'group', key FROM member CROSS JOIN LATERAL string_to_table(groups, '+') key
    UNION ALL
    SELECT m.practice_id, m.locality_id, 'rule', f.rule FROM member m JOIN found_once f ON f.person_id = m.id
) each GROUP BY practice_id, locality_id, dimension, value
"""
_FIGURES_END = """
UPDATE identify_figure f SET until = %(number)s::int
WHERE f.programme = %(programme)s::text AND f.until IS NULL
  AND NOT EXISTS (SELECT 1 FROM figured g WHERE
    g.practice_id IS NOT DISTINCT FROM f.practice_id AND g.locality_id IS NOT DISTINCT FROM f.locality_id
    AND g.dimension = f.dimension AND g.value = f.value AND g.people = f.people)
"""
_FIGURES_BEGIN = """
INSERT INTO identify_figure (programme, practice_id, locality_id, dimension, value, people, since)
SELECT %(programme)s::text, g.practice_id, g.locality_id, g.dimension, g.value, g.people, %(number)s::int FROM figured g
WHERE NOT EXISTS (
    SELECT 1 FROM identify_figure f WHERE f.programme = %(programme)s::text AND f.until IS NULL AND
    g.practice_id IS NOT DISTINCT FROM f.practice_id AND g.locality_id IS NOT DISTINCT FROM f.locality_id
    AND g.dimension = f.dimension AND g.value = f.value)
"""


def next_number(cursor: CursorWrapper, programme: str) -> int:
    """The number of the run that is being written; nobody else writes one of the programme until it is."""
    cursor.execute(_TURN, [programme])
    cursor.execute(_LAST, [programme])
    last: int = cursor.fetchone()[0]
    return last + 1


def keep(cursor: CursorWrapper, fields: Mapping[str, Any]) -> None:
    """Reasons and figures of what stands in `found`: what is new begins with this run, what is over ends with it."""
    counted: dict[str, Any] = {
        "codes": [code for codes in ETHNICITY.values() for code in codes],
        "names": [name for name, codes in ETHNICITY.items() for _ in codes],
        "ages": list(AGES),
        "bands": [band(lowest) for lowest in AGES],
    }
    cursor.execute(_ONCE)
    for statement in (_REASONS_END, _REASONS_BEGIN, _COUNTED, _FIGURES_END, _FIGURES_BEGIN):
        cursor.execute(statement, {**fields, **counted})


def reworded(cohort: Cohort, before: Cohort | None) -> list[str]:
    """The rules whose reason is said in other words than by the version of the run before.

    Others are told apart by their evidence alone: a reason that says since when its window counts would
    otherwise be another one every day. `told_on` says it for the day that is asked about.
    """
    said = {rule.id: (template_of(before, rule), window_of(rule)) for rule in before.rules} if before else {}
    return [rule.id for rule in cohort.rules if (template_of(cohort, rule), window_of(rule)) != said.get(rule.id)]


assert UNKNOWN == "unknown"  # as the statements above say it
