"""The tables a population is written as.

docs/reference/record-tables.md says what those mean that are imported; the other three
(contacts, organisations, truth) stand in docs/how-to/synthesise.md.
"""

import csv
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

COLUMNS: dict[str, tuple[str, ...]] = {
    "people": (
        "person_id",
        "nhs_number",
        "given_name",
        "family_name",
        "date_of_birth",
        "sex",
        "ethnic_category",
        "date_of_death",
        "practice_code",
        "registration_started",
        "registration_ended",
        "lsoa",
        "imd_decile",
        "imd_edition",
        "address_line_1",
        "address_line_2",
        "address_line_3",
        "address_line_4",
        "address_line_5",
        "postcode",
        "mobile",
        "landline",
        "email",
        "language",
        "other_needs",
    ),
    "contacts": ("person_id", "relationship", "name", "phone"),
    "events": ("person_id", "date", "code", "system", "value", "unit"),
    "medicines": ("person_id", "date", "code", "system"),
    "admissions": ("person_id", "admitted_on", "discharged_on", "code", "system"),
    "services": ("person_id", "service", "started_on", "ended_on"),
    "organisations": ("code", "name", "kind", "parent", "phone"),
    "truth": ("person_id", "nhs_number", "community", "household", "route", "lists", "traits"),
}


class Tables:
    """Open files to stream rows into; each has its header and lines end in one character."""

    def __init__(self, folder: Path) -> None:
        self._files = ExitStack()
        self._writers: dict[str, Any] = {}
        for name, columns in COLUMNS.items():
            stream = self._files.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._writers[name] = csv.writer(stream, lineterminator="\n")
            self._writers[name].writerow(columns)

    def write(self, name: str, rows: Iterable[Sequence[str]]) -> None:
        self._writers[name].writerows(rows)

    def __enter__(self) -> "Tables":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close()
