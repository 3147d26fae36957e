"""People as they arrive from a list or a set of records, before they are anybody here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ContactPointGiven:
    """A way to reach somebody as a source gave it; `kind` as in `ContactPoint.Kind`."""

    kind: str
    value: str
    as_given: str = ""
    quality: str = ""


@dataclass(frozen=True)
class Arrival:
    """One person as one source knows them. Empty text and None mean that it does not say.

    `known_as` is what the cohort calls them, where that is not the source's own id.
    """

    source: str
    source_id: str
    nhs_number: str
    given_name: str
    family_name: str
    date_of_birth: date | None
    sex: str = "unknown"
    ethnic_category: str = ""
    imd_decile: int | None = None
    imd_edition: int | None = None
    language: str = ""
    practice_code: str = ""
    died_on: date | None = None
    restricted: bool = False
    contact_points: tuple[ContactPointGiven, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    known_as: str = ""


@dataclass(frozen=True)
class ListEntry:
    """One row of a list: the person, and what the list says of their place on it."""

    row_number: int
    person: Arrival
    category: str
    data_source: str
    inception_date: date | None
    row_hash: str


@dataclass(frozen=True)
class ListTotals:
    """Control totals of a list version: rows_in is the sum of the next five."""

    rows_in: int
    new: int
    changed: int
    unchanged: int
    duplicate: int
    rejected: int
    removed: int


@dataclass(frozen=True)
class NumberList:
    """A file of NHS numbers, one a line: each with the line on which it stands first."""

    name: str
    sha256: str
    lines: Mapping[str, int]


@dataclass(frozen=True)
class Exchanged:
    """What an exchange brought, in numbers: sent = cleaned + opted_out."""

    sent: int
    cleaned: int
    opted_out: int
    newly: int
    no_longer: int


@dataclass(frozen=True)
class Known:
    """What is known of a use beyond care, by NHS number: who opted out nationally, who was asked about, who objected.

    With `type_1` those are out, too, whose GP practice recorded that their records may not leave it.
    """

    opted_out: frozenset[str]
    checked: frozenset[str]
    objected: frozenset[str]
    type_1: bool = False


@dataclass(frozen=True)
class KnownAs:
    """By what records may know somebody: an NHS number, or the id under which `source` knows them, and no other does."""

    nhs_number: str
    source: str
    source_id: str

    def id_in(self, dataset: str) -> str:
        """Their id in a dataset, if that is where they were first seen: in another one it is somebody else's."""
        return self.source_id if self.source == dataset else ""

    @property
    def on_a_list(self) -> str:
        """What they are called on lists where they are not in the records."""
        return f"list:{self.nhs_number or f'source:{self.source}:{self.source_id}'}"
