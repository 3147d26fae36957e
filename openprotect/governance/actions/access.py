"""Who may see whom, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.actions.audit import permit
from openprotect.governance.models import AccessGrant
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
