"""The audit trail, and who may do what: what every other action begins and ends with."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import Scope, enter, require


def record(
    action: str,
    *,
    by: Scope,
    person: UUID | None = None,
    of: str = "",
    id: object = "",
    why: str = "",
) -> None:
    """Write one audit event in the transaction of what it records. Ids only, never values."""
    record_each(action, by=by, people=[person], of=of, ids=[str(id)], why=why)


def record_each(
    action: str,
    *,
    by: Scope,
    people: Sequence[UUID | None],
    of: str = "",
    ids: Sequence[str] | None = None,
    why: str = "",
) -> None:
    """One audit event for each person, in one statement; `ids` stand in the order of `people`."""
    require(by)
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT governance_record_events(%s, %s::uuid[], %s, %s::text[], %s)",
            [action, list(people), of, list(ids) if ids else [""] * len(people), why[:120]],
        )


def record_denial(*, by: Scope, refusal: str, route: str) -> None:
    """Write that somebody was refused, in a transaction of its own. `route` is a view's name."""
    with enter(by):
        record("refused", by=by, of="route", id=route[:60], why=refusal)


def permit(permission: str, *, by: Scope) -> None:
    """Raise NotPermitted unless the actor holds the permission: the first line of an action."""
    require(by)
    if not by.may(permission):
        raise NotPermitted()
