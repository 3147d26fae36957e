"""CSV and Parquet files of records, which may be larger than memory: their form is checked here, in pieces.

The file is read as bytes once, for its encoding and its line ends, and after that by DuckDB,
every cell as text. Rows never become Python objects, except the few that are wrong.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow
from ibis.backends.duckdb import Backend
from pyarrow import parquet

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.records import SHOWN
from openprotect.lib.errors import Fault

PIECE = 1 << 20

_OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet workbook or a zip file"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PAR1", "a Parquet file"),
    (b"{", "JSON"),
    (b"<", "a web page or XML"),
)
_CSV = "columns separated by commas, with a header"
_PARQUET = "a Parquet file"
_MULTI_BYTE_UTF8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_RAGGED = {
    "MISSING COLUMNS": "as many cells as the header has",
    "TOO MANY COLUMNS": "as many cells as the header has",
    "UNQUOTED VALUE": "cells whose quotes are closed",
    "LINE SIZE OVER MAXIMUM": "a row of at most 2,000,000 bytes",
}
_views = count()


@dataclass(frozen=True)
class RecordFile:
    """A file whose form is right: its columns as text, an empty cell as null."""

    name: str
    path: Path  # UTF-8 with one kind of line end: the file itself, or a copy
    columns: tuple[str, ...]
    note: str = ""  # what was harmless but has to be said
    is_parquet: bool = False

    @property
    def first_row(self) -> int:
        """The number of the first row of data."""
        return 1 if self.is_parquet else 2

    def table(self, engine: Backend, *, rejects: bool = False) -> ir.Table:
        """The rows as text. With `rejects` ragged rows are left out and noted in `reject_errors`."""
        if self.is_parquet:
            return parquet_as_text(engine, self.path)
        more = {"store_rejects": True, "rejects_limit": 1000} if rejects else {}
        return engine.read_csv(
            str(self.path),
            table_name=f"csv_{next(_views)}",
            header=True,
            delim=",",
            quote='"',
            escape='"',
            auto_detect=False,
            strict_mode=True,
            columns=dict.fromkeys(self.columns, "VARCHAR"),
            **more,
        )


def open_record_file(path: Path, known: Mapping[str, bool], work: Path, faults: list[Fault]) -> RecordFile | None:
    """The file, if its form is right: text, UTF-8 or read as such, with the columns it must have.

    `known` says of each column whether it must be there. None, and at least one more fault,
    where the form is not right. A copy in UTF-8, where one is needed, is made in `work`.
    """
    if path.suffix == ".parquet":
        return _open_parquet(path, known, faults)
    before = len(faults)
    reading = _Reading(path, work, faults)
    readable = reading.utf8()
    if readable is None:
        return None
    columns = _header(readable, path.name, known, faults)
    return RecordFile(path.name, readable, columns, reading.note) if len(faults) == before else None


@dataclass
class Form:
    """Whether every row of a file has its cells."""

    is_right: bool = True


@contextmanager
def ragged(file: RecordFile, engine: Backend, faults: list[Fault]) -> Iterator[Form]:
    """While a file is read with `rejects`, to its end: each row that has not its cells is a fault."""
    form = Form()
    for table in ("reject_errors", "reject_scans"):
        engine.drop_table(table, force=True)
    try:
        yield form
        # A row is rejected once for each cell that it lacks.
        found = [] if file.is_parquet else engine.table("reject_errors").to_pyarrow().to_pylist()
    except duckdb.Error as error:
        faults.append(
            Fault(file.name, "", "", shown(str(error).splitlines()[0]), _PARQUET if file.is_parquet else _CSV)
        )
        form.is_right = False
        return
    rejected = {row["line"]: row for row in found}
    for _, row in sorted(rejected.items())[:SHOWN]:
        expected = _RAGGED.get(row["error_type"], "a row of CSV")
        if row["error_type"].endswith("COLUMNS"):
            expected += f" ({len(file.columns)})"
        faults.append(Fault(file.name, f"row {row['line']}", "", shown(row["csv_line"] or ""), expected))
    if (more := len(rejected) - SHOWN) > 0:
        faults.append(Fault(file.name, "", "", f"at least {more} more rows like these", "none"))
    form.is_right = not rejected


def parquet_as_text(engine: Backend, path: Path) -> ir.Table:
    """Every cell as CSV would have it: days and times as ISO 8601 in UTC, an empty text as nothing."""
    rows = engine.read_parquet(str(path / "*.parquet") if path.is_dir() else str(path))
    cells = {}
    for column, kind in rows.schema().items():
        cell = rows[column]
        if kind.is_timestamp():
            cells[column] = cell.cast("timestamp('UTC')" if kind.timezone else "timestamp").strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            )
        elif kind.is_nested() or kind.is_binary():
            cells[column] = ibis.ifelse(cell.isnull(), ibis.null("string"), "something that is no text, number or date")
        else:
            cells[column] = cell.cast("string").nullif("")
    return rows.select(**cells)


def _open_parquet(path: Path, known: Mapping[str, bool], faults: list[Fault]) -> RecordFile | None:
    before = len(faults)
    try:
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise ValueError("a folder without Parquet files")
        schemas = [parquet.read_schema(file) for file in files]
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        faults.append(Fault(path.name, "", "", shown((str(error).splitlines() or [""])[0]), _PARQUET))
        return None
    columns = tuple(schemas[0].names)
    for file, schema in zip(files, schemas, strict=True):
        if schema.names != schemas[0].names:
            faults.append(Fault(path.name, file.name, "", ", ".join(schema.names), "the same columns in every file"))
    _columns(columns, path.name, known, faults, where="")
    return RecordFile(path.name, path, columns, is_parquet=True) if len(faults) == before else None


@dataclass
class _Reading:
    path: Path
    work: Path
    faults: list[Fault]
    note: str = ""

    def utf8(self) -> Path | None:
        try:
            with self.path.open("rb") as file:
                start = file.read(64)
        except OSError:
            self.fault("", "nothing", "a file that can be read")
            return None
        if not start.strip():
            self.fault("", "an empty file", _CSV)
            return None
        for mark, what in _OTHER_FILES:
            if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(mark):
                self.fault("", what, _CSV)
                return None
        if (encoding := _utf16(start)) is not None:
            return self.copy(encoding)
        return self.scan()

    def scan(self) -> Path | None:
        """Is it UTF-8 throughout, without NULs, with one kind of line end?"""
        decoder = codecs.getincrementaldecoder("utf-8")()
        rows, ends, utf8, multi = 0, set[str](), True, False
        for piece in self.pieces():
            if b"\0" in piece:
                self.fault(f"row {rows + piece[: piece.index(0)].count(10) + 1}", "a NUL byte", "text")
                return None
            ends |= _ends(piece)
            try:
                utf8 and decoder.decode(piece)
            except UnicodeDecodeError:
                utf8 = False
            multi = multi or bool(_MULTI_BYTE_UTF8.search(piece))
            rows += piece.count(b"\n")
        if utf8:
            # A byte order mark is left to the reader of the header; DuckDB skips it itself.
            return self.path if len(ends) < 2 else self.copy("utf-8")
        if multi:
            self.fault("", "both UTF-8 and Windows-1252", "one encoding throughout, UTF-8")
            return None
        return self.copy("windows-1252")

    def copy(self, encoding: str) -> Path | None:
        """The same text in UTF-8, every line ended alike."""
        copy = self.work / f"{self.path.name}.utf-8"
        try:
            # Universal newlines: CR LF and CR are read as LF.
            with self.path.open(encoding=encoding) as source, copy.open("w", encoding="utf-8", newline="\n") as target:
                while text := source.read(PIECE):
                    if "\0" in text:
                        self.fault("", "a NUL byte", "text")
                        return None
                    target.write(text.removeprefix("\ufeff"))
        except UnicodeError:
            self.fault("", f"bytes that are no characters of {encoding.upper()}", "text in UTF-8")
            return None
        if encoding != "utf-8":
            self.note = f"{self.path.name} is not UTF-8; it was read as {encoding.upper()}."
        return copy

    def pieces(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def fault(self, where: str, read: str, expected: str) -> None:
        self.faults.append(Fault(self.path.name, where, "", read, expected))


def _ends(piece: bytes) -> set[str]:
    windows, unix, old = piece.count(b"\r\n"), piece.count(b"\n"), piece.count(b"\r")
    found = set()
    if windows:
        found.add("windows")
    if unix > windows:
        found.add("unix")
    if old > windows and not piece.endswith(b"\r"):
        found.add("old")
    return found


def _utf16(start: bytes) -> str | None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark: a header in Latin letters has a zero in every other byte.
    if len(start) > 3 and not any(start[1::2]):
        return "utf-16-le"
    if len(start) > 3 and not any(start[0::2]):
        return "utf-16-be"
    return None


def _header(path: Path, name: str, known: Mapping[str, bool], faults: list[Fault]) -> tuple[str, ...]:
    def fault(column: str, read: str, expected: str) -> None:
        faults.append(Fault(name, "row 1", shown(column), shown(read), expected))

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header: Sequence[str] = next(csv.reader([file.readline(PIECE)], strict=True), [])
    except csv.Error as error:
        fault("", str(error), "a header whose quotes are closed")
        return ()
    columns = tuple(column.strip() for column in header)
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|"):
        fault("", columns[0], _CSV)
        return ()
    _columns(columns, name, known, faults, where="row 1")
    return columns


def _columns(columns: Sequence[str], name: str, known: Mapping[str, bool], faults: list[Fault], *, where: str) -> None:
    """A fault for each column that has to be there and is not, or is there and should not be."""

    def fault(column: str, read: str, expected: str) -> None:
        faults.append(Fault(name, where, shown(column), shown(read), expected))

    times = Counter(columns)
    if not times.keys() & known.keys():
        fault("", ",".join(columns), f"a header that begins {','.join(list(known)[:3])}")
        return
    for column, needed in known.items():
        if needed and not times[column]:
            fault(column, "no such column", f"the column {column}")
    for column, number in times.items():
        if column not in known:
            fault(column, column, "only the columns of this table")
        elif number > 1:
            fault(column, f"{number} of this name", "each column once")
