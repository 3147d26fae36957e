"""Find or make the people a source brings: set-based, whatever their number.

The NHS number decides first; someone with a different NHS number is never a match. Without
one, the source's own id does. All of it runs as the system actor, because a unique NHS number
would tell other scopes by its error that somebody is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from openprotect.people.facts import Arrival

AT_ONCE = 10_000
"""So many arrivals are held in memory; the statements take all of them."""

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS arrival (
    row integer, source text, source_id text, nhs_number text, given_name text, family_name text,
    date_of_birth date, sex text, ethnic_category text, imd_decile smallint, imd_edition smallint,
    language text, practice_code text, died_on date, restricted boolean, person_id uuid, fresh boolean
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS arrival_point (
    row integer, kind text, value text, as_given text, quality text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS arrival_need (row integer, kind text, detail text) ON COMMIT DELETE ROWS;
TRUNCATE arrival, arrival_point, arrival_need
"""

_MATCH_NHS_NUMBER = """
UPDATE arrival a SET person_id = i.person_id, fresh = false
FROM people_personidentity i WHERE a.nhs_number <> '' AND i.nhs_number = a.nhs_number
"""

_MATCH_SOURCE = """
UPDATE arrival a SET person_id = p.id, fresh = false
FROM people_person p JOIN people_personidentity i ON i.person_id = p.id
WHERE a.person_id IS NULL AND p.source = a.source AND p.source_id = a.source_id
  AND (a.nhs_number = '' OR i.nhs_number IN ('', a.nhs_number))
"""

# Two rows of one source with one NHS number are one person: the first makes it. Joined by one key alone: whatever
# else it says, a condition with OR is asked of each row against each other.
_MAKE = """
WITH keyed AS (
    SELECT row, CASE WHEN nhs_number <> '' THEN nhs_number ELSE 'row' || row END AS key
    FROM arrival WHERE person_id IS NULL
), made AS (
    SELECT key, min(row) AS first_row, gen_random_uuid() AS id FROM keyed GROUP BY key
)
UPDATE arrival a SET person_id = made.id, fresh = (a.row = made.first_row)
FROM keyed JOIN made USING (key) WHERE a.row = keyed.row
"""

_INSERT_PERSON = """
INSERT INTO people_person (id, practice_id, locality_id, restricted, died_on, source, source_id, created_at)
SELECT a.person_id, CASE WHEN a.restricted THEN NULL ELSE o.id END,
       CASE WHEN a.restricted THEN NULL ELSE o.parent_id END,
       a.restricted, a.died_on, a.source, a.source_id, %(now)s
FROM arrival a LEFT JOIN governance_organisation c ON c.code = a.practice_code AND c.kind = 'practice'
LEFT JOIN governance_organisation o ON o.id = coalesce(c.successor_id, c.id) AND o.closed_at IS NULL
WHERE a.fresh
"""

_INSERT_IDENTITY = """
INSERT INTO people_personidentity (person_id, nhs_number, given_name, family_name, date_of_birth,
    sex, ethnic_category, imd_decile, imd_edition, language)
SELECT person_id, nhs_number, given_name, family_name, date_of_birth, sex, ethnic_category,
       imd_decile, imd_edition, coalesce(nullif(language, ''), 'en')
FROM arrival WHERE fresh
"""

# What a source does not say never wipes out what another said.
_UPDATE_PERSON = """
UPDATE people_person p SET
    restricted = p.restricted OR a.restricted,
    practice_id = CASE WHEN p.restricted OR a.restricted THEN NULL ELSE coalesce(o.id, p.practice_id) END,
    locality_id = CASE WHEN p.restricted OR a.restricted THEN NULL ELSE coalesce(o.parent_id, p.locality_id) END,
    died_on = coalesce(p.died_on, a.died_on)
FROM arrival a LEFT JOIN governance_organisation c ON c.code = a.practice_code AND c.kind = 'practice'
LEFT JOIN governance_organisation o ON o.id = coalesce(c.successor_id, c.id) AND o.closed_at IS NULL
WHERE p.id = a.person_id AND NOT a.fresh
"""

_UPDATE_IDENTITY = """
UPDATE people_personidentity i SET
    given_name = coalesce(nullif(a.given_name, ''), i.given_name),
    family_name = coalesce(nullif(a.family_name, ''), i.family_name),
    date_of_birth = coalesce(a.date_of_birth, i.date_of_birth),
    sex = CASE WHEN a.sex = 'unknown' THEN i.sex ELSE a.sex END,
    ethnic_category = coalesce(nullif(a.ethnic_category, ''), i.ethnic_category),
    imd_decile = coalesce(a.imd_decile, i.imd_decile),
    imd_edition = coalesce(a.imd_edition, i.imd_edition),
    language = coalesce(nullif(a.language, ''), i.language),
    nhs_number = CASE WHEN i.nhs_number = '' THEN a.nhs_number ELSE i.nhs_number END
FROM arrival a WHERE i.person_id = a.person_id AND NOT a.fresh
"""

# PDS security code R: no address, telephone or practice anywhere, so none is kept.
_END_RESTRICTED_POINTS = """
UPDATE people_contactpoint c SET ends_at = %(now)s, ended_because = 'restricted'
FROM people_person p WHERE p.id = c.person_id AND p.restricted AND c.ends_at IS NULL
  AND p.id IN (SELECT person_id FROM arrival)
"""

