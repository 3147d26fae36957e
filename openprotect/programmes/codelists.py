"""Code lists as they are published, in whatever shape their columns have.

Codes are text from the first byte to the last: a number type would round a 17-digit SNOMED CT
code and drop the zero in front of another. Every code of the file belongs to the list, also
where `active` says no: that column speaks of the concept in today's SNOMED CT release, and
records keep the codes that were active on the day they were written.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openprotect.lib.errors import Fault

SYSTEMS = ("snomed", "dmd", "icd10", "opcs4", "ods", "lsoa")
CODE_COLUMNS = ("code", "id", "dmd_id", "snomed_id")
READ_COLUMNS = ("ctv3id", "ctv3code")
TERM_COLUMNS = ("term", "name", "dmd_name", "ctv3preferredtermdesc", "description")
OTHER_COLUMNS = (
    "active",
    "notes",
    "dmd_type",
    "bnf_code",
    "ctv3source",
    "codesource",
    "category",
    "grouping_16_id",
    "grouping_6_id",
)
SHOWN = 20
LONGEST = 20_000_000

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}")
_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
_READ = re.compile(r"(?=.*[A-Za-z.])[A-Za-z0-9]{2}[A-Za-z0-9.]{3}")
_SHAPES = {
    "icd10": (re.compile(r"[A-Z][0-9]{2}[0-9A-Z]{0,3}"), "an ICD-10 code without a dot, such as N185"),
    "opcs4": (re.compile(r"[A-Z][0-9]{2}[0-9]?"), "an OPCS-4 code without a dot, such as M012"),
    "ods": (re.compile(r"[A-Z0-9]{3,10}"), "the ODS code of a practice, such as A81001"),
    "lsoa": (re.compile(r"[A-Z][0-9]{8}"), "an LSOA, such as E01000001"),
}
# Of dm+d, what is prescribed is recorded as a virtual or an actual product. A pack of it or an ingredient never is.
_PRODUCTS = ("VMP", "AMP")
_TAG = re.compile(r" \([a-z/ ]+\)$")
_READ_ADVICE = (
    "SNOMED CT codes: this is a Read CTV3 list, which no current system records; "
    "use the SNOMED CT version of the list, or have it mapped"
)


@dataclass(frozen=True)
class CodeList:
    """A list of codes of one system, in the order of its file, with the hash of that file.

    `system` is snomed, dmd (dm+d), icd10 or opcs4; ods for practices, lsoa for areas. ICD-10 and
    OPCS-4 codes have no dot and stand for everything below them.
    """

    name: str
    system: str
    codes: tuple[tuple[str, str], ...]
    sha256: str


def read_codelist(source: Path | bytes, file: str, system: str, faults: list[Fault]) -> CodeList | None:
    """The code list in `source`; None, and at least one more fault, where it has any.

    `file` is how the faults call it. Never raises for anything that can stand in a file.
    """
    try:
        content = source.read_bytes() if isinstance(source, Path) else source
    except OSError:
        faults.append(Fault(file, "", "", "nothing", "a file that can be read"))
        return None
    reader = _Reader(file, system)
    codes = reader.codes(content)
    faults += reader.faults[:SHOWN]
    if (more := len(reader.faults) - SHOWN) > 0:
        faults.append(Fault(file, "", "", f"{more} more faults like these", "none"))
    if reader.faults:
        return None
    return CodeList(Path(file).stem, system, codes, hashlib.sha256(content).hexdigest())


def plain_term(term: str) -> str:
    """A term as people read it, without the semantic tag of SNOMED CT: "Asthma (disorder)"."""
    return _TAG.sub("", term)


class _Reader:
    def __init__(self, file: str, system: str) -> None:
        self.file = file
        self.system = system
        self.faults: list[Fault] = []

    def codes(self, content: bytes) -> tuple[tuple[str, str], ...]:
        text = self.text(content)
        if text is None:
            return ()
        rows = self.rows(text)
        header = next(rows, None)
        columns = self.columns(header[1]) if header else None
        if columns is None:
            if not header:
                self.fault("", "", "an empty file", "a header and codes")
            return ()
        found = self.read(rows, header[1] if header else [], *columns)
        if not found and not self.faults:
            self.fault("", "", "no code", "at least one code: an empty list would find nobody")
        return tuple(found.items())

    def text(self, content: bytes) -> str | None:
        if len(content) > LONGEST:
            self.fault("", "", f"{len(content):,} bytes", f"a file of at most {LONGEST:,}")
            return None
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            row = content[: error.start].count(b"\n") + 1
            read = f"byte {content[error.start]:#04x}"
            self.fault(f"row {row}", "", read, "a CSV file in UTF-8: save it as 'CSV UTF-8'")
            return None
        if "\0" in text or text.lstrip()[:1] == "<":
            self.fault("", "", text.lstrip()[:20].replace("\0", "\\0"), "a CSV file")
            return None
        return text

    def rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with the line on which it ends."""
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in lines:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield lines.line_num, cells
        except csv.Error as error:
            self.fault(f"row {lines.line_num}", "", str(error), "a CSV row with its quotes closed")

    def columns(self, header: list[str]) -> tuple[int, int | None] | None:
        """Where the code and the term stand."""
        names = [name.lower() for name in header]
        before = len(self.faults)
        for place, name in enumerate(names):
            if name in names[:place]:
                self.fault("row 1", header[place], header[place], "each column once")
            elif name not in CODE_COLUMNS + READ_COLUMNS + TERM_COLUMNS + OTHER_COLUMNS:
                known = ", ".join(CODE_COLUMNS + TERM_COLUMNS + OTHER_COLUMNS)
                self.fault("row 1", header[place], header[place], f"a known column: {known}")
        if any(name in READ_COLUMNS for name in names):
            self.fault("row 1", "", ",".join(header), _READ_ADVICE)
        elif not (codes := [name for name in names if name in CODE_COLUMNS]):
            self.fault("row 1", "", ",".join(header), f"a code column: {', '.join(CODE_COLUMNS)}")
        elif len(codes) > 1:
            self.fault("row 1", "", ",".join(codes), "one code column: take the others out")
        elif ("dmd_id" in names or "dmd_type" in names) and self.system != "dmd":
            self.fault(
                "row 1", "", ",".join(header), f"a list of {self.system}: this is one of medicines, of system dmd"
            )
        if len(self.faults) > before:
            return None
        terms = [place for place, name in enumerate(names) if name in TERM_COLUMNS]
        return names.index(codes[0]), terms[0] if terms else None

    def read(
        self, rows: Iterator[tuple[int, list[str]]], header: list[str], code_at: int, term_at: int | None
    ) -> dict[str, str]:
        found: dict[str, str] = {}
        column = header[code_at]
        kind_at = next((place for place, name in enumerate(header) if name.lower() == "dmd_type"), None)
        for line, row in rows:
            if (len(row) != len(header) and any(row[len(header) :])) or len(row) <= code_at:
                self.fault(f"row {line}", "", f"{len(row)} cells", f"{len(header)} cells, as in the header")
                continue
            code = row[code_at]
            if self.system in ("snomed", "dmd") and _READ.fullmatch(code):
                self.fault(f"row {line}", column, code, _READ_ADVICE)
                break  # the rest of the list would say the same
            if wrong := _wrong(code, self.system):
                self.fault(f"row {line}", column, code, wrong)
                continue
            kind = row[kind_at] if kind_at is not None and kind_at < len(row) else _PRODUCTS[0]
            if kind.upper() not in _PRODUCTS:
                self.fault(
                    f"row {line}", header[kind_at or 0], kind, "VMP or AMP: nothing else is recorded as prescribed"
                )
                continue
            term = row[term_at] if term_at is not None and term_at < len(row) else ""
            found.setdefault(code, term)  # a synonym of a code that stands there already
        return found

    def fault(self, where: str, column: str, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, where, column, read[:80], expected))


