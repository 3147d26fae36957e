"""Extracts as files of rows: one file a table, CSV or Parquet, every cell checked before anything is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import ibis.expr.types as ir

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.record_columns import Column
from openprotect.interop.feeds.record_files import RecordFile, open_record_file, ragged
from openprotect.interop.feeds.records import SHOWN, Columns, Incoming, Reading
from openprotect.lib.errors import Fault

_WITH_CHANGES = "the option --changes, for this is an extract of changes; a whole extract has no such file"


@dataclass(frozen=True)
class Source:
    """A file of a format: its columns, and the tables of a dataset that are made from it.

    `person` is the column of the person's id; `into` makes each table from the typed columns;
    `order` names pairs of dates of which the second may not be before the first; `skip` says which
    rows are left out, and counted under a reason; `entry` is the column of the source's own id of a row.
    """

    file: str
    columns: tuple[Column, ...]
    person: str
    into: Mapping[str, Columns]
    order: tuple[tuple[str, str], ...] = ()
    unique: tuple[str, ...] = ()  # further columns in which no value may stand for two people
    may_be_absent: bool = False
    skip: Mapping[str, Callable[[ir.Table], ir.BooleanValue]] = field(default_factory=dict)
    entry: str = ""


@dataclass(frozen=True)
class Tabular:
    """How one kind of extract is read: the file of people, and the files about them.

    With `parquet` each may be a Parquet file (or a folder of them) instead of CSV. `removed` is the
    file that only an extract of changes may have: people of whom everything goes.
    """

    name: str
    people: Source
    others: tuple[Source, ...]
    parquet: bool = False
    removed: Source | None = None

    def sources(self, *, changes: bool) -> tuple[Source, ...]:
        return (self.people, *self.others, *([self.removed] if changes and self.removed else []))

    def find(self, folder: Path, *, changes: bool) -> tuple[Mapping[str, Sequence[Path]], list[Fault]]:
        """The files that are there; a fault for each that has to be and is not, or is there twice."""
        found: dict[str, Sequence[Path]] = {}
        faults = []
        for source in self.sources(changes=changes):
            names = [source.file, *([_as_parquet(source.file)] if self.parquet else [])]
            there = [folder / name for name in names if (folder / name).exists()]
            if len(there) > 1:
                faults.append(Fault(source.file, "", "", f"{names[1]} beside it", "one of the two"))
            elif there:
                found[there[0].name] = there
            elif not source.may_be_absent and not changes:
                faults.append(Fault(source.file, "", "", "no such file", f"it in {folder}"))
        if self.removed and not changes:  # what holds only changes would take the place of everybody
            names = [self.removed.file, _as_parquet(self.removed.file)]
            faults += [
                Fault(name, "", "", "people who leave the records", _WITH_CHANGES)
                for name in names
                if (folder / name).exists()
            ]
        if not found and not faults:
            faults.append(Fault(self.people.file, "", "", "no such file", f"at least one file of changes in {folder}"))
        return found, faults

    def read(self, found: Mapping[str, Sequence[Path]], reading: Reading) -> list[Incoming]:
        """Every file that is there, checked. Raises RecordsHaveFaults."""
        opened = []
        for source in self.sources(changes=reading.changes):
            for path in found.get(source.file, found.get(_as_parquet(source.file), ())):
                known = {column.name: column.present for column in source.columns}
                file = open_record_file(path, known, reading.work, reading.faults)
                if file is not None:
                    opened.append(_Opened(source, file, reading))
        checked = [each.checked() for each in opened]
        reading.refuse_faults()
        reading.notes += [each.file.note for each in opened if each.file.note]
        return [each.incoming(counts, is_people=each.source is self.people, removes=each.source is self.removed)
                for each, counts in zip(opened, checked, strict=True)]  # fmt: skip


def _as_parquet(name: str) -> str:
    return f"{name.removesuffix('.csv')}.parquet"


@dataclass
class _Opened:
    source: Source
    file: RecordFile
    reading: Reading

    def __post_init__(self) -> None:
        self.columns = [column for column in self.source.columns if column.name in self.file.columns]
        self.today = self.reading.now.date()

    def both(self, *, rejects: bool = False) -> ir.Table:
        """Every cell as text (`text of X`) and as what it says (`X`); a column that is not there is empty."""
        raw = self.file.table(self.reading.engine, rejects=rejects)
        there = {column.name: column.typed(raw[column.name]) for column in self.columns}
        absent = {column.name: ibis.null("string") for column in self.source.columns if column.name not in there}
        texts = {f"text of {column.name}": raw[column.name] for column in self.columns}
        return raw.select(**texts, **there, **absent)

    def checked(self) -> dict[str, int]:
        """The number of rows and of those that are skipped. One pass, and another one only for what is wrong."""
        both = self.both(rejects=True)
        counts: dict[str, ir.Value] = {"rows": both.count()}
        for at, column in enumerate(self.columns):
            cell = both[f"text of {column.name}"]
            counts[f"wrong {at}"] = column.wrong(cell, self.today).sum().fill_null(0)
            counts[f"there {at}"] = cell.count()  # DuckDB does not look at a column that nobody asks for
        for at, (first, second) in enumerate(self.pairs()):
            counts[f"order {at}"] = (both[second] < both[first]).sum().fill_null(0)
        for reason, skipped in self.skipped(both).items():
            counts[f"skip {reason}"] = skipped.sum().fill_null(0)
        found: dict[str, int] = {}
        with ragged(self.file, self.reading.engine, self.reading.faults) as form:
            found = self.reading.one(both.aggregate(**counts))
        if not form.is_right:
            return {}
        for at, column in enumerate(self.columns):
            if number := found[f"wrong {at}"]:
                self.wrong_cells(column, number)
        for at, pair in enumerate(self.pairs()):
            if number := found[f"order {at}"]:
                self.wrong_order(*pair, number)
        return found

    def pairs(self) -> list[tuple[str, str]]:
        return [pair for pair in self.source.order if set(pair) <= set(self.file.columns)]

    def skipped(self, rows: ir.Table) -> dict[str, ir.BooleanValue]:
        """By reason, whether a row is left out for it; for one reason at most."""
        found: dict[str, ir.BooleanValue] = {}
        before: ir.BooleanValue = ibis.literal(False)
        for reason, is_so in self.source.skip.items():
            this = is_so(rows).fill_null(False)
            found[reason] = this & ~before
            before = before | this
        return found

    def wrong_cells(self, column: Column, number: int) -> None:
        rows = self.both().select(cell=f"text of {column.name}")
        rows = rows.mutate(row=ibis.row_number() + self.file.first_row)
        for row in self.first(rows.filter(column.wrong(rows.cell, self.today))):
            self.fault(row["row"], column.name, row["cell"] or "", column.expected)
        self.more(column.name, number)

    def wrong_order(self, first: str, second: str, number: int) -> None:
        rows = self.both().select(first=first, second=second)
        rows = rows.mutate(row=ibis.row_number() + self.file.first_row)
        for row in self.first(rows.filter(rows.second < rows.first)):
            self.fault(row["row"], second, row["second"], f"a day not before {first}")
        self.more(second, number)

    def incoming(self, counts: Mapping[str, int], *, is_people: bool, removes: bool) -> Incoming:
        both = self.both()
        for skipped in list(self.skipped(both).values()):
            both = both.filter(~skipped)
        texts = ", ".join(f'"text of {column.name}"' for column in self.columns)
        view = f"rows of {self.file.name}"
        entry = f'CAST("{self.source.entry}" AS VARCHAR)' if self.source.entry else "NULL::VARCHAR"
        self.reading.engine.con.execute(  # every name in it is a column of ours
            f'CREATE OR REPLACE VIEW "{view}" AS SELECT *, hash({texts}) AS row_hash, 0 AS nth, {entry} AS entry'  # noqa: S608
            f" FROM ({self.reading.engine.compile(both)})"
        )
        return Incoming(
            self.file.name,
            self.reading.engine.table(view),
            self.source.person,
            self.source.into,
            counts["rows"],
            self.wrong,
            {reason: counts[f"skip {reason}"] for reason in self.source.skip if counts[f"skip {reason}"]},
            self.source.unique,
            self.source.entry if self.source.entry in self.file.columns else "",
            is_people,
            removes,
        )

    def wrong(self, column: str, values: Sequence[object], expected: str) -> None:
        """Every row whose cell is among values is a fault."""
        if not values:
            return
        rows = self.both().select(cell=column)
        rows = rows.mutate(row=ibis.row_number() + self.file.first_row)
        among = ibis.memtable({"value": values})
        wrong = rows.semi_join(among, rows.cell == among.value)
        for row in self.first(wrong):
            self.fault(row["row"], column, row["cell"], expected)
        self.more(column, self.reading.one(wrong.aggregate(n=wrong.count()))["n"])

    def first(self, wrong: ir.Table) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.reading.engine.to_pyarrow(wrong.order_by("row").limit(SHOWN)).to_pylist()
        return found

    def fault(self, row: object, column: str, read: object, expected: str) -> None:
        self.reading.faults.append(Fault(self.file.name, f"row {row}", column, shown(str(read)), expected))

    def more(self, column: str, number: int) -> None:
        if number > SHOWN:
            read = f"{number - SHOWN} more like these, {number} in all"
            self.reading.faults.append(Fault(self.file.name, "", column, read, "none"))
