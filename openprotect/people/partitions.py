"""An import into the population plane: rows are spooled by partition, then each partition is written anew.

A partition holds all that is known of its people, so that what came in twice, who is not there
and what has changed is found within one, whatever the size of the whole. A file is named by its
content: a partition in which nothing has changed keeps the files it had.
"""

# ruff: noqa: S608 - see spool.py: nothing of what is imported is ever part of the SQL.
from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.people.leaving import Leaving, Left
from openprotect.people.population import (
    DATES,
    IDENTITIES,
    SOURCES,
    TABLES,
    AnotherKey,
    Manifest,
    NoSuchDataset,
    OldDataset,
    Part,
    Population,
    Totals,
    keep,
    sha256_of,
)
from openprotect.people.spool import WITHDRAWN, Spool, kept_beside, no_rows, quoted

READER = 3
"""Counts up when the same files would be read otherwise, so that they are not taken for the same import."""

BYTES_A_PARTITION = 16 * 2**20
MOST_PARTITIONS = 256
_OPT_OUTS = tomllib.loads(resources.files(__package__).joinpath("type_1_opt_outs.toml").read_text(encoding="utf-8"))
# A run of a cohort reads all of it: unpacking LZ4 is cheaper than Zstandard, and a dictionary of codes for the whole
# file than one for each part (a tenth of a run's time, for a quarter more space).
KEPT_AS = "(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 1048576)"


def partitions_for(size: int) -> int:
    """How many partitions records of so many bytes are kept in: a power of two."""
    number = 1
    while number < MOST_PARTITIONS and number * BYTES_A_PARTITION < size:
        number *= 2
    return number


