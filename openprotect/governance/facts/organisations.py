"""Organisations as the national extract names them, and what came of taking it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation of the extract. `closed_on` is its last day."""

    row_number: int
    code: str
    name: str
    kind: str
    status: str
    opened_on: date | None
    closed_on: date | None
    postcode: str
    telephone: str


@dataclass(frozen=True, slots=True)
class RelationRow:
    """Who commissioned an organisation, from the first day until the last, both included."""

    row_number: int
    code: str
    to_code: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Extract:
    """The files of an extract without a fault. `duplicates` are relations that stood there before, word for word."""

    organisations: tuple[OrganisationRow, ...]
    relations: tuple[RelationRow, ...]
    duplicates: int
    sha256: str
    relations_file: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Totals:
    """What became of the rows of a file: rows_in is the sum of the others.

    `kept` are rows that say less than is known here, such as that an organisation is open which has
    merged since; `set_aside` are relations of organisations that nobody has named.
    """

    rows_in: int
    new: int
    changed: int
    unchanged: int
    kept: int = 0
    duplicate: int = 0
    set_aside: int = 0

    def __str__(self) -> str:
        """The totals as they are shown and written into the audit trail."""
        counts = [
            (self.new, "new"),
            (self.changed, "changed"),
            (self.unchanged, "unchanged"),
            (self.kept, "kept"),
            (self.duplicate, "duplicate"),
            (self.set_aside, "set aside"),
        ]
        return f"{self.rows_in:,} = " + " + ".join(f"{number:,} {word}" for number, word in counts)


@dataclass(frozen=True)
class ExtractTotals:
    """What became of an extract; `named` are organisations known by nothing but their code so far."""

    organisations: Totals
    relations: Totals
    named: int
    withdrawn: int


@dataclass(frozen=True)
class Succession:
    """From a moment on, one organisation does the work of another."""

    old: int
    new: int
    moment: datetime


@dataclass(frozen=True)
class Move:
    """From a moment on, an organisation belongs to another parent than before."""

    organisation: int
    before: int | None
    after: int | None
    moment: datetime
