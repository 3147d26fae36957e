"""FHIR R4 bulk export: NDJSON, one or more files a type, compressed or not.

Each resource becomes rows of the record tables line by line, in batches on disk. A resource that was entered
in error, or is not sure, or has no code or date, is left out and counted. A stay takes its ICD-10 and OPCS-4 codes
from the conditions and procedures that name it.
"""

# ruff: noqa: S608 - see people/spool.py: nothing of what is imported is ever part of the SQL.
from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.fhir_codes import BY_NUMBER, id_of
from openprotect.interop.feeds.fhir_deleted import Deletions
from openprotect.interop.feeds.fhir_lines import Faults, Line, Skipped, Wrong, lines
from openprotect.interop.feeds.fhir_manifest import (
    DELETED,
    NDJSON,
    deleted_files,
    miscounted,
    missing_types,
    promised,
)
from openprotect.interop.feeds.fhir_people import People
from openprotect.interop.feeds.fhir_resources import READERS, REPLACED, Context, medication
from openprotect.interop.feeds.fhir_rows import Rows
from openprotect.interop.feeds.records import SHOWN, Columns, Incoming, Reading
from openprotect.lib.errors import Fault
from openprotect.people.population import TABLES
from openprotect.people.spool import WITHDRAWN, quoted

_NAME = re.compile(r"(?:[\w-]+\.)?([A-Z][A-Za-z]+)(?:[._-][\w.-]+)?\.ndjson(?:\.gz)?")
_INTO = {
    "Patient": ("people", "identities"),
    "Encounter": ("admissions",),
    "Condition": ("events",),
    "Procedure": ("events",),
    "Observation": ("events",),
    "Immunization": ("events",),
    "MedicationRequest": ("medicines",),
}
_OWN = {"encounter": pa.string(), "entry": pa.string(), "nth": pa.int32(), "row_hash": pa.uint64()}
_PLACE = {"file": pa.string(), "line": pa.int64()}
_STAY_CODES = pa.schema([("encounter", pa.string()), ("code", pa.string()), ("system", pa.string())])


@dataclass(frozen=True)
class Fhir:
    """The format `fhir`. Types that it does not read are named."""

    name: str = "fhir"

    def find(self, folder: Path, *, changes: bool) -> tuple[Mapping[str, Sequence[Path]], list[Fault]]:
        """The files by type, those that are not read last."""
        found: dict[str, list[Path]] = {kind: [] for kind in (*READERS, "Medication")}
        for path in sorted(folder.iterdir()):
            named = _NAME.fullmatch(path.name)
            if named and path.is_file() and named[1] in found:
                found[named[1]].append(path)
        faults: list[Fault] = []
        says = promised(folder, faults)
        deleted = deleted_files(folder, says, faults)
        found = {kind: [path for path in paths if path not in deleted] for kind, paths in found.items()}
        found[DELETED] = deleted
        if not found["Patient"] and not changes:
            return {}, [Fault("Patient.ndjson", "", "", "no such file", f"it in {folder}")]
        if not any(found.values()):
            return {}, [Fault("Patient.ndjson", "", "", "no such file", f"at least one file of changes in {folder}")]
        there = {kind: paths for kind, paths in found.items() if paths}
        return there, faults + missing_types(says, there, found)

    def read(self, found: Mapping[str, Sequence[Path]], reading: Reading) -> list[Incoming]:
        """Every type, line by line. Raises RecordsHaveFaults."""
        faults = Faults(reading.faults)
        context = Context(reading.now.date())
        context.medications, medications = _medications(found.get("Medication", ()), context, faults)
        types = [_Type(kind, found[kind], reading, context, faults) for kind in READERS if kind in found]
        codes = Rows(reading.work / "codes of stays.parquet", _STAY_CODES)
        for each in types:
            each.read(codes)
        codes.close()
        deletions = Deletions(reading, _INTO)
        deletions.read(found.get(DELETED, ()), faults)
        people = People(reading, context.replaced, _patients(types), deletions.table())
        people.refuse_heirs(faults)
        faults.close()
        folder = _folder(found)
        says = promised(folder, reading.faults)
        numbers = {each.kind: each.total for each in types} | {each.name: each.total for each in medications}
        reading.faults += miscounted(says, numbers | {DELETED: deletions.bundles})
        deletions.refuse_contradictions([each.rows.path for each in types], context.replaced.by)
        reading.refuse_faults()
        if says.errors:
            reading.notes.append(f"The manifest names {says.errors:,} files of errors: the export may not be whole.")
        for said, number in context.noticed.items():
            reading.notes.append(f"{number:,} {said}.")
        if context.unknown:
            reading.notes.append(f"Code systems that are not known: {', '.join(sorted(context.unknown))}.")
        if others := _not_read(folder, found):
            reading.notes.append(f"Not read: {', '.join(others)}.")
        gone = [deletions.incoming()] if DELETED in found else []
        return [each.incoming(codes.path, people) for each in types] + medications + gone


