"""Reads the spec tables in `tables/`: rows in, a rule, the people it makes members.

Each file is a part of the language, with what it says and cases. Tables are columns of words under a
header; `-` is nothing. Everybody who is named stands in the records, and p0 does too; the index date is
30 March 2020. docs/reference/cohorts.md is made from the same files.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.spec.cohort.world import World

FOLDER = Path(__file__).with_name("tables")

# The columns of each table as they are written, the columns they are in the records, and what stands
# where a column is not written.
COLUMNS = {
    "people": {
        "person": "person_id", "born": "date_of_birth", "sex": "sex", "died": "date_of_death",
        "practice": "practice_code", "left": "registration_ended", "area": "lsoa",
        "decile": "imd_decile", "edition": "imd_edition",
    },
    "events": {"person": "person_id", "date": "date", "code": "code", "system": "system", "value": "value", "unit": "unit"},
    "medicines": {"person": "person_id", "date": "date", "code": "code", "system": "system"},
    "admissions": {
        "person": "person_id", "admitted": "admitted_on", "discharged": "discharged_on",
        "code": "code", "system": "system",
    },
    "services": {"person": "person_id", "service": "service", "started": "started_on", "ended": "ended_on"},
    "lists": {"list": "list", "version": "version", "person": "person_id", "from": "from_date"},
}  # fmt: skip
DEFAULTS = {"events": {"system": "snomed"}, "medicines": {"system": "dmd"}, "admissions": {"system": "icd10"}}
_READ = {"value": float, "decile": int, **dict.fromkeys(("born", "died", "left", "date", "admitted", "discharged",
                                                         "started", "ended", "from"), date.fromisoformat)}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """`members` are persons, or (person, rule, evidence date, code) where the table says what shows it."""

    says: str
    rule: str
    exclude: str
    tables: dict[str, str]
    expected: str

    @property
    def world(self) -> World:
        world = World()
        for name, text in self.tables.items():
            getattr(world, "listed" if name == "lists" else name).extend(rows(name, text))
        known = {row["person_id"] for row in world.people}
        others = (*world.events, *world.medicines, *world.admissions, *world.services, *world.listed)
        about = {row["person_id"] for row in others if not row["person_id"].startswith("list:")}
        world.people.extend({"person_id": person} for person in sorted((about | {"p0"}) - known))
        return world

    @property
    def members(self) -> set[str]:
        return {line.split()[0] for line in self.shown} if self.shown else set(self.expected.split()) - {"nobody"}

    @property
    def evidence(self) -> set[tuple[str, date | None, str | None]] | None:
        """(person, evidence date, code), where the case says."""
        if not self.shown:
            return None
        cells = (line.split() for line in self.shown)
        return {(p, None if d == "-" else date.fromisoformat(d), None if c == "-" else c) for p, d, c in cells}

    @property
    def shown(self) -> list[str]:
        header, *lines = self.expected.strip().splitlines()
        return lines if header.split() == ["person", "date", "code"] else []


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the language: the words of the schema it explains, what they mean, and cases."""

    title: str
    words: tuple[str, ...]
    says: str
    same_day: str
    cases: tuple[Case, ...]


def parts() -> list[Part]:
    """Every part, in the order of the files."""
    return [_part(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.yaml"))]


def rows(name: str, text: str) -> list[dict[str, Any]]:
    """The rows of a written table, by the columns of the records."""
    header, *lines = text.strip().splitlines()
    written = header.split()
    found = []
    for line in lines:
        cells = line.split()
        if len(cells) != len(written):
            raise ValueError(f"{name}: '{line}' has not the {len(written)} cells of '{header}'")
        row: dict[str, Any] = dict(DEFAULTS.get(name, {}))
        for column, cell in zip(written, cells, strict=True):
            row[COLUMNS[name][column]] = None if cell == "-" else _READ.get(column, str)(cell)
        found.append(row)
    return found


def _part(read: dict[str, Any]) -> Part:
    cases = [
        Case(
            one.pop("case"),
            one.pop("rule").strip(),
            one.pop("exclude", ""),
            expected=str(one.pop("members")),
            tables=one,
        )
        for one in read["cases"]
    ]
    return Part(read["title"], tuple(read["words"]), read["says"].strip(), read["same_day"].strip(), tuple(cases))
