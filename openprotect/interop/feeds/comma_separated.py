"""Comma-separated files as they arrive: bytes in, rows of the columns one expects out.

Nothing is guessed in silence. What can be read correctly in another encoding is
read, and said; whatever else is wrong is a Fault with the row as a spreadsheet
counts it (the header is row 1).
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openprotect.lib.errors import Fault

_OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet workbook or a zip file"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"{", "JSON"),
    (b"<", "a web page or XML"),
)
_MULTI_BYTE_UTF8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SHOWN = 60
_COMMAS = "columns separated by commas"


@dataclass(frozen=True)
class CommaSeparated:
    """What a file held. `rows` are empty if the file as a whole could not be read."""

    name: str
    sha256: str
    notes: tuple[str, ...] = ()  # what was harmless but has to be said
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()  # row number; stripped cells, as `columns`
    faults: tuple[Fault, ...] = ()


def shown(text: str) -> str:
    """What was read, fit to stand on one line of a message."""
    line = _CONTROL.sub("\ufffd", " ".join(text.split()))
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def read_comma_separated(path: Path, columns: Sequence[str]) -> CommaSeparated:
    """The file's rows, its cells in the order of `columns`; every fault of its form beside them.

    Column names may differ in capitals and surrounding spaces, and stand in any order.
    """
    return _Reading(path, columns).result()


def read_without_header(path: Path, columns: Sequence[str]) -> CommaSeparated:
    """The same of a file that has no header: its cells are these columns, all of them, in this order."""
    return _Reading(path, columns, header=False).result()


@dataclass
class _Reading:
    path: Path
    columns: Sequence[str]
    header: bool = True
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def result(self) -> CommaSeparated:
        data = self.path.read_bytes()
        text = self._text(data)
        rows = tuple(self._rows(text)) if text else ()
        if not rows and not self.faults:
            read, expected = ("a header and nothing else", "at least one row after the header")
            self._fault("", "", *((read, expected) if self.header else ("empty lines", "at least one row")))
        return CommaSeparated(
            name=self.path.name,
            sha256=hashlib.sha256(data).hexdigest(),
            notes=tuple(self.notes),
            rows=rows,
            faults=tuple(self.faults),
        )

    def _fault(self, where: str, column: str, read: str, expected: str) -> None:
        self.faults.append(Fault(self.path.name, where, column, shown(read), expected))

    @property
    def _expected(self) -> str:
        return f"{_COMMAS}, with a header" if self.header else f"{_COMMAS}, without a header"

    def _text(self, data: bytes) -> str:
        if not data.strip():
            self._fault("", "", "an empty file", self._expected)
            return ""
        for start, what in _OTHER_FILES:
            if data.lstrip()[:8].startswith(start):
                self._fault("", "", what, self._expected)
                return ""
        encoding = _encoding(data)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            if encoding == "utf-8":
                return self._windows_text(data)
            what = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
            self._fault("", "", "bytes that are no characters", f"text in {what}, as it begins")
            return ""
        if encoding == "utf-8-sig":
            self.notes.append("The file begins with a byte order mark, which was left out.")
        elif encoding != "utf-8":
            self.notes.append("The file is UTF-16, not UTF-8; it was read as UTF-16.")
        return text.removeprefix("\ufeff")

    def _windows_text(self, data: bytes) -> str:
        try:
            text = data.decode("windows-1252")
        except UnicodeDecodeError as error:
            byte = f"byte {data[error.start]:02X}"
            self._fault(_line(data, error.start), "", byte, "text in UTF-8 or Windows-1252")
            return ""
        if _MULTI_BYTE_UTF8.search(data):
            self._fault("", "", "both UTF-8 and Windows-1252", "one encoding throughout, UTF-8")
            return ""
        self.notes.append("The file is Windows-1252, not UTF-8; it was read as Windows-1252.")
        return text

    def _rows(self, text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        suspicious = bool(_CONTROL.search(text))
        number = 0
        try:
            width, places = len(self.columns), list(range(len(self.columns)))
            for number, cells in enumerate(reader, start=1):
                if number == 1 and self.header:
                    places = self._places(cells)
                    if not places:
                        return
                    width = len(cells)
                elif not any(cell.strip() for cell in cells):
                    continue  # an empty line still counts as a row in a spreadsheet
                elif len(cells) != width:
                    self._fault(f"row {number}", "", f"{len(cells)} cells", f"{width} cells")
                elif suspicious and not self._clean(number, cells, places):
                    continue
                else:
                    yield number, tuple([cells[place].strip() for place in places])
        except csv.Error as error:
            self._fault(f"row {number + 1}", "", str(error), "cells whose quotes are closed")

    def _clean(self, number: int, cells: list[str], places: list[int]) -> bool:
        dirty = [
            (column, cells[place])
            for column, place in zip(self.columns, places, strict=True)
            if _CONTROL.search(cells[place])
        ]
        for column, cell in dirty:
            self._fault(f"row {number}", column, cell, "text without control characters")
        return not dirty

    def _places(self, header: list[str]) -> list[int]:
        """Where each column stands, or nothing if the header is not what it must be."""
        names = [name.strip().casefold() for name in header]
        if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
            self._fault("row 1", "", header[0], self._expected)
            return []
        known = {column.casefold(): column for column in self.columns}
        times = Counter(names)
        if not times.keys() & known.keys():
            self._fault("row 1", "", ",".join(header), f"a header that begins {self.columns[0]}")
            return []
        for name, column in known.items():
            if not times[name]:
                self._fault("row 1", column, "no such column", f"the column {column}")
            elif times[name] > 1:
                self._fault("row 1", column, f"{times[name]} of this name", "each column once")
        for name, written in zip(names, header, strict=True):
            if name not in known:
                expected = "only the columns of this list"
                self._fault("row 1", shown(written), written, expected)
        return [] if self.faults else [names.index(name) for name in known]


def _line(data: bytes, place: int) -> str:
    before = data.count(b"\n", 0, place)
    return f"line {before + 1}"


def _encoding(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark: a header in Latin letters has a zero in every other byte.
    beginning = data[:64]
    if len(beginning) > 3 and not any(beginning[1::2]):
        return "utf-16-le"
    if len(beginning) > 3 and not any(beginning[0::2]):
        return "utf-16-be"
    return "utf-8"