def _patients(types: Sequence[_Type]) -> ir.Table | None:
    """The rows of patients, if there are any."""
    return next(
        (each.reading.engine.read_parquet(str(each.rows.path)) for each in types if each.kind == "Patient"), None
    )


def _folder(found: Mapping[str, Sequence[Path]]) -> Path:
    """Where the files lie."""
    for kind, paths in found.items():
        if kind != DELETED:
            return paths[0].parent
    alone = found[DELETED][0].parent
    return alone.parent if alone.name == DELETED else alone


def _not_read(folder: Path, found: Mapping[str, Sequence[Path]]) -> list[str]:
    read = {path for paths in found.values() for path in paths}
    others = [path.name for path in sorted(folder.iterdir()) if NDJSON.fullmatch(path.name) and path not in read]
    return [*others[:20], *([f"and {len(others) - 20} more files"] if len(others) > 20 else [])]


def _medications(
    paths: Sequence[Path], context: Context, faults: Faults
) -> tuple[dict[str, dict[str, str]], list[Incoming]]:
    """The medicines that requests refer to, by id."""
    found: dict[str, dict[str, str]] = {}
    number = 0
    for path in paths:
        for line in lines(path, faults):
            number += 1
            try:
                _require_type(line.resource, "Medication")
                found[id_of(line.resource)] = medication(line.resource, context)
            except Wrong as wrong:
                faults.add(line.file, line.number, wrong.path, wrong.read, wrong.expected)
    empty = ibis.memtable({"person_id": []}, schema={"person_id": "string"})
    return found, [Incoming("Medication", empty, "person_id", {}, number, _nothing_wrong)] if paths else []


def _nothing_wrong(column: str, values: Sequence[object], expected: str) -> None:
    """Medicines are about nobody."""


def _require_type(resource: Mapping[str, Any], kind: str) -> None:
    if resource.get("resourceType") != kind:
        raise Wrong("resourceType", resource.get("resourceType", ""), kind)