def _wrong(code: str, system: str) -> str:
    """What is expected instead of `code`, or '' where it has the shape of its system."""
    if _SCIENTIFIC.fullmatch(code):
        return "a whole code: a spreadsheet has rounded this one; use the list as published"
    if system in _SHAPES:
        shape, expected = _SHAPES[system]
        return "" if shape.fullmatch(code) else expected
    name = "dm+d" if system == "dmd" else "SNOMED CT"
    if not _SNOMED.fullmatch(code):
        return f"a {name} code of 6 to 18 digits"
    # Spreadsheets keep 15 digits. So long a code has a namespace, and then '10' before its
    # check digit; zeros there were digits once, even where the check digit happens to agree.
    if len(code) > 15 and code[-3:-1] == "00":
        return "a whole code: a spreadsheet has rounded this one; use the list as published"
    if not has_check_digit(code):
        return f"a {name} code whose check digit is right"
    return ""


def is_a_concept(code: str) -> bool:
    """Whether this can be a code of SNOMED CT or of dm+d: its check digit is right, and no spreadsheet rounded it."""
    return not _wrong(code, "snomed")


_MULTIPLY = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_PERMUTE = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def has_check_digit(code: str) -> bool:
    """Whether the last digit is the Verhoeff check digit of the others, as in every SNOMED CT code.

    Source: SNOMED CT release file specification, appendix "Check digit computation".
    """
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_MULTIPLY[check][int(_PERMUTE[place % 8][int(digit)])])
    return check == 0
