"""Extracts that come one after the other, and a plain model of what is known after each: dicts and sets, no engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openprotect.interop.feeds.fhir import FHIR
from openprotect.interop.feeds.fhir_codes import NHS_NUMBER
from openprotect.interop.feeds.records import Imported, import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population, engine
from tests.factories.fhir_export import DMD, about, coded, deleting, write
from tests.factories.record_tables import HEADER, NOW

PEOPLE = ("ann", "ben", "cat", "dan")
SEXES = ("female", "male")
TYPE_OF = {"events": "Condition", "medicines": "MedicationRequest"}


@dataclass(frozen=True)
class Row:
    """A row of events or medicines. `person` counts through who is known; `entry` is the source's own id, or none."""

    table: str
    person: int
    day: int
    entry: int | None
    by_number: bool = False  # FHIR: names the person by their NHS number
    in_error: bool = False  # FHIR: it is taken back
    stranger: bool = False
    whose: str = ""  # what `person` came to
    number: str | None = None  # and their NHS number, where that is what names them


@dataclass(frozen=True)
class Extract:
    """What comes. With `again` it is what came before, word for word."""

    form: str
    changes: bool
    people: tuple[tuple[str, str, str | None], ...]  # id, sex, NHS number
    rows: tuple[Row, ...]
    removed: tuple[str, ...]
    deleted: tuple[tuple[str, int], ...] = ()  # FHIR: table and entry
    replaced: tuple[tuple[str, str], ...] = ()  # FHIR: patients, and by whom


@dataclass(frozen=True)
class Known:
    """All that is known: people, rows with ids and rows without."""

    people: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    entries: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)  # table, id -> person, day
    loose: frozenset[tuple[str, str, int]] = frozenset()

    def rows(self, table: str) -> list[tuple[str, int]]:
        found = [about for (name, _), about in self.entries.items() if name == table]
        return sorted(found + [(person, day) for name, person, day in self.loose if name == table])

    def without(self, people: set[str]) -> Known:
        return Known(
            {person: data for person, data in self.people.items() if person not in people},
            {entry: row for entry, row in self.entries.items() if row[0] not in people},
            frozenset(row for row in self.loose if row[1] not in people),
        )

    def moved(self, heirs: dict[str, str]) -> Known:
        entries = {entry: (heirs.get(person, person), day) for entry, (person, day) in self.entries.items()}
        return replace(self, entries=entries).without(set(heirs))

    def after(self, extract: Extract) -> Known | None:
        """What is known after an extract; None where it has to be refused."""
        heirs = dict(extract.replaced)
        if set(heirs) & set(heirs.values()) or set(heirs) & set(extract.removed):
            return None  # a chain may be good, and is tested by itself
        before = (self if extract.changes else Known()).without(set(extract.removed))
        came = {person: (sex, number) for person, sex, number in extract.people if person not in heirs}
        people = {person: data for person, data in (before.people | came).items() if person not in heirs}
        numbers = [number for _, number in people.values() if number]
        if not came and not extract.changes:
            return None
        if len(numbers) != len(set(numbers)) or not set(heirs.values()) <= set(people):
            return None
        if extract.form == "fhir" and set(extract.removed) & {person for person, *_ in extract.people}:
            return None
        before = before.moved(heirs)
        entries, loose = dict(before.entries), set(before.loose)
        fresh: dict[tuple[str, int], tuple[str, int]] = {}
        for row in extract.rows:
            person = row.whose
            if row.entry is not None:
                entries.pop((row.table, row.entry), None)
            if row.in_error:
                continue
            if person not in people:
                return None
            if row.entry is None:
                loose.add((row.table, person, row.day))
            elif fresh.setdefault((row.table, row.entry), (person, row.day)) != (person, row.day):
                return None
        if set(extract.deleted) & set(fresh):
            return None
        kept = {entry: about for entry, about in entries.items() if entry not in extract.deleted}
        return Known(people, kept | fresh, frozenset(loose))


def told(extract: Extract, known: Known) -> Extract:
    """The same, its rows about people who are known when it comes (but for strangers)."""
    came = {person: (sex, number) for person, sex, number in extract.people}
    before = (known if extract.changes else Known()).without(set(extract.removed))
    gone = dict(extract.replaced)
    people = {person: data for person, data in (before.people | came).items() if person not in gone}
    rows = []
    for row in extract.rows:
        whose = "nobody" if row.stranger or not people else sorted(people)[row.person % len(people)]
        number = people[whose][1] if row.by_number and whose in people else None
        rows.append(replace(row, whose=whose, number=number))
    return replace(extract, rows=tuple(rows))


