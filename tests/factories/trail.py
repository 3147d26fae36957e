"""Sealed audit trails, and somebody with the owner's password who tampers with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from openprotect.governance import actions as governance
from openprotect.governance import chain
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import trail
from tests.factories.small_service import BEGINS

EVENTS, SEALS = "governance_auditevent", "governance_auditseal"
KEY = {EVENTS: "id", SEALS: "position"}
COLUMNS = {EVENTS: chain.EVENT, SEALS: chain.SEAL}
GUARDED = (EVENTS, SEALS, "governance_auditcheckpoint", "governance_auditanchor", "governance_auditunsealed")


def events(number: int, *, now: datetime = BEGINS, why: str = "opened from the worklist") -> None:
    """Events with something in every column, of several people, in two transactions."""
    clerk = Scope("staff", actor="7", now=now, role="reviewer", organisation=3, membership=11, basis=None)
    with enter(clerk):
        for each in range(number - number // 2):
            person = UUID(int=0x900000 + each % 7)
            governance.record("viewed", by=clerk, person=person, of="call to action", id=each, why=why)
    with enter(system("worker", now=now)) as worker:
        for each in range(number // 2):
            governance.record("message sent", by=worker, of="attempt", id=f"é\t\\{each}\n", why="")


def sealed(number: int, anchor: Path, *, now: datetime = BEGINS) -> None:
    """So many events, sealed, and the head in the anchor."""
    events(number, now=now)
    trail.seal(now=now)
    trail.anchor(now=now)


@dataclass
class Judged:
    """What a verification said."""

    code: int
    findings: list[chain.Finding]
    verdict: chain.Verdict

    def names(self, **where: int) -> bool:
        """Whether any finding names this place, such as `position=7`."""
        return any(getattr(each, key) == value for each in self.findings for key, value in where.items())


def judge(source: chain.Source, anchor: Path | None) -> Judged:
    """Verify a source."""
    findings: list[chain.Finding] = []
    anchors = chain.anchors_in(anchor, source.installation) if anchor else None
    verdict = chain.verify(source, anchors, findings.append)
    return Judged(verdict.code, findings, verdict)


def judge_database(url: str, anchor: Path | None) -> Judged:
    """Verify a database."""
    with psycopg.connect(url) as connection:
        return judge(chain.Database(connection), anchor)


@contextmanager
def intruder(owner: str) -> Iterator[psycopg.Connection[Any]]:
    """The owner, who takes away what guards the tables, and puts it back."""
    with psycopg.connect(owner, autocommit=True) as connection:
        for table in GUARDED:
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
            connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))
        yield connection
        for table in GUARDED:
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))
            connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))


def put(connection: psycopg.Connection[Any], table: str, key: int, column: str, value: str | None) -> None:
    """Write one value of a row, given as text."""
    kind = "bytea" if column.endswith("_hash") else _KINDS.get(column, "text")
    statement = sql.SQL("UPDATE {} SET {} = %s::" + kind + " WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column), sql.Identifier(KEY[table])
    )
    connection.execute(statement, [value, key])


def value_of(connection: psycopg.Connection[Any], table: str, key: int, column: str) -> str | None:
    """One value of a row, as text."""
    statement = sql.SQL("SELECT {}::text FROM {} WHERE {} = %s").format(
        sql.Identifier(column), sql.Identifier(table), sql.Identifier(KEY[table])
    )
    row = connection.execute(statement, [key]).fetchone()
    assert row is not None
    return row[0]


def one_byte_off(value: str | None, column: str, chance: random.Random) -> str:
    """The value with one character changed for another that may well stand there."""
    if not value:
        return chance.choice("123456789")
    at = chance.randrange(len(value))
    if column.endswith("_hash"):
        at = max(at, 2)  # behind the \\x
    alphabet = "0123456789abcdef" if column in ("event_hash", "chain_hash", "person_id") else "0123456789"
    if value[at] not in alphabet and column not in _KINDS:
        alphabet = "abcdefghijklmnopqrstuvwxyz"
    return value[:at] + chance.choice([each for each in alphabet if each != value[at]]) + value[at + 1 :]


_KINDS = {
    "id": "bigint", "at": "timestamptz", "organisation_id": "bigint", "membership_id": "bigint", "basis_id": "bigint",
    "person_id": "uuid", "position": "bigint", "event_id": "bigint", "format": "smallint", "sealed_at": "timestamptz",
}  # fmt: skip
