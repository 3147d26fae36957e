"""The national extract of organisations as the Organisation Data Service publishes it.

`epraccur.csv` has every practice and prescribing cost centre, `epcmem.csv` who commissioned them over
time; neither has a header. An extract with a fault is refused whole. Who commissions has no name in
it: a code is all that is known of them.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from openprotect.governance.facts.organisations import Extract, OrganisationRow, RelationRow
from openprotect.governance.rules.relations import contradictions
from openprotect.interop.feeds.comma_separated import read_without_header, shown
from openprotect.lib.dates import NotADate, parse_compact_date
from openprotect.lib.errors import BadInput, Fault

ORGANISATIONS, RELATIONS = "epraccur", "epcmem"
ORGANISATION_COLUMNS = (
    "code", "name", "national grouping", "health geography", "address 1", "address 2", "address 3", "address 4",
    "address 5", "postcode", "open date", "close date", "status", "sub-type", "commissioner", "join date",
    "left date", "telephone", "19", "20", "21", "amended", "23", "provider or purchaser", "25",
    "prescribing setting", "27",
)  # fmt: skip
RELATION_COLUMNS = ("code", "commissioner", "type", "from", "to", "amended")
STATUSES = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed"}
PRACTICE, LAST_SETTING = 4, 25
SHOWN_FAULTS = 50

_CODE = re.compile(r"[A-Z0-9]{3,8}")
_TELEPHONE, _NAME, _POSTCODE = 40, 200, 8


class ExtractHasFaults(BadInput):
    """The extract has {total} fault(s), so nothing was taken from it.{more}"""


class NotTheExtract(BadInput):
    """Nothing of the national extract was found there. It is two files, epraccur.csv and epcmem.csv."""


def find_files(paths: Sequence[Path]) -> tuple[Path | None, Path | None]:
    """The files of organisations and of relations among paths and in folders. Raises NotTheExtract."""
    found: dict[str, Path] = {}
    faults = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for each in inside:
            name = each.stem.casefold()
            if name in (ORGANISATIONS, RELATIONS) and each.suffix.casefold() == ".csv" and each.is_file():
                if name in found:
                    faults.append(
                        Fault(each.name, "", "", str(each), f"one file of this name; {found[name]} is another")
                    )
                found[name] = each
            elif not path.is_dir():
                faults.append(Fault(path.name, "", "", path.name, "epraccur.csv or epcmem.csv"))
    if faults or not found:
        raise NotTheExtract(faults)
    return found.get(ORGANISATIONS), found.get(RELATIONS)


def read_extract(organisations: Path | None, relations: Path | None) -> Extract:
    """Read the files, or raise ExtractHasFaults with the first of their faults. Imports nothing."""
    reading = _Reading()
    if organisations:
        reading.organisations(organisations)
    if relations:
        reading.relations(relations)
    if total := len(reading.faults):
        more = f" The first {SHOWN_FAULTS} are shown." if total > SHOWN_FAULTS else ""
        raise ExtractHasFaults(reading.faults[:SHOWN_FAULTS], total=total, more=more)
    return Extract(
        organisations=tuple(reading.found),
        relations=tuple(reading.related.values()),
        duplicates=reading.duplicates,
        sha256=reading.sha256.hexdigest(),
        relations_file=relations.name if relations else "",
        notes=tuple(reading.notes),
    )


class _Reading:
    """Reads the rows and keeps every fault in them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.found: list[OrganisationRow] = []
        self.related: dict[tuple[str, str, date], RelationRow] = {}
        self.duplicates = 0
        self.sha256 = hashlib.sha256()
        self._file, self._number, self._bad = "", 0, False

    def organisations(self, path: Path) -> None:
        first: dict[str, int] = {}
        for number, cells in self._rows(path, ORGANISATION_COLUMNS):
            row = self._organisation(number, cells)
            if row is None:
                continue
            if (before := first.setdefault(row.code, number)) != number:
                self._fault("code", row.code, f"each code once; row {before} has it too")
            self.found.append(row)

    def relations(self, path: Path) -> None:
        for number, cells in self._rows(path, RELATION_COLUMNS):
            row = self._relation(number, cells)
            if row is None:
                continue
            before = self.related.setdefault((row.code, row.to_code, row.starts_on), row)
            if before is not row and before.ends_on == row.ends_on:
                self.duplicates += 1
            elif before is not row:
                self._fault("to", cells[4], f"the same end as in row {before.row_number}, which is the same relation")
        self._contradictions(path.name)

    def _contradictions(self, file: str) -> None:
        of_each: dict[str, list[RelationRow]] = defaultdict(list)
        for row in self.related.values():
            of_each[row.code].append(row)
        for rows in of_each.values():
            for later, earlier in contradictions(rows):
                expected = (
                    f"a day after row {earlier.row_number} ends, in which {later.code} is commissioned by another"
                )
                self.faults.append(
                    Fault(file, f"row {later.row_number}", "from", f"{later.starts_on:%Y%m%d}", expected)
                )

    def _rows(self, path: Path, columns: Sequence[str]) -> Sequence[tuple[int, tuple[str, ...]]]:
        file = read_without_header(path, columns)
        self._file = file.name
        self.faults += file.faults
        self.notes += [f"{file.name}: {note}" for note in file.notes]
        self.sha256.update(bytes.fromhex(file.sha256))
        return file.rows

    def _organisation(self, number: int, cells: tuple[str, ...]) -> OrganisationRow | None:
        self._number, self._bad = number, False
        code, name, postcode, telephone, setting = cells[0], cells[1], cells[9], cells[17], cells[25]
        self._code("code", code)
        if not 0 < len(name) <= _NAME:
            self._fault("name", name, f"a name of up to {_NAME} characters")
        if len(postcode) > _POSTCODE:
            self._fault("postcode", postcode, f"a postcode of up to {_POSTCODE} characters")
        if len(telephone) > _TELEPHONE:
            self._fault("telephone", telephone, f"a telephone of up to {_TELEPHONE} characters")
        if cells[12] not in STATUSES:
            self._fault("status", cells[12], "A, C, D or P: active, closed, dormant or proposed")
        if setting and not (
            setting.isascii() and setting.isdigit() and len(setting) <= 3 and int(setting) <= LAST_SETTING
        ):
            self._fault("prescribing setting", setting, f"a number from 0 to {LAST_SETTING}")
        opened, closed = self._date("open date", cells[10]), self._date("close date", cells[11])
        if opened and closed and closed < opened:
            self._fault("close date", cells[11], f"a day that is not before the open date, {cells[10]}")
        if self._bad:
            return None
        kind = "practice" if setting and int(setting) == PRACTICE else "other"
        return OrganisationRow(number, code, name, kind, STATUSES[cells[12]], opened, closed, postcode, telephone)

    def _relation(self, number: int, cells: tuple[str, ...]) -> RelationRow | None:
        self._number, self._bad = number, False
        code, to, kind, started, ended, amended = cells
        self._code("code", code)
        self._code("commissioner", to)
        if code == to:
            self._fault("commissioner", to, "the code of another organisation")
        if kind != "W":
            self._fault("type", kind, "W, a commissioner")
        if amended not in ("0", "1"):
            self._fault("amended", amended, "0 or 1")
        starts_on, ends_on = self._date("from", started or " "), self._date("to", ended)
        if starts_on and ends_on and ends_on < starts_on:
            self._fault("to", ended, f"a day that is not before the first, {started}")
        if self._bad or starts_on is None:
            return None
        return RelationRow(number, code, to, starts_on, ends_on)

    def _code(self, column: str, code: str) -> None:
        if not _CODE.fullmatch(code):
            self._fault(column, code, "an organisation code of 3 to 8 capitals and figures")

    def _date(self, column: str, text: str, parse: Callable[[str], date] = parse_compact_date) -> date | None:
        try:
            return parse(text) if text else None
        except NotADate as error:
            self._fault(column, text, error.expected)
            return None

    def _fault(self, column: str, read: str, expected: str) -> None:
        self._bad = True
        self.faults.append(Fault(self._file, f"row {self._number}", column, shown(read), expected))