@dataclass
class _Type:
    """All files of one type of resource."""

    kind: str
    paths: Sequence[Path]
    reading: Reading
    context: Context
    faults: Faults
    total: int = 0
    by_number: bool = False  # whether some of the rows name people by their NHS numbers
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        columns = {
            column: pa.float64() if column == "value" else pa.string()
            for name in _INTO[self.kind]
            for column in TABLES[name]
        }
        self.rows = Rows(self.reading.work / f"{self.kind}.parquet", pa.schema((columns | _OWN | _PLACE).items()))

    def read(self, codes: Rows) -> None:
        """Every line of every file; the codes of stays go into a file of their own."""
        for path in self.paths:
            for line in lines(path, self.faults):
                self.total += 1
                try:
                    _require_type(line.resource, self.kind)
                    self.keep(line, READERS[self.kind](line.resource, self.context), codes)
                except Wrong as wrong:
                    self.faults.add(line.file, line.number, wrong.path, wrong.read, wrong.expected)
                except Skipped as why:
                    self.skipped[str(why)] += 1
                    self.withdraw(line)
                    if str(why) == REPLACED:
                        self.context.replaced.at[id_of(line.resource)] = (line.file, line.number)
        self.rows.close()

    def keep(self, line: Line, rows: list[dict[str, Any]], codes: Rows) -> None:
        own = [row for row in rows if "person_id" in row]
        for row in rows:
            if "person_id" not in row:
                codes.add(row)
        if not own:
            self.skipped["coded for a stay alone, and kept with it"] += 1
        self.by_number = self.by_number or any(row["person_id"].startswith(BY_NUMBER) for row in own)
        for nth, row in enumerate(own):
            self.rows.add(row | self.place(line, nth))

    def withdraw(self, line: Line) -> None:
        """In an extract of changes, what is left out now may have been kept before."""
        if self.reading.changes and self.kind != "Patient":
            try:
                about = "patient" if self.kind == "Immunization" else "subject"
                self.rows.add({"person_id": self.context.person(line.resource, about)} | self.place(line, WITHDRAWN))
            except (Wrong, Skipped):
                return

    def place(self, line: Line, nth: int) -> dict[str, Any]:
        row_hash = int.from_bytes(hashlib.blake2b(line.raw, digest_size=8).digest())
        entry = f"{self.kind}/{id_of(line.resource)}"
        return {"entry": entry, "nth": nth, "row_hash": row_hash, "file": line.file, "line": line.number}

    def incoming(self, codes: Path, people: People) -> Incoming:
        rows = self.table(codes)
        return Incoming(
            self.kind,
            people.resolved(rows) if self.by_number else rows,
            "person_id",
            {name: _columns(name) for name in _INTO[self.kind]},
            self.total,
            self.wrong,
            dict(self.skipped),
            ("nhs_number",) if self.kind == "Patient" else (),
            "entry",
            is_people=self.kind == "Patient",
            moves=people.moves if self.kind == "Patient" and self.context.replaced.by else None,
        )

    def table(self, codes: Path) -> ir.Table:
        """The rows; of a stay, one for each of its codes."""
        engine = self.reading.engine
        if self.kind != "Encounter":
            return engine.read_parquet(str(self.rows.path))
        engine.con.execute(
            "CREATE OR REPLACE VIEW stays AS SELECT s.* EXCLUDE (code, system, nth), c.code, c.system, CASE WHEN"
            f" s.nth = {WITHDRAWN} THEN s.nth ELSE row_number() OVER (PARTITION BY s.file, s.line ORDER BY c.system,"
            f" c.code) - 1 END AS nth FROM read_parquet({quoted(self.rows.path)}) s"
            f" LEFT JOIN (SELECT DISTINCT * FROM read_parquet({quoted(codes)})) c ON c.encounter = s.encounter"
        )
        stays = engine.table("stays")
        if self.reading.changes:
            uncoded = stays.filter((stays.nth < WITHDRAWN) & stays.code.isnull())
            if number := self.reading.one(uncoded.aggregate(n=uncoded.entry.nunique()))["n"]:
                self.reading.notes.append(
                    f"{number:,} stays came without a condition or procedure that codes them: a code from before has gone."
                )
        return stays

    def wrong(self, column: str, values: Sequence[object], expected: str) -> None:
        """Every line whose value is among these is a fault."""
        if not values:
            return
        rows = self.reading.engine.read_parquet(str(self.rows.path))
        among = ibis.memtable({"value": values})
        wrong = rows.filter(rows.nth == 0).semi_join(among, rows[column] == among.value)
        found = self.reading.engine.to_pyarrow(wrong.order_by("file", "line").limit(SHOWN)).to_pylist()
        path = _PATHS.get((self.kind, column)) or _PATHS["", column]
        for row in found:
            read, by_number, digits = str(row[column]).partition(BY_NUMBER)
            where = f"{path.removesuffix('reference')}identifier.value" if by_number else path
            fault = Fault(row["file"], f"line {row['line']}", where, shown(digits or read), expected)
            self.reading.faults.append(fault)
        number = self.reading.one(wrong.aggregate(n=wrong.count()))["n"]
        if number > SHOWN:
            more = f"{number - SHOWN} more like these, {number} in all"
            self.reading.faults.append(Fault(self.kind, "", path, more, "none"))


_PATHS = {
    ("", "person_id"): "subject.reference",
    ("Patient", "person_id"): "id",
    ("Immunization", "person_id"): "patient.reference",
    ("", "entry"): "id",
    ("", "nhs_number"): "identifier.value",
}


def _columns(name: str) -> Columns:
    return lambda rows: {column: rows[column] for column in TABLES[name]}


FHIR = Fhir()