_END_REPLACED_POINTS = """
UPDATE people_contactpoint c SET ends_at = %(now)s, ended_because = 'replaced'
FROM arrival a WHERE a.person_id = c.person_id AND c.source = a.source AND c.ends_at IS NULL
  AND EXISTS (SELECT 1 FROM arrival_point n WHERE n.row = a.row AND n.kind = c.kind)
  AND NOT EXISTS (SELECT 1 FROM arrival_point n WHERE n.row = a.row AND n.kind = c.kind AND n.value = c.value)
"""

_INSERT_POINTS = """
INSERT INTO people_contactpoint (person_id, kind, value, as_given, quality, source, starts_at, ended_because)
SELECT DISTINCT ON (a.person_id, n.kind, n.value)
       a.person_id, n.kind, n.value, n.as_given, n.quality, a.source, %(now)s, ''
FROM arrival_point n JOIN arrival a USING (row) JOIN people_person p ON p.id = a.person_id
WHERE NOT p.restricted AND NOT EXISTS (  -- what turned out wrong stays wrong, whoever sends it again
    SELECT 1 FROM people_contactpoint w WHERE w.person_id = a.person_id AND w.kind = n.kind
      AND w.value = n.value AND w.ended_because = 'wrong_number')
ORDER BY a.person_id, n.kind, n.value, a.row
ON CONFLICT (person_id, kind, value) WHERE ends_at IS NULL DO NOTHING
"""

_INSERT_NEEDS = """
INSERT INTO people_need (person_id, kind, detail)
SELECT DISTINCT ON (a.person_id, n.kind) a.person_id, n.kind, n.detail
FROM arrival_need n JOIN arrival a USING (row)
ON CONFLICT (person_id, kind) DO UPDATE SET detail = coalesce(nullif(excluded.detail, ''), people_need.detail)
"""

_END_OLD_GRANTS = """
UPDATE governance_accessgrant g SET ends_at = %(now)s
FROM people_person p WHERE g.person_id = p.id AND g.ends_at IS NULL AND g.starts_at <= %(now)s
  AND p.id IN (SELECT person_id FROM arrival)
  AND ((g.via = 'registration' AND g.organisation_id IS DISTINCT FROM p.practice_id)
    OR (g.via = 'residence' AND g.organisation_id IS DISTINCT FROM p.locality_id))
"""

_GIVE_GRANTS = """
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT DISTINCT p.id, o.id, o.via, %(basis)s::bigint, %(now)s::timestamptz
FROM people_person p
JOIN arrival a ON a.person_id = p.id
CROSS JOIN LATERAL (VALUES (p.practice_id, 'registration'), (p.locality_id, 'residence')) AS o(id, via)
WHERE o.id IS NOT NULL
ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING
"""


def take_in(arrivals: Iterable[Arrival], *, basis: int, now: datetime) -> list[UUID]:
    """Find or make every arrival; returns their person ids in the order given.

    Must run as the system actor. A practice code that is not known, or of one that has closed,
    leaves the practice empty; of one that has merged it means the successor.
    """
    with connection.cursor() as wrapped:
        cursor: Cursor = wrapped.cursor
        cursor.execute(_STAGE)
        numbered = enumerate(arrivals)
        while batch := list(islice(numbered, AT_ONCE)):
            _copy(cursor, batch)
        cursor.execute("ANALYZE arrival; ANALYZE arrival_point; ANALYZE arrival_need")
        for step in (
            _MATCH_NHS_NUMBER,
            _MATCH_SOURCE,
            _MAKE,
            _INSERT_PERSON,
            _INSERT_IDENTITY,
            _UPDATE_PERSON,
            _UPDATE_IDENTITY,
            _END_RESTRICTED_POINTS,
            _END_REPLACED_POINTS,
            _INSERT_POINTS,
            _INSERT_NEEDS,
            _END_OLD_GRANTS,
            _GIVE_GRANTS,
        ):
            cursor.execute(step, {"now": now, "basis": basis})
        cursor.execute("SELECT person_id FROM arrival ORDER BY row")
        return [row[0] for row in cursor.fetchall()]


def _copy(cursor: Cursor, batch: list[tuple[int, Arrival]]) -> None:
    with cursor.copy(
        "COPY arrival (row, source, source_id, nhs_number, given_name, family_name, date_of_birth,"
        " sex, ethnic_category, imd_decile, imd_edition, language, practice_code, died_on, restricted)"
        " FROM STDIN"
    ) as copy:
        for row, a in batch:
            copy.write_row(
                (
                    row,
                    a.source,
                    a.source_id,
                    a.nhs_number,
                    a.given_name,
                    a.family_name,
                    a.date_of_birth,
                    a.sex,
                    a.ethnic_category,
                    a.imd_decile,
                    a.imd_edition,
                    a.language,
                    a.practice_code,
                    a.died_on,
                    a.restricted,
                )
            )
    with cursor.copy("COPY arrival_point FROM STDIN") as copy:
        for row, a in batch:
            for point in a.contact_points:
                copy.write_row((row, point.kind, point.value, point.as_given, point.quality))
    with cursor.copy("COPY arrival_need FROM STDIN") as copy:
        for row, a in batch:
            for kind, detail in a.needs:
                copy.write_row((row, kind, detail))
