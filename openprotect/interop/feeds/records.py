"""Records of a whole population come in: checked whole, then written whole, or not at all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.record_columns import Column
from openprotect.interop.feeds.record_files import SHOWN, RecordFile, open_record_file, ragged_rows
from openprotect.lib.errors import BadInput, Fault
from openprotect.people.population import TABLES, Import, Manifest, Population, Totals, engine, sha256_of


class RecordsHaveFaults(BadInput):
    """The records have faults, so nothing was imported."""


@dataclass(frozen=True)
class Source:
    """A file of a format: its columns, and the tables of a dataset that are made from it.

    `person` is the column of the person's id; `into` makes each table from the typed columns;
    `order` names pairs of dates of which the second may not be before the first.
    """

    file: str
    columns: tuple[Column, ...]
    person: str
    into: Mapping[str, Callable[[ir.Table], ir.Table]]
    order: tuple[tuple[str, str], ...] = ()
    unique: tuple[str, ...] = ()  # further columns in which no value may stand for two people
    may_be_absent: bool = False


@dataclass(frozen=True)
class RecordFormat:
    """How one kind of extract is read: the file of people, and the files about them."""

    name: str
    people: Source
    others: tuple[Source, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.people, *self.others)


@dataclass(frozen=True)
class Imported:
    """What was imported, and what has to be said about it."""

    manifest: Manifest
    notes: tuple[str, ...]


def import_records(
    folder: Path, *, form: RecordFormat, population: Population, dataset: str, now: datetime
) -> Imported:
    """Bring the files in `folder` into `population` as `dataset`, in place of what it held.

    Raises RecordsHaveFaults with every fault (at most 50 of a kind, with their number), or
    NotADatasetName; then nothing has changed.
    """
    with population.importing(dataset) as writing:
        return _Importing(folder, form, writing, now).run()


@dataclass
class _Importing:
    folder: Path
    form: RecordFormat
    writing: Import
    now: datetime
    faults: list[Fault] = field(default_factory=list)
    tables: dict[str, ir.Table] = field(default_factory=dict)  # by file, typed
    files: dict[str, RecordFile] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def run(self) -> Imported:
        self.engine: Backend = engine(self.writing.work)
        try:
            for check in (self.open, self.read):  # cells mean something only where the form is right
                for source in self.form.sources:
                    check(source)
                self.refuse_faults()
            self.people()
            self.refuse_faults()
            totals = self.write()
        finally:
            self.engine.disconnect()
        manifest = self.writing.finish(source=self.form.name, files=totals, now=self.now)
        return Imported(manifest, tuple(file.note for file in self.files.values() if file.note))

    def refuse_faults(self) -> None:
        if self.faults:
            raise RecordsHaveFaults(self.faults)

    def open(self, source: Source) -> None:
        path = self.folder / source.file
        if not path.is_file():
            if not source.may_be_absent:
                self.faults.append(Fault(source.file, "", "", "no such file", f"it in {self.folder}"))
            return
        known = {column.name: column.present for column in source.columns}
        file = open_record_file(path, known, self.writing.work, self.faults)
        if file is not None and ragged_rows(file, self.engine, self.faults):
            self.files[source.file] = file

    def read(self, source: Source) -> None:
        if source.file not in self.files:
            return
        file = self.files[source.file]
        raw = file.table(self.engine)
        columns = [column for column in source.columns if column.name in file.columns]
        self.cells(file, raw, columns)
        typed = raw.select(**{column.name: column.typed(raw[column.name]) for column in columns})
        self.order(file, typed, source)
        self.tables[source.file] = typed

    def cells(self, file: RecordFile, raw: ir.Table, columns: list[Column]) -> None:
        """Every cell that cannot be read is a fault. One pass, and a second one only where there are some."""
        today = self.now.date()
        counts = {column.name: column.wrong(raw[column.name], today).sum() for column in columns}
        found = self.one(raw.aggregate(**counts, rows_=raw.count()))
        self.rows[file.name] = found["rows_"]
        for column in columns:
            if found[column.name]:
                self.wrong_cells(file, raw, column, found[column.name], today)

    def wrong_cells(self, file: RecordFile, raw: ir.Table, column: Column, number: int, today: date) -> None:
        rows = raw.select(cell=raw[column.name], row=ibis.row_number() + 2)
        for row in self.first(rows.filter(column.wrong(rows.cell, today))):
            self.fault(file, row["row"], column.name, row["cell"] or "", column.expected)
        self.more(file, column.name, number)

    def order(self, file: RecordFile, typed: ir.Table, source: Source) -> None:
        for first, second in source.order:
            rows = typed.select(first=typed[first], second=typed[second], row=ibis.row_number() + 2)
            wrong = rows.filter(rows.second < rows.first)
            if number := self.count(wrong):
                for row in self.first(wrong):
                    self.fault(file, row["row"], second, row["second"], f"a day not before {first}")
                self.more(file, second, number)

    def people(self) -> None:
        """Each person once, and nobody else's records."""
        people = self.form.people
        rows = self.tables[people.file]
        distinct = rows.distinct()
        for column in (people.person, *people.unique):
            twice = distinct.group_by(column).aggregate(n=distinct.count()).filter(lambda t: t.n > 1)
            self.listed(people, column, twice, "each once: another row has it with other data")
        for source in self.form.others:
            if source.file in self.tables:
                about = self.tables[source.file]
                known = rows.select(known=rows[people.person]).distinct()
                strangers = about.anti_join(known, about[source.person] == known.known)
                self.listed(source, source.person, strangers, f"a person who is in {people.file}")

    def listed(self, source: Source, column: str, values: ir.Table, expected: str) -> None:
        """Every row of the file whose cell in `column` is among `values` is a fault."""
        values = values.select(value=values[column]).filter(lambda t: t.value.notnull()).distinct()
        if not self.count(values):
            return
        table = self.tables[source.file]
        rows = table.select(cell=table[column], row=ibis.row_number() + 2)
        wrong = rows.semi_join(values, rows.cell == values.value)
        file = self.files[source.file]
        for row in self.first(wrong):
            self.fault(file, row["row"], column, row["cell"], expected)
        self.more(file, column, self.count(wrong))

    def write(self) -> dict[str, Totals]:
        totals = {}
        for source in self.form.sources:
            table = self.tables.get(source.file)
            kept = 0
            for name, make in source.into.items():
                # A row is a duplicate if all of it stands twice, the columns we do not use included.
                rows = None if table is None else make(table.distinct())
                kept = self.writing.write(self.engine, name, rows)
            if table is not None:
                number = self.rows[source.file]
                digest = sha256_of(self.folder / source.file)
                totals[source.file] = Totals(number, kept, number - kept, digest)
        for name in TABLES.keys() - self.writing.rows.keys():
            self.writing.write(self.engine, name, None)
        return totals

    def one(self, row: ir.Table) -> dict[str, int]:
        found: dict[str, int] = self.engine.to_pyarrow(row).to_pylist()[0]
        return found

    def count(self, rows: ir.Table) -> int:
        return self.one(rows.aggregate(n=rows.count()))["n"]

    def first(self, wrong: ir.Table) -> Iterator[dict[str, object]]:
        yield from self.engine.to_pyarrow(wrong.order_by("row").limit(SHOWN)).to_pylist()

    def fault(self, file: RecordFile, row: object, column: str, read: object, expected: str) -> None:
        self.faults.append(Fault(file.name, f"row {row}", column, shown(str(read)), expected))

    def more(self, file: RecordFile, column: str, number: int) -> None:
        if number > SHOWN:
            read = f"{number - SHOWN} more like these, {number} in all"
            self.faults.append(Fault(file.name, "", column, read, "none"))
