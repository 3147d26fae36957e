"""A database as the source of a trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .sealing import Anchored, CannotBeJudged, Checkpoint, Sealed, Text, Unreadable, Unsealed

_SEALED = """
COPY (SELECT s.position, s.event_id, s.format, s.sealed_at, encode(s.event_hash, 'hex'), encode(s.chain_hash, 'hex'),
             e.id, e.at, e.identity, e.actor, e.organisation_id, e.membership_id, e.role, e.basis_id, e.purpose,
             e.action, e.person_id, e.object_type, e.object_id, e.why
      FROM governance_auditseal s LEFT JOIN governance_auditevent e ON e.id = s.event_id ORDER BY s.position) TO STDOUT
"""
_UNSEALED = """
COPY (SELECT coalesce(e.id, w.event_id), w.event_id IS NOT NULL, e.id, e.at, e.identity, e.actor, e.organisation_id, e.membership_id, e.role, e.basis_id, e.purpose,
             e.action, e.person_id, e.object_type, e.object_id, e.why
      FROM (SELECT * FROM governance_auditevent e
            WHERE NOT EXISTS (SELECT 1 FROM governance_auditseal s WHERE s.event_id = e.id)) e
      FULL JOIN governance_auditunsealed w ON w.event_id = e.id ORDER BY 1) TO STDOUT
"""


class Database:
    """The trail of a database, read in one snapshot by any role that may read it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        for setting in (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET LOCAL TimeZone TO 'UTC'",
            "SET LOCAL DateStyle TO 'ISO, YMD'",
            "SET LOCAL client_encoding TO 'UTF8'",
            # Before statistics are made the planner takes a full table for an empty one, and looks at all
            # of it once for each row.
            "SET LOCAL enable_nestloop TO off",
            # Row-level security shows the trail to the system and to nobody without a scope.
            "SELECT set_config('openprotect.identity', 'system', true)",
        ):
            connection.execute(setting)
        row = connection.execute("SELECT uid::text FROM governance_installation").fetchone()
        if row is None:
            raise CannotBeJudged("The database has no mark of an installation.")
        self.installation: str = row[0]
        cut = connection.execute(
            "SELECT position, chain_hash FROM governance_auditcheckpoint ORDER BY position DESC LIMIT 1"
        ).fetchone()
        self.checkpoint = Checkpoint(cut[0], bytes(cut[1])) if cut else None

    def seals(self) -> Iterator[Sealed | Unreadable]:
        for values in self._copied(_SEALED):
            position, event, form, at, hashed, chained = values[:6]
            columns = values[6:]
            yield Sealed(
                int(position or 0),
                int(event or 0),
                int(form or 0),
                at or b"",
                bytes.fromhex((hashed or b"").decode()),
                bytes.fromhex((chained or b"").decode()),
                columns if columns[0] is not None else None,
            )

    def unsealed(self) -> Iterator[Unsealed | Unreadable]:
        for event, waiting, *columns in self._copied(_UNSEALED):
            yield Unsealed(int(event or 0), tuple(columns) if columns[0] is not None else None, waiting == b"t")

    def anchored(self) -> Sequence[Anchored]:
        may = self.connection.execute("SELECT has_table_privilege('governance_auditanchor', 'SELECT')").fetchone()
        if not (may and may[0]):
            return ()
        rows = self.connection.execute(
            "SELECT at, position, head FROM governance_auditanchor WHERE place = 'file' ORDER BY id"
        )
        return [Anchored(*row) for row in rows.fetchall()]

    def _copied(self, query: str) -> Iterator[tuple[Text, ...]]:
        with self.connection.cursor() as cursor, cursor.copy(query) as rows:
            for row in rows:
                text = bytes(row)
                fields = text[:-1].split(b"\t")
                if b"\\" in text:
                    yield tuple([_unescaped(value) for value in fields])
                else:
                    yield tuple(fields)


_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescaped(value: bytes) -> Text:
    if value == b"\\N":
        return None
    if b"\\" not in value:
        return value
    first, *rest = value.split(b"\\")
    parts = [first]
    skip = False
    for part in rest:
        if skip:  # the backslash before was itself escaped
            parts.append(part)
            skip = False
        elif not part:
            parts.append(b"\\")
            skip = True
        else:
            parts.append(_ESCAPES.get(part[:1], part[:1]) + part[1:])
    return b"".join(parts)
