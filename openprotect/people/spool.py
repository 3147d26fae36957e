"""Rows of an import on their way: on disk, by table and partition, under the source's own ids."""

# ruff: noqa: S608 - DuckDB takes no parameters for names of tables and columns, nor for the files that it reads and
# writes. So those are put into the SQL here: names of TABLES and HIDDEN, whole numbers, paths that `quoted` quotes, and
# what ibis compiled, which quotes for itself. Nothing of what is imported is ever part of the SQL: values come as files or as
# parameters. The engine is in process, for one import, and sees nothing but what that import may see.
from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.people.population import IDENTITIES, TABLES

HIDDEN = {"row_hash": "UBIGINT", "nth": "USMALLINT", "entry": "VARCHAR", "origin": "USMALLINT"}
"""What spooled rows have besides their table's columns: a hash of all the source says in that row, which row of
one entry of the source it is (the first is 0), the source's own id of that entry, if it has one, and which of the
files of the import it was in."""


WITHDRAWN = 65535
"""As `nth`: a row that says only that the entry is not to be kept any more."""


class Spool:
    """Rows by table and partition. Memory does not grow with their number."""

    def __init__(self, engine: Backend, folder: Path, partitions: int) -> None:
        self.engine = engine
        self.folder = folder
        self.partitions = partitions
        self.spooled: set[str] = set()

    def add(self, name: str, rows: ir.Table) -> None:
        """Keep rows for a table: its columns, with the source's own ids as `person_id`, and HIDDEN."""
        columns = [f'CAST("{column}" AS {type_of(name, column)}) AS "{column}"' for column in TABLES[name]]
        columns += [f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in HIDDEN.items()]
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        part = f"{self.partition_of('person_id')} AS part"
        self.engine.con.execute("SET preserve_insertion_order = false")
        self.engine.con.execute(f"SET partitioned_write_flush_threshold = {max(2048, 500_000 // self.partitions)}")
        self.engine.con.execute(
            f"COPY (SELECT {', '.join(columns)}, {part} FROM ({self.engine.compile(rows)}))"
            f" TO {quoted(folder)} (FORMAT parquet, PARTITION_BY (part), APPEND)"
        )
        self.engine.con.execute("SET preserve_insertion_order = true")
        self.spooled.add(name)

    def rows(self, name: str, partition: int | None = None) -> str | None:
        """SQL of the spooled rows of a table, of one partition or all; None where there are none."""
        folder = self.folder / name
        at = "part=*" if partition is None else f"part={partition}"
        if name not in self.spooled or not any(folder.glob(f"{at}/*.parquet")):
            return None
        return f"(SELECT * EXCLUDE (part) FROM read_parquet({quoted(folder / at / '*.parquet')}, hive_partitioning = true))"

    def twice(self) -> Iterator[pa.Table]:
        """People who stand more than once, with other data each time: ids, in pieces."""
        for partition in range(self.partitions):
            if rows := self.rows("people", partition):
                yield self.engine.con.sql(
                    f"SELECT person_id AS value FROM {rows} GROUP BY 1 HAVING count(DISTINCT row_hash) > 1"
                ).to_arrow_table()

    def entries_twice(self, name: str, origin: int) -> pa.Table:
        """Entries of one file that stand more than once, with other data each time: their ids.

        The same id under two people is in two partitions, so all are looked at together, by a number for each id first.
        """
        rows = self.rows(name)
        if rows is None:
            return pa.table({"value": pa.array([], pa.string())})
        these = f"{rows} WHERE origin = {origin} AND entry IS NOT NULL AND nth < {WITHDRAWN}"
        self.engine.con.execute(
            f"CREATE OR REPLACE TEMP TABLE doubtful AS SELECT hash(entry) AS number FROM {these}"
            " GROUP BY 1 HAVING min(row_hash) <> max(row_hash)"
        )
        return self.engine.con.sql(
            f"SELECT entry AS value FROM {these} AND hash(entry) IN (SELECT number FROM doubtful)"
            " GROUP BY 1 HAVING count(DISTINCT row_hash) > 1"
        ).to_arrow_table()

    def codes(self, name: str, origin: int, systems: Collection[str]) -> Iterator[pa.RecordBatch]:
        """Each code of these systems in one file, with how many rows have it: columns code, records. In pieces."""
        rows = self.rows(name)
        if rows is None or "code" not in TABLES[name]:
            return
        these = ", ".join(f"'{system}'" for system in systems)
        yield from self.engine.con.sql(
            f"SELECT code, count(*) AS records FROM {rows}"
            f" WHERE origin = {origin} AND system IN ({these}) AND code IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).to_arrow_reader(100_000)

    def duplicates(self, name: str, origin: int) -> int:
        """How many entries of one file, of which a table is made, stand twice, word for word."""
        number = 0
        for partition in range(self.partitions):
            if rows := self.rows(name, partition):
                found = self.engine.con.execute(
                    f"SELECT count(*) - count(DISTINCT (person_id, row_hash)) FROM {rows}"
                    f" WHERE nth = 0 AND origin = {origin}"
                ).fetchone()
                number += found[0] if found else 0
        return number

    def partition_of(self, column: str) -> str:
        """SQL of the partition of whoever a column names."""
        return f"CAST(md5_number_lower({column}) % {self.partitions} AS INTEGER)"


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def kept_beside(name: str) -> str:
    """What a file holds besides the columns of its table: what a later import needs to know."""
    return "type_1_stated" if name == IDENTITIES else "entry"


def no_rows(name: str) -> str:
    columns = [f'CAST(NULL AS {type_of(name, column)}) AS "{column}"' for column in (*TABLES[name], kept_beside(name))]
    return f"SELECT {', '.join(columns)} WHERE false"


def type_of(name: str, column: str) -> str:
    beside = {"entry": "string", "type_1_stated": "boolean"}
    kind = beside.get(column) or str(TABLES[name][column])
    return {"string": "VARCHAR", "date": "DATE", "float64": "DOUBLE", "int8": "TINYINT", "boolean": "BOOLEAN"}[kind]
