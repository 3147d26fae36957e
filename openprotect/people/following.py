"""People follow their practice and locality when these merge, move or close: set-based, as the system actor."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from openprotect.governance.facts.organisations import Move, Succession

# Governance has handed the grants of the old organisation over already.
_SUCCEED = """
WITH s AS (SELECT * FROM unnest(%(old)s::bigint[], %(new)s::bigint[]) AS s(old, new))
UPDATE people_person p SET
    practice_id = coalesce((SELECT s.new FROM s WHERE s.old = p.practice_id), p.practice_id),
    locality_id = coalesce((SELECT s.new FROM s WHERE s.old = p.locality_id), p.locality_id)
WHERE p.practice_id IN (SELECT old FROM s) OR p.locality_id IN (SELECT old FROM s) RETURNING p.id
"""

# Their practice belongs to another place now: so do they, and who sees them as living there changes with it.
# The new grant rests on the basis of the old; where there was none, on that of the registration.
_MOVE = """
WITH move AS (
    SELECT * FROM unnest(%(organisation)s::bigint[], %(before)s::bigint[], %(after)s::bigint[],
                         %(moment)s::timestamptz[]) AS m(organisation, before, after, moment)
), who AS (
    UPDATE people_person p SET locality_id = m.after FROM move m
    WHERE p.practice_id = m.organisation AND p.locality_id IS NOT DISTINCT FROM m.before AND NOT p.restricted
    RETURNING p.id, m.before, m.after, m.moment
), ended AS (
    UPDATE governance_accessgrant g SET ends_at = greatest(who.moment, g.starts_at) FROM who
    WHERE g.person_id = who.id AND g.organisation_id = who.before AND g.via = 'residence'
      AND (g.ends_at IS NULL OR g.ends_at > who.moment)
    RETURNING g.person_id, g.basis_id
), given AS (
    INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
    SELECT DISTINCT ON (who.id) who.id, who.after, 'residence', coalesce(e.basis_id, g.basis_id), who.moment
    FROM who LEFT JOIN ended e ON e.person_id = who.id
    LEFT JOIN governance_accessgrant g ON g.person_id = who.id AND g.via = 'registration' AND g.ends_at IS NULL
    WHERE who.after IS NOT NULL AND coalesce(e.basis_id, g.basis_id) IS NOT NULL
    ORDER BY who.id, e.basis_id, g.basis_id
    ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING
)
SELECT id FROM who
"""

# Nobody takes their place: until a list names another, they have no practice or locality, and the board sees to them.
_CLOSED = """
UPDATE people_person p SET
    practice_id = CASE WHEN p.practice_id = ANY (%(closed)s::bigint[]) THEN NULL ELSE p.practice_id END,
    locality_id = CASE WHEN p.locality_id = ANY (%(closed)s::bigint[]) THEN NULL ELSE p.locality_id END
WHERE p.practice_id = ANY (%(closed)s::bigint[]) OR p.locality_id = ANY (%(closed)s::bigint[]) RETURNING p.id
"""


def follow(successions: Sequence[Succession], moves: Sequence[Move], closed: Sequence[int]) -> list[UUID]:
    """Set practice and locality of everybody concerned; returns who they are. Must run as the system actor."""
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        if successions:
            cursor.execute(_SUCCEED, {"old": [s.old for s in successions], "new": [s.new for s in successions]})
            found.update(id_ for (id_,) in cursor.fetchall())
        if moves:
            cursor.execute(
                _MOVE,
                {
                    "organisation": [m.organisation for m in moves],
                    "before": [m.before for m in moves],
                    "after": [m.after for m in moves],
                    "moment": [m.moment for m in moves],
                },
            )
            found.update(id_ for (id_,) in cursor.fetchall())
        if closed:
            cursor.execute(_CLOSED, {"closed": list(closed)})
            found.update(id_ for (id_,) in cursor.fetchall())
    return sorted(found)
