"""The Shielded Patient List as a council received it: one row a person.

Columns as sent out in 2020 and 2021. A list with a fault is refused whole, with
every fault; a telephone that is wrong is no fault, because refusing it would lose
the person: it is kept with its quality.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from openprotect.interop.feeds.comma_separated import read_comma_separated, shown
from openprotect.lib import london
from openprotect.lib.dates import NotADate, parse_compact_date, parse_date_or_serial
from openprotect.lib.errors import BadInput, Fault
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.lib.postcode import normalise_postcode
from openprotect.lib.telephone import Kind, Quality, TelephoneCell, read_telephones

LIST_NAME = "shielded-patient-list"
COLUMNS = (
    "Traced_NHSNUMBER",
    "PatientFirstName",
    "PatientOtherName",
    "PatientSurname",
    "DateOfBirth",
    "PatientAddress_Line1",
    "PatientAddress_Line2",
    "PatientAddress_Line3",
    "PatientAddress_Line4",
    "PatientAddress_Line5",
    "PatientAddress_PostCode",
    "PatientEmailAddress",
    "mobile",
    "landline",
    "DateOfDeath",
    "Flag_PDSInformallyDeceased",
    "oslaua",
    "oscty",
    "Data_Source",
    "category",
    "InceptionDate",
    "SPL_Version",
    "uprn",
)
_FIRST_INCEPTION = date(2020, 1, 1)  # the list began in March 2020; earlier is a 1904 serial

Value = TypeVar("Value")


class ListHasFaults(BadInput):
    """The list has faults, so nothing was taken from it."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row, normalised. Empty text where the list says nothing."""

    row_number: int  # as a spreadsheet counts: the header is row 1
    nhs_number: str  # ten digits, or '' where the list has none
    given_name: str
    other_name: str
    family_name: str
    date_of_birth: date
    address_lines: tuple[str, ...]  # the lines that are not empty
    postcode: str  # as it is written, normalised where it has the shape of one
    email: str
    mobile: TelephoneCell
    landline: TelephoneCell
    date_of_death: date | None
    informally_deceased: bool
    local_authority: str
    county: str
    data_source: str
    category: str
    inception_date: date | None
    uprn: str

    @property
    def quality(self) -> tuple[str, ...]:
        """What has to be said about this row's telephones, each once."""
        return tuple(dict.fromkeys((*self.mobile.quality, *self.landline.quality)))


@dataclass(frozen=True)
class ListFile:
    """A whole list without a fault. rows + duplicates = rows in the file."""

    list_name: str
    version: str
    sha256: str
    rows: tuple[ListRow, ...]
    duplicates: int  # rows that were the same as an earlier one in every cell
    notes: tuple[str, ...] = ()


def read_shielded_list(path: Path, *, today: date | None = None) -> ListFile:
    """Read a list, or raise ListHasFaults with every fault in it. Imports nothing.

    The same row twice is counted as a duplicate; the same person twice with
    different particulars stays twice, for whoever imports to decide. Nobody is born or
    dies after `today`, which is the real date where none is given.
    """
    today = today or london.today(datetime.now(UTC))
    file = read_comma_separated(Path(path), COLUMNS)
    faults = list(file.faults)
    rows: list[ListRow] = []
    seen: set[tuple[str, ...]] = set()
    born: dict[str, ListRow] = {}
    version = ""
    for number, cells in file.rows:
        if cells in seen:
            continue
        seen.add(cells)
        row, row_version, row_faults = _Row(file.name, number, cells, today).read()
        faults += row_faults
        if row_version and row_version != (version := version or row_version):
            expected = f"{version}, the version of the rows before"
            faults.append(Fault(file.name, f"row {number}", "SPL_Version", shown(row_version), expected))
        if row is None:
            continue
        rows.append(row)
        first = born.setdefault(row.nhs_number, row) if row.nhs_number else row
        if first.date_of_birth != row.date_of_birth:
            expected = f"{first.date_of_birth:%Y%m%d} as in row {first.row_number}, which has the same NHS number"
            read = f"{row.date_of_birth:%Y%m%d}"
            faults.append(Fault(file.name, f"row {number}", "DateOfBirth", read, expected))
    if faults:
        raise ListHasFaults(faults)
    return ListFile(
        list_name=LIST_NAME,
        version=version,
        sha256=file.sha256,
        rows=tuple(rows),
        duplicates=len(file.rows) - len(seen),
        notes=file.notes,
    )


class _Row:
    """Reads one row and keeps every fault in it."""

    def __init__(self, file: str, number: int, cells: tuple[str, ...], today: date) -> None:
        self.file = file
        self.number = number
        self.cells = cells
        self.today = today
        self.faults: list[Fault] = []

    def read(self) -> tuple[ListRow | None, str, list[Fault]]:
        (nhs_number, given, other, family, born, *address) = self.cells[:10]
        (postcode, email, mobile, landline, died, informally) = self.cells[10:16]
        (authority, county, source, category, inception, version, uprn) = self.cells[16:]
        number = self._value("Traced_NHSNUMBER", nhs_number, parse_nhs_number) or ""
        date_of_birth = self._value("DateOfBirth", born or " ", parse_compact_date)
        date_of_death = self._value("DateOfDeath", died, parse_compact_date)
        started = self._value("InceptionDate", inception, _inception)
        for column, day in (("DateOfBirth", date_of_birth), ("DateOfDeath", date_of_death)):
            if day and day > self.today:
                self._fault(column, f"{day:%Y%m%d}", "a date that is not in the future")
        if not given and not family:
            self._fault("PatientSurname", "", "a name")
        if informally not in ("", "0", "1"):
            self._fault("Flag_PDSInformallyDeceased", informally, "0 or 1")
        if date_of_death and date_of_birth and date_of_death < date_of_birth:
            self._fault("DateOfDeath", died, f"a day after the birth on {born}")
        if uprn and not (uprn.isascii() and uprn.isdigit() and len(uprn) <= 12):
            self._fault("uprn", uprn, "up to 12 digits, or an empty cell")
        if not version:
            self._fault("SPL_Version", "", "the version of the list")
        if self.faults or date_of_birth is None:
            return None, version, self.faults
        row = ListRow(
            row_number=self.number,
            nhs_number=number,
            given_name=given,
            other_name=other,
            family_name=family,
            date_of_birth=date_of_birth,
            address_lines=tuple([line for line in address if line]),
            postcode=normalise_postcode(postcode) or postcode,
            email=email,
            mobile=_noted(read_telephones(mobile), Kind.LANDLINE, Quality.LANDLINE_IN_MOBILE),
            landline=_noted(read_telephones(landline), Kind.MOBILE, Quality.MOBILE_IN_LANDLINE),
            date_of_death=date_of_death,
            informally_deceased=informally == "1",
            local_authority=authority,
            county=county,
            data_source=source,
            category=category,
            inception_date=started,
            uprn=uprn,
        )
        return row, version, self.faults

    def _fault(self, column: str, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, f"row {self.number}", column, shown(read), expected))

    def _value(self, column: str, text: str, parse: Callable[[str], Value]) -> Value | None:
        if not text:
            return None
        try:
            return parse(text)
        except (NotADate, NotAnNhsNumber) as error:
            self._fault(column, text, error.expected)
            return None


def _inception(text: str) -> date:
    return parse_date_or_serial(text, not_before=_FIRST_INCEPTION)


def _noted(cell: TelephoneCell, unexpected: Kind, quality: Quality) -> TelephoneCell:
    if all(found.kind != unexpected for found in cell.numbers):
        return cell
    return TelephoneCell(cell.read, cell.numbers, (*cell.quality, quality))
