"""Who may see whom, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.events import BasisEnded
from openprotect.governance.models import AccessGrant
from openprotect.governance.queries.bases import successor
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def grant_access(
    *,
    via: str,
    basis: int,
    people_and_organisations: Sequence[tuple[UUID, int]],
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Let organisations see people from now on. Pairs that may already see are left alone.

    One statement however many there are; returns how many grants are new.
    """
    permit("manage.access", by=by)
    if not people_and_organisations:
        return Done(0)
    people, organisations = zip(*people_and_organisations, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)"
            " SELECT p, o, %s, %s, %s FROM unnest(%s::uuid[], %s::bigint[]) AS t(p, o)"
            " ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING",
            [via, basis, now, list(people), list(organisations)],
        )
        return Done(cursor.rowcount)


def end_access(*, person: UUID, via: str, by: Scope, now: datetime) -> Done[int]:
    """Close what organisations see of a person in one way from now on; returns how many saw them so."""
    permit("manage.access", by=by)
    grants = AccessGrant.objects.filter(person_id=person, via=via, ends_at=None)
    return Done(grants.update(ends_at=now))


_ENDED = """
SELECT b.id, b.ends_at FROM governance_legalbasis b
WHERE b.ends_at <= %(now)s AND EXISTS (
    SELECT 1 FROM governance_accessgrant g WHERE g.basis_id = b.id AND g.ends_at IS NULL)
ORDER BY b.ends_at, b.id
"""

# In one statement: nobody who goes on seeing a person loses sight of them in between.
_CARRY_ON = """
WITH ended AS (
    UPDATE governance_accessgrant SET ends_at = %(ends_at)s WHERE basis_id = %(basis)s AND ends_at IS NULL
    RETURNING person_id, organisation_id, via
)
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT person_id, organisation_id, via, %(successor)s::bigint, %(ends_at)s FROM ended WHERE %(successor)s::bigint IS NOT NULL
"""


def end_what_rests(*, by: Scope, now: datetime) -> Done[int]:
    """Close the access that rests on bases that have ended, at the second of their end; returns how many.

    The policies have shown nothing since that second: this writes it down. Where another basis carries
    on, access goes on under it. What else rested on the basis follows from the event.
    """
    permit("manage.access", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, {"now": now})
        ended = cursor.fetchall()
        for basis, ends_at in ended:
            values = {"basis": basis, "ends_at": ends_at, "successor": successor(basis, now=now)}
            cursor.execute(_CARRY_ON, values)
            record("basis ended", by=by, of="basis", id=basis)
    return Done(len(ended), tuple(BasisEnded(basis) for basis, _ in ended))
