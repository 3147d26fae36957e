"""What leaves the records with an extract of changes: people with everything, and entries by their source's own id.

An entry that comes anew leaves first, wherever it is: a result that was filed under another person may stand in
a partition into which nothing else came. So the ids of all entries are looked through for it, and nothing else is read.
"""

# ruff: noqa: S608 - see people/spool.py: nothing of what is imported is ever part of the SQL.
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from openprotect.people.population import IDENTITIES, TABLES
from openprotect.people.pseudonyms import Pseudonyms
from openprotect.people.spool import Spool

RECORDS = tuple(name for name in TABLES if name not in ("people", IDENTITIES))


@dataclass(frozen=True)
class Left:
    """How many of what was to go there were, and how many of them twice."""

    found: int
    twice: int


@dataclass
class Leaving:
    """What leaves. `there` is SQL of what the dataset holds of a table, of one partition or all."""

    engine: Backend
    pseudonyms: Pseudonyms
    spool: Spool
    there: Callable[..., str | None]

    def __post_init__(self) -> None:
        self.con = self.engine.con
        self.con.execute("CREATE TABLE gone (person_id VARCHAR, part INTEGER)")
        self.con.execute("CREATE TABLE moved (person_id VARCHAR, part INTEGER, heir VARCHAR, heir_part INTEGER)")
        self.con.execute("CREATE TABLE gone_entries (name VARCHAR, entry VARCHAR)")
        self.con.execute("CREATE TABLE left_from (name VARCHAR, part INTEGER, person_id VARCHAR, entry VARCHAR)")

    def add(self, rows: ir.Table) -> Left:
        """Everything of the people in `person_id`, and the entries in `entry` (the source's own ids), go."""
        sql = self.engine.compile(rows.select(person_id=rows.person_id.cast("string"), entry=rows.entry.cast("string")))
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE to_go AS {sql}")
        self.con.execute(
            f"INSERT INTO gone SELECT DISTINCT {self.pseudonyms.sql('person_id')}, {self.spool.partition_of('person_id')}"
            " FROM to_go WHERE person_id IS NOT NULL"
        )
        entries = f"SELECT DISTINCT {self.pseudonyms.sql('entry')} AS entry FROM to_go WHERE entry IS NOT NULL"
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE entries_to_go AS {entries}")
        number = "SELECT count(*) - count(DISTINCT (person_id, entry)) FROM to_go"
        found = [
            f"(SELECT count(DISTINCT entry) FROM {there} WHERE entry IN (SELECT entry FROM entries_to_go))"
            for name in RECORDS
            if (there := self.there(name))
        ]
        if there := self.there(IDENTITIES):
            ids = f"SELECT {self.pseudonyms.sql('person_id')} FROM to_go WHERE person_id IS NOT NULL"
            found.append(f"(SELECT count(DISTINCT person_id) FROM {there} WHERE person_id IN ({ids}))")
        for name in RECORDS:
            self.con.execute("INSERT INTO gone_entries SELECT ?, entry FROM entries_to_go", [name])
        (counted,) = self.con.execute(f"SELECT {' + '.join(found) or '0'}, ({number})").fetchall()
        return Left(*counted)

    def move(self, rows: ir.Table) -> None:
        """All that is known of people in `person_id` goes to their `heir`, and they themselves go."""
        ids = self.engine.compile(rows.select("person_id", "heir"))
        own, partition = self.pseudonyms.sql, self.spool.partition_of
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE to_move AS {ids}")
        self.con.execute(
            f"INSERT INTO moved SELECT {own('person_id')}, {partition('person_id')}, {own('heir')}, {partition('heir')}"
            " FROM to_move"
        )
        self.con.execute("INSERT INTO gone SELECT person_id, part FROM moved")

    def arriving(self, name: str, partition: int, columns: Sequence[str]) -> list[str]:
        """SQL of what is there of a table about people who move into a partition, under their new names."""
        parts = self.con.execute("SELECT DISTINCT part FROM moved WHERE heir_part = ?", [partition]).fetchall()
        own = ", ".join("m.heir" if column == '"person_id"' else f"t.{column}" for column in columns)
        return [
            f"SELECT {own} FROM {there} t"
            f" JOIN moved m ON t.person_id = m.person_id WHERE m.heir_part = {partition}"
            f" AND (t.entry IS NULL OR t.entry NOT IN ({self.entries(name, part)}))"
            for (part,) in parts
            if (there := self.there(name, part))
        ]

    def close(self) -> None:
        """Nothing more comes: find where the entries are that go or come anew."""
        for name in RECORDS:
            if came := self.spool.rows(name):
                self.con.execute(
                    f"INSERT INTO gone_entries SELECT DISTINCT '{name}', {self.pseudonyms.sql('entry')}"
                    f" FROM {came} WHERE entry IS NOT NULL"
                )
            if there := self.there(name):
                self.con.execute(
                    f"INSERT INTO left_from SELECT DISTINCT '{name}', part, person_id, entry FROM {there}"
                    f" WHERE entry IN (SELECT entry FROM gone_entries WHERE name = '{name}')"
                )

    def entries(self, name: str, partition: int) -> str:
        """SQL of the entries of a table that go from a partition, or come anew."""
        return f"SELECT entry FROM left_from WHERE name = '{name}' AND part = {partition}"

    def people_at(self, partition: int) -> bool:
        """Whether somebody leaves a partition, or moves into it."""
        found = "SELECT 1 FROM gone WHERE part = $1 UNION ALL SELECT 1 FROM moved WHERE heir_part = $1 LIMIT 1"
        return bool(self.con.execute(found, [partition]).fetchall())

    def tables_of(self, partition: int) -> set[str]:
        """The tables of a partition from which an entry goes."""
        found = self.con.execute("SELECT DISTINCT name FROM left_from WHERE part = ?", [partition]).fetchall()
        return {name for (name,) in found}
