"""A few people and their records, and a cohort in a few lines, for the specification of the language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import run_over
from openprotect.journey.identify.facts import CohortResult
from openprotect.lib.errors import Fault
from openprotect.people.population import TABLES
from openprotect.programmes import yaml_lines
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort, parse_cohort
from openprotect.programmes.shape import fits

INDEX = date(2020, 3, 30)

# Lists of made-up codes. `a` and `b` are of SNOMED CT, `m` of dm+d, `h` of ICD-10, `o` of OPCS-4.
LISTS = {
    "a": CodeList("a", "snomed", (("A1", "First (disorder)"), ("A2", "Second")), ""),
    "b": CodeList("b", "snomed", (("B1", "Third"), ("B2", "Fourth")), ""),
    "c": CodeList("c", "snomed", (("C1", "Fifth"), ("A1", "First")), ""),
    "m": CodeList("m", "dmd", (("M1", "Tablets"), ("M2", "Capsules")), ""),
    "h": CodeList("h", "icd10", (("C81", "Lymphoma"), ("D571", "Sickle cell")), ""),
    "o": CodeList("o", "opcs4", (("M01", "Kidney transplant"),), ""),
}


@dataclass
class World:
    """Rows of each table, as tuples in the order of its columns; what is left out is null."""

    people: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    medicines: list[tuple[Any, ...]] = field(default_factory=list)
    admissions: list[tuple[Any, ...]] = field(default_factory=list)
    services: list[tuple[Any, ...]] = field(default_factory=list)
    listed: list[tuple[str, str, date]] = field(default_factory=list)


def definition(rules: str, exclude: str = "") -> Cohort:
    """A cohort of these rules, with all lists declared; its faults fail the test."""
    used = [name for name in LISTS if any(f" {name}" in rules.replace(mark, " ") for mark in "[]{},:")]
    lines = ["cohort: spec", "index_date: {param: run_date}"]
    if exclude:
        lines += ["population:", f"  exclude: {exclude}"]
    lines += ["codelists:" if used else "codelists: {}"]
    lines += [f"  {name}: {{file: codelists/{name}.csv, system: {LISTS[name].system}}}" for name in used]
    lines += ["groups:", "  g: {label: The group}", "rules:", rules]
    faults: list[Fault] = []
    document = yaml_lines.read("\n".join(lines), "1-cohort.yaml", faults)
    assert document is not None, faults
    assert fits(document, "1-cohort", "1-cohort.yaml", faults), faults
    cohort = parse_cohort(document, "1-cohort.yaml", faults)
    assert not [fault for fault in faults if "use it or take it out" not in fault.expected], faults
    return cohort


def rule(when: str, unless: str = "") -> str:
    """One rule R."""
    more = f"\n    unless: {unless}" if unless else ""
    return f"  - id: R\n    group: g\n    reason: seen\n    when: {when}{more}"


def run(backend: Backend, cohort: Cohort, world: World, index: date = INDEX) -> CohortResult:
    """The engine's answer."""
    tables = {
        name: ibis.memtable(_rows(name, getattr(world, name)))
        for name in ("people", "events", "medicines", "admissions", "services")
    }
    listed = None
    if world.listed:
        columns = list(zip(*world.listed, strict=True))
        listed = ibis.memtable(pa.table(dict(zip(("list", "person_id", "from_date"), columns, strict=True))))
    return run_over(Plan(cohort, LISTS, index), backend, tables, listed)


def _rows(name: str, rows: Iterable[Sequence[Any]]) -> pa.Table:
    schema = TABLES[name].to_pyarrow()
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=False)) for row in rows], schema=schema)
