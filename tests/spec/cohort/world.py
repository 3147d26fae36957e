"""A few people and their records, and a cohort in a few lines, for the specification of the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openprotect.lib.errors import Fault
from openprotect.programmes import yaml_lines
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort, parse_cohort
from openprotect.programmes.shape import fits

INDEX = date(2020, 3, 30)

# Lists of made-up codes. `a`, `b` and `c` are of SNOMED CT, `m` of dm+d, `h` of ICD-10, `o` of OPCS-4;
# `pilot` is of practices, `coast` of areas.
LISTS = {
    "a": CodeList("a", "snomed", (("A1", "First (disorder)"), ("A2", "Second")), ""),
    "b": CodeList("b", "snomed", (("B1", "Third"), ("B2", "Fourth")), ""),
    "c": CodeList("c", "snomed", (("C1", "Fifth"), ("A1", "First")), ""),
    "m": CodeList("m", "dmd", (("M1", "Tablets"), ("M2", "Capsules")), ""),
    "h": CodeList("h", "icd10", (("C81", "Lymphoma"), ("D571", "Sickle cell")), ""),
    "o": CodeList("o", "opcs4", (("M01", "Kidney transplant"),), ""),
    "pilot": CodeList("pilot", "ods", (("T01", "First practice"), ("T02", "Second practice")), ""),
    "coast": CodeList("coast", "lsoa", (("E01000001", "A harbour"),), ""),
}
LOCALITIES = {"T01": "NORTH", "T02": "SOUTH", "T03": "NORTH"}

Row = Mapping[str, Any]


@dataclass
class World:
    """Rows of each table of `people.population.TABLES`; what is left out is null. `listed` are imported lists."""

    people: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    medicines: list[Row] = field(default_factory=list)
    admissions: list[Row] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    listed: list[Row] = field(default_factory=list)


def definition(rules: str, exclude: str = "") -> Cohort:
    """A cohort of these rules, with all lists declared; its faults fail the test."""
    cohort, faults = parsed(rules, exclude)
    assert not faults, faults
    return cohort


def parsed(rules: str, exclude: str = "") -> tuple[Cohort, list[Fault]]:
    """The cohort of these rules and its faults."""
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
    return cohort, [fault for fault in faults if "use it or take it out" not in fault.expected]


def rule(text: str, id: str = "R") -> str:
    """One rule of `when: ...` and perhaps `unless: ...`, a line each."""
    body = "".join(f"\n    {line}" for line in text.strip().splitlines())
    return f"  - id: {id}\n    group: g\n    reason: seen{body}"
