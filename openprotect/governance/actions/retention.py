"""Dispose of what has outlived its period, by the rules of `retention.toml`, and hold back what must stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import connection

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.basis_errors import HoldIsLifted, ReviewIsPast, WhyIsMissing
from openprotect.governance.errors import NotThere
from openprotect.governance.facts.retention import RULES, TABLES
from openprotect.governance.models import Disposal, LegalHold
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.london import today

_SHORTEST = timedelta(microseconds=1)


def dispose_of_rows(*, table: str, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Delete rows of a table that go by themselves, at most so many; returns how many went."""
    permit("dispose.records", by=by)
    keep_holds_out()
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_dispose_rows(%s, %s, %s)", [table, TABLES[table].before(now), limit])
        return Done(cursor.fetchone()[0])


def cut_trail(*, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Delete the oldest part of the sealed trail behind a checkpoint; returns how many events went."""
    permit("dispose.records", by=by)
    keep_holds_out()
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_cut_trail(%s, %s)", [RULES["audit"].before(now), limit])
        return Done(cursor.fetchone()[0])


def note_disposal(*, counts: Mapping[str, int], held: int, by: Scope, now: datetime) -> Done[None]:
    """Write down what went on this day, and how many people's records a legal hold kept."""
    permit("dispose.records", by=by)
    lines = [Disposal(at=now, table=table, rows=rows) for table, rows in sorted(counts.items()) if rows]
    lines.append(Disposal(at=now, table="", rows=sum(counts.values()), held=held))
    Disposal.objects.bulk_create(lines)
    return Done(None)


def keep_holds_out() -> None:
    """What this transaction asks from here on sees every hold that was placed, and the next is placed after its end.

    Whatever deletes asks for this before it asks what is held: so a hold comes before the rows go, and keeps
    them, or after. Those who delete do not wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('legal holds'))")


def place_hold(
    *,
    name: str,
    reason: str,
    programme: str = "",
    basis: int | None = None,
    review_on: date | None = None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Keep everything of a programme, of a basis, or of all from deletion, until it is lifted; returns its id.

    It lasts past the day of its review: a hold that ran out by itself would delete what nobody looked at.
    Raises WhyIsMissing, ReviewIsPast.
    """
    permit("manage.retention", by=by)
    if not (reason.strip() and name.strip()):
        raise WhyIsMissing
    if review_on is not None and review_on <= today(now):
        raise ReviewIsPast
    return Done(begin_hold(name, reason, programme=programme, basis=basis, review_on=review_on, by=by, now=now))


def lift_hold(*, hold: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """End a hold. What its rules would have deleted is deleted when they next run.

    Raises NotThere, HoldIsLifted, WhyIsMissing.
    """
    permit("manage.retention", by=by)
    if not words.strip():
        raise WhyIsMissing
    with enter(system("governance", now=now)):
        found = LegalHold.objects.select_for_update(of=("self",), no_key=True).filter(id=hold).first()
        if found is None:
            raise NotThere
        if found.ends_at is not None:
            raise HoldIsLifted
        found.ends_at = max(now, found.starts_at + _SHORTEST)
        found.lifted_by, found.lifted_because = by.actor, words.strip()
        found.save(update_fields=["ends_at", "lifted_by", "lifted_because"])
    record("legal hold lifted", by=by, of="legal hold", id=hold, why=words)
    return Done(None)


def begin_hold(
    name: str,
    reason: str,
    *,
    by: Scope,
    now: datetime,
    programme: str = "",
    basis: int | None = None,
    review_on: date | None = None,
) -> int:
    """Write a hold down, for an action that has asked whether its actor may.

    It waits for the batch of disposal that is under way, and the next batch waits for it.
    """
    with enter(system("governance", now=now)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('legal holds'))")
        hold = LegalHold.objects.create(
            name=name,
            reason=reason.strip(),
            programme=programme,
            basis_id=basis,
            starts_at=now,
            by=by.actor,
            review_on=review_on,
        )
    record("legal hold placed", by=by, of="legal hold", id=hold.id)
    return hold.id
