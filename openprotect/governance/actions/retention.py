"""Dispose of what has outlived its period, by the rules of `retention.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from openprotect.governance.actions.audit import permit
from openprotect.governance.facts.retention import RULES, TABLES
from openprotect.governance.models import Disposal
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def dispose_of_rows(*, table: str, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Delete rows of a table that go by themselves, at most so many; returns how many went."""
    permit("dispose.records", by=by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_dispose_rows(%s, %s, %s)", [table, TABLES[table].before(now), limit])
        return Done(cursor.fetchone()[0])


def cut_trail(*, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Delete the oldest part of the sealed trail behind a checkpoint; returns how many events went."""
    permit("dispose.records", by=by)
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
