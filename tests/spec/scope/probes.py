"""Every table x command x identity, as statements to the database, and what they must come to.

The statements are made from the catalogue. Each is run in a subtransaction that is undone, many in
one call. `UPDATE` and `DELETE` are also tried blind, without reading a column, because PostgreSQL asks
the policies of SELECT only of a statement that reads. An `INSERT` puts a row that is there a second
time: row-level security is asked before the unique key, so "there already" means that it was let through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.spec.scope.eyes import OTHERS, Both, Eyes
from tests.spec.scope.rules import Command, Rule, rule_of

DENIED, CONSTRAINED = -1, -2
SYSTEM = Eyes("system", "system", settings={"identity": "system"})
SETTINGS = (
    "identity", "actor", "organisations", "permissions", "person", "referral", "role", "organisation", "membership",
    "basis", "emergency", "now",
)  # fmt: skip
_OUTCOMES = """
CREATE OR REPLACE FUNCTION pg_temp.outcomes(statements text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    rows bigint;
    result bigint[] := '{}';
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        BEGIN
            IF statement LIKE 'SELECT%' THEN
                EXECUTE statement INTO rows;
            ELSE
                EXECUTE statement;
                GET DIAGNOSTICS rows = ROW_COUNT;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'PB001';
        EXCEPTION
            WHEN SQLSTATE 'PB001' THEN NULL;
            WHEN insufficient_privilege THEN rows := -1;
            WHEN integrity_constraint_violation THEN rows := -2;
        END;
        result := result || rows;
    END LOOP;
    RETURN result;
END $$
"""
_COLUMNS = """
SELECT a.attname,
       EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey))
       OR EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey)),
       has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
FROM pg_attribute a
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Statement:
    """One statement: what it does with whose rows, and how many there are (`twins` is both where it is blind)."""

    table: str
    command: Command
    twins: tuple[int, ...]
    rows: tuple[int, ...]
    text: str

    def allowed(self, eyes: Eyes, rule: Rule, came_to: int) -> bool:
        """Whether what the statement came to is what the rule says."""
        open_rows = sum(
            rows for twin, rows in zip(self.twins, self.rows, strict=True) if eyes.may(self.command, rule, twin)
        )
        if self.command == "INSERT":  # also into a table without rows: policies are asked before anything else
            let_through = any(eyes.may(self.command, rule, twin) for twin in self.twins)
            return came_to == (CONSTRAINED if let_through else DENIED)
        if open_rows and came_to == CONSTRAINED:
            return True  # a row that others point at: let through, and kept by their keys
        return came_to == open_rows or (not open_rows and came_to == DENIED)


@dataclass(frozen=True)
class Leak:
    """A probe that did not come to what the rule says."""

    eyes: str
    table: str
    command: str
    twins: tuple[int, ...]
    came_to: int


