"""An extract of a few people in our own tables, and what a dataset holds of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openprotect.interop.feeds.records import Imported, RecordFormat, import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population, engine

NOW = datetime(2020, 3, 30, 9, tzinfo=UTC)
HEADER = ",".join(column.name for column in TABLES_FORMAT.people.columns if column.present)
NHS = [number_for_tests(number) for number in range(4)]
PEOPLE = f"""{HEADER}
p1,1950-01-01,female,,D82001,2001-01-01,,E01000001,2,2019,A,{NHS[0]},Ada,Marsh,1 Mill Lane,,,Ely,,CB7 4AA,07700 900001,,ada@example.org,en,large_print;carer
p2,1931-05-06,male,2020-01-02,D82001,2001-01-01,2020-01-02,E01000002,9,2019,99,,Ravi,Patel,,,,,,,,,,gu,
p3,,unknown,,,,,,,,,,,,,,,,,,,,,,
"""
EVENTS = "person_id,date,code,system,value,unit\n"
TABLES = {
    "people.csv": PEOPLE,
    "events.csv": "person_id,date,code,system,value,unit\np1,2020-01-01,84114007,snomed,,\np1,2020-01-02,84114007,snomed,48.5,mmol/mol\n",
    "medicines.csv": "person_id,date,code,system\np1,2020-01-01,327070006,dmd\np1,2020-01-01,327070006,dmd\n",
    "admissions.csv": "person_id,admitted_on,discharged_on,code,system\np1,2020-01-01,,N185,icd10\n",
    "services.csv": "person_id,service,started_on,ended_on\np1,home_care,2020-01-01,\n",
}


def write_tables(folder: Path) -> Path:
    """The extract in a folder."""
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def bring_in(folder: Path, population: Population, form: RecordFormat = TABLES_FORMAT, dataset: str = "d") -> Imported:
    now = NOW if form is TABLES_FORMAT else datetime(2021, 9, 1, tzinfo=UTC)
    return import_records(folder, form=form, population=population, dataset=dataset, now=now)


def rows(population: Population, name: str, dataset: str = "d") -> list[dict[str, Any]]:
    """The rows of a table with people as their source knows them, ordered by that and by everything else."""
    backend = engine()
    try:
        found = backend.to_pyarrow(population.table(backend, dataset, name)).to_pylist()
    finally:
        backend.disconnect()
    known_as = population.source_ids(dataset)
    return sorted(
        (row | {"person_id": known_as[row["person_id"]]} for row in found), key=lambda row: str([*row.values()])
    )


def files(population: Population) -> dict[str, int]:
    """Every file of records, and the inode that tells a file from one that was written anew."""
    tops = (population.folder, population.identities)
    return {str(path.relative_to(top.parent)): path.stat().st_ino for top in tops for path in top.glob("*/*/*")}