def is_empty(extract: Extract) -> bool:
    return not (extract.people or extract.rows or extract.removed or extract.deleted or extract.replaced)


def written(extract: Extract, folder: Path) -> Path:
    """The files of an extract whose rows have been told whom they are about."""
    folder.mkdir()
    if extract.form == "fhir":
        return write(folder, _fhir(extract))
    commas = HEADER.count(",")
    number_at = HEADER.split(",").index("nhs_number")
    lines = {"people": [HEADER], "removed": ["person_id", *extract.removed]}
    for person, sex, number in extract.people:
        cells = [person, "", sex, *[""] * (commas - 2)]
        cells[number_at] = number or ""
        lines["people"].append(",".join(cells))
    lines["events"] = ["person_id,date,code,system,value,unit,row_id"]
    lines["medicines"] = ["person_id,date,code,system,row_id"]
    for row in extract.rows:
        start = f"{row.whose},2020-01-{row.day:02},84114007,"
        rest = "snomed,,," if row.table == "events" else "dmd,"
        lines[row.table].append(f"{start}{rest}{'' if row.entry is None else f'r{row.entry}'}")
    for name, text in lines.items():
        if len(text) > 1 or (not extract.changes and name != "removed"):
            (folder / f"{name}.csv").write_text("\n".join(text) + "\n")
    return folder


def _fhir(extract: Extract) -> dict[str, list[dict[str, Any]]]:
    files: dict[str, list[dict[str, Any]]] = {} if extract.changes else {"Patient.ndjson": []}
    heirs = dict(extract.replaced)
    for person, sex, number in extract.people:
        if person not in heirs:
            identifier = [{"system": NHS_NUMBER, "value": number}] if number else []
            files.setdefault("Patient.ndjson", []).append(
                {"resourceType": "Patient", "id": person, "gender": sex, "identifier": identifier}
            )
    for person, heir in heirs.items():
        link = [{"type": "replaced-by", "other": about(heir)}]
        files.setdefault("Patient.ndjson", []).append({"resourceType": "Patient", "id": person, "link": link})
    for row in extract.rows:
        by_number = {"identifier": {"system": NHS_NUMBER, "value": row.number}}
        subject = by_number if row.number else about(row.whose)
        resource = {"resourceType": TYPE_OF[row.table], "id": f"r{row.entry}", "subject": subject}
        if row.table == "events":
            status = "entered-in-error" if row.in_error else "confirmed"
            resource |= {"code": coded("84114007"), "onsetDateTime": f"2020-01-{row.day:02}",
                         "verificationStatus": coded(status, "x")}  # fmt: skip
        else:
            resource |= {"medicationCodeableConcept": coded("84114007", DMD), "authoredOn": f"2020-01-{row.day:02}",
                         "status": "entered-in-error" if row.in_error else "active"}  # fmt: skip
        files.setdefault(f"{TYPE_OF[row.table]}.ndjson", []).append(resource)
    urls = [f"{TYPE_OF[table]}/r{entry}" for table, entry in extract.deleted]
    urls += [f"Patient/{person}" for person in extract.removed]
    return files | ({"deleted/1.ndjson": [deleting(*urls)]} if urls else {})


def bring_in(folder: Path, extract: Extract, population: Population) -> Imported:
    form = FHIR if extract.form == "fhir" else TABLES_FORMAT
    return import_records(folder, form=form, population=population, dataset="d", now=NOW, changes=extract.changes)


def held(population: Population) -> tuple[dict[str, tuple[str, str | None]], dict[str, list[tuple[str, int]]]]:
    """What a dataset holds, as the model has it: people by id, rows by table."""
    backend = engine()
    try:
        tables = {
            name: backend.to_pyarrow(population.table(backend, "d", name)).to_pylist()
            for name in ("people", "identities", *TYPE_OF)
        }
    finally:
        backend.disconnect()
    known_as = {row["person_id"]: row["source_id"] for row in tables["identities"]}
    numbers = {row["person_id"]: row["nhs_number"] for row in tables["identities"]}
    people = {known_as[row["person_id"]]: (row["sex"], numbers[row["person_id"]]) for row in tables["people"]}
    rows = {name: sorted((known_as[row["person_id"]], row["date"].day) for row in tables[name]) for name in TYPE_OF}
    assert len(tables["people"]) == len(tables["identities"]) == len(people)
    return people, rows


def number_of(person: str) -> str:
    return number_for_tests(PEOPLE.index(person) + 1)