@dataclass
class Import:
    """A dataset that is being written. `work` is a folder for what is needed on the way.

    With `changes` the rows are added to what is there; without, they take its place.
    """

    population: Population
    dataset: str
    work: Path
    engine: Backend
    size: int
    changes: bool = False
    parts: dict[str, list[Part]] = field(default_factory=dict)
    counted: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pseudonyms = self.population.pseudonyms(self.dataset)
        self.before = self._before()
        self.partitions = partitions_for(self.size)
        if self.before and (self.changes or self.before.partitions >= self.partitions // 2):
            self.partitions = max(self.before.partitions, 1)
        self.spool = Spool(self.engine, self.work / "spool", self.partitions)
        self.con = self.engine.con
        self.con.execute("CREATE TABLE pads (inner_pad BLOB, outer_pad BLOB)")
        self.con.execute("INSERT INTO pads VALUES (?, ?)", list(self.pseudonyms.pads()))
        self.leaving = Leaving(self.engine, self.pseudonyms, self.spool, self._there)

    def _before(self) -> Manifest | None:
        """What the dataset is now; None where there is nothing to go on from."""
        try:
            found = self.population.manifest(self.dataset)
        except (NoSuchDataset, OldDataset):
            if self.changes:
                raise
            return None
        if found.key != self.pseudonyms.check:
            if self.changes:
                raise AnotherKey(dataset=self.dataset)
            return None
        return found

    def is_the_same(self, source: str, files: Mapping[str, str], sources: Mapping[str, str]) -> bool:
        """Whether exactly these files (name -> SHA-256) are what the dataset was last made of.

        What was only added to others takes their place when it comes as all there is.
        """
        then = self.before
        return (
            then is not None
            and (then.whole or self.changes)
            and (then.source, then.reader, dict(then.sources)) == (source, READER, dict(sources))
            and {name: totals.sha256 for name, totals in then.files.items()} == dict(files)
        )

    # Rows come in.

    def remove(self, rows: ir.Table) -> Left:
        """Everything of people (the source's own ids in `person_id`) and entries (`entry`) go before rows are added."""
        return self.leaving.add(rows)

    def _touched(self, partition: int) -> set[str]:
        """The tables of a partition that have to be written anew: all, where the rows take the place of others."""
        if not self.changes or self.leaving.people_at(partition):
            return set(TABLES)
        found = {name for name in TABLES if self.spool.rows(name, partition)} | self.leaving.tables_of(partition)
        return found | {IDENTITIES} if "events" in found else found  # a word on opting out may be among them

    # What cannot be is found before anything is written.

    def strangers(self, name: str, origin: int) -> Iterator[pa.Table]:
        """Ids in a table that are nobody's among the people, in pieces."""
        for partition in range(self.partitions):
            rows = self.spool.rows(name, partition)
            if rows is None:
                continue
            people = [f"SELECT person_id FROM {own}" for own in [self.spool.rows("people", partition)] if own]
            if self.changes and (there := self._there(IDENTITIES, partition)):
                people.append(f"SELECT source_id FROM {there} WHERE person_id NOT IN (SELECT person_id FROM gone)")
            known = " UNION ALL ".join(people) or "SELECT NULL WHERE false"
            yield self.con.sql(
                f"SELECT DISTINCT r.person_id AS value FROM {rows} r"
                f" WHERE r.origin = {origin} AND r.nth < {WITHDRAWN} AND r.person_id NOT IN (SELECT * FROM ({known}))"
            ).to_arrow_table()

    def shared_numbers(self) -> pa.Table:
        """NHS numbers that stand for more than one person."""
        rows = self.spool.rows(IDENTITIES)
        if rows is None:
            return pa.table({"value": pa.array([], pa.string())})
        people = f"SELECT nhs_number, person_id FROM {rows} WHERE nhs_number IS NOT NULL"
        if self.changes and (there := self._there(IDENTITIES)):
            people += (
                f" UNION ALL SELECT nhs_number, source_id FROM {there} WHERE nhs_number IS NOT NULL"
                f" AND source_id NOT IN (SELECT person_id FROM {rows})"
                " AND person_id NOT IN (SELECT person_id FROM gone)"
            )
        return self.con.sql(
            f"SELECT nhs_number AS value FROM ({people}) GROUP BY 1 HAVING count(DISTINCT person_id) > 1"
        ).to_arrow_table()

    # Partition by partition, what is there is written anew.

    def write(self) -> None:
        """Write every partition that something came in for, or all of them where the rows take the place of others."""
        names = [*(name for name in TABLES if name != IDENTITIES), IDENTITIES]  # identities look at events
        self.counted = {name: {"added": 0, "changed": 0, "removed": 0} for name in TABLES}
        self.parts = {name: [] for name in TABLES}
        if self.changes:
            self.leaving.close()
        for partition in range(self.partitions):
            touched = self._touched(partition)
            self._map(partition)
            if IDENTITIES in touched and "events" not in touched:
                self._opt_outs(self._there("events", partition) or f"({no_rows('events')})")
            for name in names:
                kept = self._parts_before(name, partition)
                self.parts[name] += self._written(name, partition) if name in touched else kept
        for name in TABLES:
            if not self.parts[name]:
                self.parts[name] = [self._empty(name)]
        self._count_gone()

    def finish(
        self,
        *,
        source: str,
        files: Mapping[str, Totals],
        sources: Mapping[str, str],
        notes: Sequence[str],
        now: datetime,
    ) -> Manifest:
        """Switch to what was written; refuses totals that do not add up, which would be a fault of ours."""
        for name, totals in files.items():
            if not totals.add_up:
                raise ArithmeticError(f"{name}: {totals}")
        for name in TABLES:
            keep(self._folder(name))
        manifest = Manifest(
            dataset=self.dataset,
            source=source,
            imported_at=now.isoformat(),
            files=dict(files),
            tables={name: sum(part.rows for part in parts) for name, parts in self.parts.items()},
            sources=dict(SOURCES) | dict(sources),
            changes=self.counted,
            partitions=self.partitions,
            parts={name: tuple(parts) for name, parts in self.parts.items()},
            key=self.pseudonyms.check,
            reader=READER,
            notes=tuple(notes),
            whole=not self.changes,
        )
        self.population.switch(manifest)
        return manifest

    def _map(self, partition: int) -> None:
        """`known`: the pseudonym of everybody of whom something came in for a partition."""
        ids = " UNION ".join(
            f"SELECT DISTINCT person_id FROM {rows}" for name in TABLES if (rows := self.spool.rows(name, partition))
        )
        found = f"SELECT person_id AS source_id, {self.pseudonyms.sql('person_id')} AS person_id FROM ({ids})"
        nobody = "SELECT '' AS source_id, '' AS person_id WHERE false"
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE known AS {found if ids else nobody}")
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE about AS SELECT person_id FROM known UNION SELECT person_id FROM gone"
            f" UNION SELECT heir FROM moved WHERE heir_part = {partition}"
            f" UNION SELECT person_id FROM left_from WHERE part = {partition}"
        )

    def _written(self, name: str, partition: int) -> list[Part]:
        columns = [f'"{column}"' for column in TABLES[name]]
        own = [*columns, kept_beside(name)]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {self._fresh(name, partition, own)}")
        if self.changes:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {self._merged(name, partition, own)}")
        if name == "events":
            self._opt_outs("fresh")
        elif name == IDENTITIES:
            self.con.execute(
                "UPDATE fresh SET type_1_opt_out ="
                " coalesce(type_1_stated, false) OR person_id IN (SELECT person_id FROM opted_out)"
            )
        before = self._parts_before(name, partition)
        if before and self._is_unchanged(name, partition, own):
            return before
        draft = self._folder(name) / f".{partition}.draft"
        made = self.con.execute(
            f"COPY (SELECT {', '.join(own)} FROM fresh ORDER BY ALL) TO {quoted(draft)} {KEPT_AS}"
        ).fetchone()
        rows = made[0] if made else 0
        self._count(name, partition)
        if not rows:
            draft.unlink()
            return []
        file = f"{partition:03}-{sha256_of(draft)[:16]}.parquet"
        _settle(draft, self._folder(name) / file)
        return [Part(partition, file, rows, self._latest(name))]

    def _fresh(self, name: str, partition: int, columns: Sequence[str]) -> str:
        rows = self.spool.rows(name, partition)
        if rows is None:
            return no_rows(name)
        entry = f"CASE WHEN entry IS NULL THEN NULL ELSE {self.pseudonyms.sql('entry')} END AS entry"
        special = {'"person_id"': "k.person_id", '"source_id"': "k.source_id", "entry": entry}
        special["type_1_stated"] = "type_1_opt_out AS type_1_stated"
        chosen = [special.get(column, column) for column in columns]
        # A row is a duplicate if all of it stands twice, the columns we do not use included.
        return (
            f"SELECT {', '.join(chosen)} FROM (SELECT DISTINCT * EXCLUDE (nth) FROM {rows} WHERE nth < {WITHDRAWN}) r"
            " JOIN known k ON k.source_id = r.person_id"
        )

    def _merged(self, name: str, partition: int, columns: Sequence[str]) -> str:
        """What is there, without what is replaced or removed, and with what is new or moves here."""
        chosen = ", ".join(columns)
        there = self._there(name, partition) or f"({no_rows(name)})"
        gone = "SELECT person_id FROM gone"
        if name in ("people", IDENTITIES):
            kept = f"SELECT {chosen} FROM {there} WHERE person_id NOT IN (SELECT person_id FROM fresh UNION ALL {gone})"
            return f"{kept} UNION ALL SELECT {chosen} FROM fresh"
        stay = [
            f"SELECT {chosen} FROM {there} WHERE person_id NOT IN ({gone})"
            f" AND (entry IS NULL OR entry NOT IN ({self.leaving.entries(name, partition)}))",
            *self.leaving.arriving(name, partition, columns),
        ]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE kept AS {' UNION ALL '.join(stay)}")
        # Only rows of people of whom something came in can be there already.
        same = "SELECT * FROM kept WHERE person_id IN (SELECT person_id FROM fresh)"
        return f"SELECT * FROM kept UNION ALL (SELECT {chosen} FROM fresh EXCEPT ALL ({same}))"

    def _opt_outs(self, events: str) -> None:
        """`opted_out`: whose latest coded word on the use of their GP records is no, a no winning on the same day."""
        dissent, withdrawn = (", ".join(f"'{code}'" for code in _OPT_OUTS[key]) for key in ("dissent", "withdrawn"))
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE opted_out AS SELECT person_id FROM "
            f"{events} WHERE system = 'snomed' AND code IN ({dissent}, {withdrawn}) GROUP BY 1"
            f" HAVING arg_max(code IN ({dissent}), (date, code IN ({dissent})))"
        )

    def _there(self, name: str, partition: int | None = None) -> str | None:
        """SQL of what the dataset holds of a table now."""
        parts = self.before.parts[name] if self.before else ()
        files = [
            quoted(self.population.path(self.dataset, name, part))
            for part in parts
            if part.rows and (partition is None or part.partition == partition)
        ]
        if not files:
            return None
        part = "CAST(left(parse_filename(filename), 3) AS INTEGER) AS part"
        return f"(SELECT * EXCLUDE (filename), {part} FROM read_parquet([{', '.join(files)}], filename = true))"

    def _parts_before(self, name: str, partition: int) -> list[Part]:
        if self.before is None or self.before.partitions != self.partitions:
            return []
        return [part for part in self.before.parts[name] if part.partition == partition and part.rows]

    def _latest(self, name: str) -> str | None:
        if name not in DATES:
            return None
        found = self.con.execute(f"SELECT max({DATES[name]}) FROM fresh").fetchone()
        return str(found[0]) if found and found[0] else None

    def _these(self) -> str:
        """Which rows an import can have changed: of changes, those of whoever something came in about."""
        return "WHERE person_id IN (SELECT person_id FROM about)" if self.changes else ""

    def _is_unchanged(self, name: str, partition: int, columns: Sequence[str]) -> bool:
        there, these = self._there(name, partition), self._these()
        chosen = ", ".join(columns)
        found = self.con.execute(
            f"SELECT (SELECT count(*) FROM fresh {these}) = (SELECT count(*) FROM {there} {these}) AND NOT EXISTS"
            f" (SELECT {chosen} FROM fresh {these} EXCEPT ALL SELECT {chosen} FROM {there} {these})"
        ).fetchone()
        return bool(found and found[0])

    def _count(self, name: str, partition: int) -> None:
        """What is in `fresh` and was not there, and the other way round."""
        there = self._there(name, partition) if self._parts_before(name, partition) else None
        if there is None:
            counted = self.con.execute("SELECT count(*) FROM fresh").fetchone()
            self.counted[name]["added"] += counted[0] if counted else 0
            return
        columns = ", ".join(f'"{column}"' for column in TABLES[name])
        old = f"SELECT {columns} FROM {there} {self._these()}"
        new = f"SELECT {columns} FROM fresh {self._these()}"
        if name in ("people", IDENTITIES):
            old_ids, new_ids = (f"SELECT person_id FROM ({rows})" for rows in (old, new))
            counts = (
                f"(SELECT count(*) FROM ({new_ids} EXCEPT {old_ids}))",
                f"(SELECT count(*) FROM ({new} EXCEPT {old}) WHERE person_id IN ({old_ids}))",
                f"(SELECT count(*) FROM ({old_ids} EXCEPT {new_ids}))",
            )
        else:
            counts = (
                f"(SELECT count(*) FROM ({new} EXCEPT ALL {old}))",
                "0",
                f"(SELECT count(*) FROM ({old} EXCEPT ALL {new}))",
            )
        found = self.con.execute(f"SELECT {', '.join(counts)}").fetchone()
        for what, number in zip(("added", "changed", "removed"), found or (0, 0, 0), strict=True):
            self.counted[name][what] += number

    def _count_gone(self) -> None:
        """Where the partitions are others than before, all that was there was written anew."""
        if self.before is not None and self.before.partitions != self.partitions:
            for name, rows in self.before.tables.items():
                self.counted[name]["removed"] += rows

    def _empty(self, name: str) -> Part:
        """A table without rows is a file without rows."""
        draft = self._folder(name) / ".empty.draft"
        self.con.execute(f"COPY ({no_rows(name)}) TO {quoted(draft)} {KEPT_AS}")
        _settle(draft, self._folder(name) / "empty.parquet")
        return Part(0, "empty.parquet", 0)

    def _folder(self, name: str) -> Path:
        top = self.population.identities if name == IDENTITIES else self.population.folder
        folder = top / self.dataset / name
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, exist_ok=True)
        return folder


def _settle(draft: Path, path: Path) -> None:
    """A file takes its name when all of it is on the disk; one of that name is the same."""
    if path.exists():
        draft.unlink()
        return
    os.chmod(draft, 0o600)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
