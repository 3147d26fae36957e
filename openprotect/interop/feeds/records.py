"""Records of a whole population come in: checked whole, then written whole, or not at all.

A format says which files it finds, and reads each into checked rows with columns of its own. What
follows is the same for all: rows are spooled by partition, people are held against each other and
the records against the people, and the partitions are written. Memory does not grow with the files.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.lib.errors import BadInput, Fault, Refusal
from openprotect.people.leaving import Left
from openprotect.people.partitions import Import
from openprotect.people.population import (
    IDENTITIES,
    SOURCES,
    TABLES,
    Manifest,
    Population,
    Totals,
    engine,
    is_source,
    sha256_of,
)
from openprotect.programmes.codelists import is_a_concept

MEMORY = "256MB"
CHECKED = ("snomed", "dmd")
"""The systems whose codes end in a check digit."""
UNKNOWN = "of what is not in the records"
SHOWN = 50
"""How many faults of a kind are said one by one."""

Columns = Callable[[ir.Table], Mapping[str, ir.Value]]
"""From the rows of a source to the columns of a table; those it leaves out are not known."""


class RecordsHaveFaults(BadInput):
    """The records have faults, so nothing was imported."""


class NotASource(Refusal):
    """'{given}' does not say where the records of a table come from. Write TABLE=SOURCE, such as
    events=hospital_records: a table is one of {tables}, a source a name of small letters, digits, _ and -.
    """


class AnotherSource(Refusal):
    """The {table} of the records '{dataset}' come from {before}, and what is added to them cannot come from {given}: a legal
    basis covers a table as a whole. Keep them in a dataset of their own, or import all of it anew.
    """


@dataclass(frozen=True)
class Incoming:
    """Checked rows of one source. `rows` have `row_hash`, `nth` and `entry` besides columns of their own.

    `person` is the column of the person's id, `unique` are columns in which no value may stand for
    two people. `wrong` adds a fault for each row of the source whose cell in a column is among values.
    """

    name: str
    rows: ir.Table
    person: str
    into: Mapping[str, Columns]
    total: int
    wrong: Callable[[str, Sequence[object], str], None]
    skipped: Mapping[str, int] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    entry: str = ""  # the column of the source's own id of a row
    is_people: bool = False
    removes: bool = False  # these people, and the entries in `entry`, go before anything else is taken in
    moves: ir.Table | None = (
        None  # of everybody in `person_id` all that is known goes to `heir`, and they themselves go
    )


@dataclass
class Reading:
    """What a format needs for reading, and where it says what it found wrong or worth saying."""

    engine: Backend
    work: Path
    now: datetime
    changes: bool
    before: ir.Table | None = None  # with changes, who is there: columns source_id, nhs_number and others
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def one(self, row: ir.Table) -> dict[str, int]:
        """The only row of an expression."""
        found: dict[str, int] = self.engine.to_pyarrow(row).to_pylist()[0]
        return found

    def refuse_faults(self) -> None:
        if self.faults:
            raise RecordsHaveFaults(self.faults)


class RecordFormat(Protocol):
    """How one kind of extract is read."""

    @property
    def name(self) -> str: ...

    def find(self, folder: Path, *, changes: bool) -> tuple[Mapping[str, Sequence[Path]], list[Fault]]:
        """The files of an extract, by the name under which they are counted, and what is missing."""

    def read(self, found: Mapping[str, Sequence[Path]], reading: Reading) -> list[Incoming]:
        """Every source of the extract, people first. Raises RecordsHaveFaults where a file is wrong in itself."""


@dataclass(frozen=True)
class Imported:
    """What was imported, and what has to be said about it. `same` is an extract that was in already."""

    manifest: Manifest
    notes: tuple[str, ...]
    same: bool = False


def import_records(
    folder: Path,
    *,
    form: RecordFormat,
    population: Population,
    dataset: str,
    now: datetime,
    changes: bool = False,
    sources: Mapping[str, str] | None = None,
) -> Imported:
    """Bring the files in `folder` into `population` as `dataset`, in place of what it held.

    With `changes` they are added to what it holds. `sources` says of tables where they come from, where
    that is not as `SOURCES` has it. The same files again change nothing and are only read for their hash.

    Raises RecordsHaveFaults with every fault (at most 50 of a kind, with their number),
    NotADatasetName, and with `changes` NoSuchDataset, AnotherSource; then nothing has changed.
    """
    found, faults = form.find(folder, changes=changes)
    if faults:
        raise RecordsHaveFaults(faults)
    hashes = {name: _hash(paths) for name, paths in found.items()}
    with population.writing(dataset) as work:
        backend = engine(work, memory=MEMORY)
        try:
            size = sum(_size(path) for paths in found.values() for path in paths)
            writing = Import(population, dataset, work, backend, size, changes)
            come_from = _come_from(writing, sources or {})
            if writing.before and writing.is_the_same(form.name, hashes, come_from):
                population.mark_last(dataset)
                return Imported(writing.before, writing.before.notes, same=True)
            before = population.table(backend, dataset, IDENTITIES) if changes else None
            reading = Reading(backend, work, now, changes, before)
            incoming = form.read(found, reading)
            left = _spool(incoming, writing)
            _hold_against(incoming, writing)
            reading.refuse_faults()
            reading.notes += _mistyped(incoming, writing)
            totals = _totals(incoming, writing, hashes, left)
            writing.write()
            manifest = writing.finish(source=form.name, files=totals, sources=come_from, notes=reading.notes, now=now)
        finally:
            backend.disconnect()
    return Imported(manifest, manifest.notes)


def _come_from(writing: Import, given: Mapping[str, str]) -> dict[str, str]:
    """Where each table comes from; one to which rows are added, from where it came. Raises AnotherSource."""
    found = dict(SOURCES)
    if writing.changes and writing.before:
        found |= writing.before.sources
        for table, source in given.items():
            if found[table] != source and writing.before.tables[table]:
                raise AnotherSource(table=table, dataset=writing.dataset, before=found[table], given=source)
    return found | dict(given)


def sources_given(given: Sequence[str]) -> dict[str, str]:
    """TABLE=SOURCE, read. Raises NotASource."""
    found = {}
    for each in given:
        table, _, source = each.partition("=")
        if table not in SOURCES or not is_source(source):
            raise NotASource(given=each, tables=", ".join(SOURCES))
        found[table] = source
    return found


def _spool(incoming: Sequence[Incoming], writing: Import) -> dict[str, Left]:
    """Rows on their way, and what leaves."""
    left = {}
    for origin, source in enumerate(incoming):
        if source.removes:
            left[source.name] = writing.remove(
                source.rows.select(person_id=source.rows[source.person], entry=source.rows.entry)
            )
        if source.moves is not None and writing.changes:
            writing.leaving.move(source.moves)
        for name, make in source.into.items():
            made = make(source.rows)
            columns = {column: made.get(column, ibis.null("string")) for column in TABLES[name]}
            hidden = {column: source.rows[column] for column in ("row_hash", "nth", "entry")}
            writing.spool.add(name, source.rows.select(**columns, **hidden, origin=ibis.literal(origin)))
    return left


def _hold_against(incoming: Sequence[Incoming], writing: Import) -> None:
    """Each person once, no NHS number twice, and nobody else's records."""
    people = next((source.name for source in incoming if source.is_people), f"the records '{writing.dataset}'")
    for origin, source in enumerate(incoming):
        if source.is_people:
            if not writing.changes and writing.spool.rows("people") is None:
                nobody = Fault(source.name, "", "", "nobody", "at least one person, for all that was there before goes")
                raise RecordsHaveFaults([nobody])
            source.wrong(source.person, _values(writing.spool.twice()), "each once: another row has it with other data")
            for column in source.unique:
                shared = _values([writing.shared_numbers()])
                source.wrong(column, shared, "each once: another row has it with other data")
        for name in source.into:
            if not source.is_people:
                strangers = _values(writing.strangers(name, origin))
                source.wrong(source.person, strangers, f"a person who is in {people}")
            if source.entry and not source.is_people:
                twice = _values([writing.spool.entries_twice(name, origin)])
                source.wrong(source.entry, twice, "each once: another row has it with other data")