class Prober:
    """Asks one database, on one connection of the application's role, for many eyes."""

    def __init__(self, connection: psycopg.Connection[Any], two: Both) -> None:
        self.connection = connection
        self.two = two
        self.asked = 0
        connection.execute(_OUTCOMES)
        connection.commit()

    def statements(self, tables: Iterable[str]) -> list[Statement]:
        """What there is to try with these tables."""
        self._become(SYSTEM)
        made = [statement for table in sorted(tables) for statement in self._of(table)]
        self.connection.rollback()
        return made

    def leaks(self, eyes: Iterable[Eyes], statements: Sequence[Statement], *, after: LiteralString = "") -> list[Leak]:
        """Every probe that did not come to what its table's rule says; `after` the system did something."""
        rules = {each.table: rule_of(each.table) for each in statements}
        return [
            Leak(each.name, statement.table, statement.command, statement.twins, came_to)
            for each in eyes
            for statement, came_to in zip(statements, self.outcomes(each, statements, after=after), strict=True)
            if not statement.allowed(each, rules[statement.table], came_to)
        ]

    def outcomes(self, eyes: Eyes, statements: Sequence[Statement], *, after: LiteralString = "") -> list[int]:
        """What each statement comes to for these eyes; nothing of it stays."""
        if after:
            self._become(replace(SYSTEM, settings={**SYSTEM.settings, "now": eyes.settings["now"]}))
            self.connection.execute(after)
        self._become(eyes)
        row = self.connection.execute(
            "SELECT pg_temp.outcomes(%s)", [[statement.text for statement in statements]]
        ).fetchone()
        self.connection.rollback()
        self.asked += len(statements)
        assert row is not None
        return list(row[0])

    def _become(self, eyes: Eyes) -> None:
        # Every one is said, so that nothing is left of whoever asked before.
        self.connection.execute(
            "SELECT set_config('openprotect.' || name, value, true) FROM unnest(%s::text[], %s::text[]) AS t(name, value)",
            [list(SETTINGS), [eyes.settings.get(name, "") for name in SETTINGS]],
        )

    def _of(self, table: str) -> Iterator[Statement]:
        rule, name = rule_of(table), sql.Identifier(table)
        columns = self.connection.execute(_COLUMNS, [table]).fetchall()
        whose = [self._whose(rule, twin) for twin in range(2)] if rule.column else [sql.SQL("true")]
        neither = sql.SQL("NOT ({})").format(sql.SQL(" OR ").join(sql.SQL("({}) IS TRUE").format(w) for w in whose))
        samples: list[tuple[Any, ...]] = [self._sample(name, where) for where in (*whose, neither)]
        twins = (*range(len(whose)), OTHERS)
        rows = {twin: sample[0] for twin, sample in zip(twins, samples, strict=True)}
        # A column that no key and no check reads, so that only row-level security has a say.
        column = next((c for c, kept, may in columns if may and not kept), None)
        column = column or next((c for c, _, may in columns if may), columns[-1][0])

        def made(command: Command, text: LiteralString, whose: Sequence[int], **names: sql.Composable) -> Statement:
            return Statement(
                table, command, tuple(whose), tuple(rows[i] for i in whose),
                sql.SQL(text).format(table=name, column=sql.Identifier(column), **names).as_string(self.connection),
            )  # fmt: skip

        for twin, where, (_, sample) in zip(twins, whose, samples, strict=False):
            yield made("SELECT", "SELECT count(*) FROM {table} WHERE {where}", [twin], where=where)
            yield made("UPDATE", "UPDATE {table} SET {column} = {column} WHERE {where}", [twin], where=where)
            yield made("DELETE", "DELETE FROM {table} WHERE {where}", [twin], where=where)
            # Without defaults of the database: the row is given whole.
            again = (
                "INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::{table}, {row})"
            )
            yield made("INSERT", again, [twin], row=sql.Literal(sample))
        value = sql.SQL("(jsonb_populate_record(NULL::{}, {})).{}").format(
            name, sql.Literal(samples[0][1]), sql.Identifier(column)
        )
        yield made("UPDATE", "UPDATE {table} SET {column} = {value}", twins, value=value)
        yield made("DELETE", "DELETE FROM {table}", twins)

    def _whose(self, rule: Rule, twin: int) -> sql.Composable:
        theirs = self.two[twin]
        value = {
            "referral_id": theirs.referral,
            "organisation_id": theirs.practice,
            "practice_id": theirs.practice,
        }.get(rule.column, theirs.person)
        return sql.SQL("{} = {}").format(sql.Identifier(rule.column), sql.Literal(value))

    def _sample(self, name: sql.Composable, where: sql.Composable) -> tuple[Any, ...]:
        query = sql.SQL("SELECT count(*), (array_agg(to_jsonb(t)))[1]::text FROM {} t WHERE {}").format(name, where)
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row


def blind_spots(statements: Iterable[Statement]) -> set[str]:
    """Tables in which one of the twins has no row: where nothing could leak, nothing is proven."""
    return {
        each.table
        for each in statements
        if not all(rows for twin, rows in zip(each.twins, each.rows, strict=True) if twin != OTHERS)
    }


def controls(owner: psycopg.Connection[Any], statements: Sequence[Statement]) -> list[str]:
    """Statements that do not even work for whom no policy holds: their denials would prove nothing."""
    owner.execute(_OUTCOMES)
    for table in {each.table for each in statements}:
        owner.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    row = owner.execute("SELECT pg_temp.outcomes(%s)", [[each.text for each in statements]]).fetchone()
    owner.rollback()
    assert row is not None
    return [
        f"{each.command} {each.table}"
        for each, came_to in zip(statements, row[0], strict=True)
        if came_to not in (CONSTRAINED, sum(each.rows))
    ]