def _mistyped(incoming: Sequence[Incoming], writing: Import) -> list[str]:
    """A sentence for each file that has codes that cannot be codes: these are in no code list, which are held to the same."""
    said = []
    for origin, source in enumerate(incoming):
        codes, records, first = 0, 0, ""
        for name in source.into:
            for piece in writing.spool.codes(name, origin, CHECKED):
                for row in piece.to_pylist():
                    if not is_a_concept(row["code"]):
                        codes, records, first = codes + 1, records + row["records"], first or row["code"]
        if codes:
            many = f"{codes:,} codes" if codes > 1 else "1 code"
            said.append(
                f"{source.name}: {many} in {records:,} {'rows' if records > 1 else 'row'} with a wrong check digit, or rounded by "
                f"a spreadsheet, such as {first}. No code list has such a code, so no rule finds these rows."
            )
    return said


def _totals(
    incoming: Sequence[Incoming], writing: Import, hashes: Mapping[str, str], left: Mapping[str, Left]
) -> dict[str, Totals]:
    totals = {}
    for origin, source in enumerate(incoming):
        skipped = dict(source.skipped)
        kept = source.total - sum(skipped.values())
        if gone := left.get(source.name):
            twice = gone.twice
            if unknown := kept - twice - gone.found:
                skipped[UNKNOWN] = unknown
            kept = gone.found
        else:
            twice = writing.spool.duplicates(next(iter(source.into)), origin) if source.into else 0
            kept -= twice
        totals[source.name] = Totals(source.total, kept, twice, hashes[source.name], skipped)
    return totals


def _values(pieces: Iterator[pa.Table] | Sequence[pa.Table]) -> list[object]:
    """At most as many as would ever be shown, and some more so that their number can be said."""
    found: list[object] = []
    for piece in pieces:
        found += piece["value"].to_pylist()
        if len(found) > 1000 * SHOWN:
            break
    return found


def _hash(paths: Sequence[Path]) -> str:
    each = [sha256_of(file) for path in paths for file in _files(path)]
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]
