"""What an import of records costs, in time and memory, beside a plain copy of the same CSV files to Parquet.

    make bench NAME=import_records

makes records of up to 1.6 million events and half as many medicines (`SIZES=100000,400000` for others), and for
each size, in a process of its own: imports them, imports them again, and adds the changes of one person in a hundred. The
baseline is DuckDB reading the same CSV files and writing them as Parquet, nothing checked, nothing split off.
`FHIR=50000` says how many conditions an export is made of. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "100000,400000,1600000").split(","))
FHIR = int(os.environ.get("FHIR", "50000"))
EVENTS_A_PERSON = 40
NOW = datetime(2020, 3, 30, 9, tzinfo=UTC)

_PEOPLE = """
SELECT 'P' || lpad(i::varchar, 9, '0') AS person_id, date '1930-01-01' + (hash(i) % 30000)::int AS date_of_birth,
  CASE WHEN i % 2 = 0 THEN 'male' ELSE 'female' END AS sex, NULL AS date_of_death, 'D82001' AS practice_code,
  date '2001-01-01' AS registration_started, NULL AS registration_ended, 'E01000001' AS lsoa,
  1 + i % 10 AS imd_decile, '2019' AS imd_edition, 'A' AS ethnic_category, NULL AS nhs_number, 'Ada' AS given_name,
  'Marsh' AS family_name, '1 Mill Lane' AS address_line_1, NULL AS address_line_2, 'Ely' AS address_line_3,
  NULL AS address_line_4, NULL AS address_line_5, 'CB7 4AA' AS postcode, '07700 900001' AS mobile, NULL AS landline,
  NULL AS email, 'en' AS language, NULL AS other_needs FROM range({people}) t(i)
"""
_EVENTS = """
SELECT 'P' || lpad((hash(i) % {people})::varchar, 9, '0') AS person_id, date '2000-01-01' + (hash(i, 1) % 7300)::int AS date,
  (100000000 + hash(i, 2) % 2000)::varchar AS code, 'snomed' AS system,
  CASE WHEN i % 4 = 0 THEN (hash(i, 3) % 1000) / 10.0 END AS value, CASE WHEN i % 4 = 0 THEN 'mmol/mol' END AS unit
FROM range({first}, {last}) t(i)
"""
_MEDICINES = """
SELECT 'P' || lpad((hash(i) % {people})::varchar, 9, '0') AS person_id, date '2000-01-01' + (hash(i, 1) % 7300)::int AS date,
  (300000000 + hash(i, 2) % 2000)::varchar AS code, 'dmd' AS system FROM range({first}, {last}) t(i)
"""
_PATIENTS = """
SELECT json_object('resourceType', 'Patient', 'id', 'p' || i, 'gender', 'female', 'birthDate', '1950-01-31') AS line
FROM range({people}) t(i)
"""
_CONDITIONS = """
SELECT json_object('resourceType', 'Condition', 'id', 'c' || i, 'subject', json_object('reference', 'Patient/p' || i % {people}),
  'verificationStatus', json_object('coding', json_array(json_object('code', 'confirmed'))), 'code', json_object('coding',
  json_array(json_object('system', 'http://snomed.info/sct', 'code', (100000000 + i % 2000)::varchar, 'display', 'made up'))),
  'onsetDateTime', (date '2000-01-01' + (hash(i) % 7300)::int)::varchar) AS line FROM range({last}) t(i)
"""


def make(folder: Path, events: int) -> None:
    """The extract of a size, and a hundredth of it as changes."""
    people = events // EVENTS_A_PERSON
    whole = {"people": people, "first": 0, "last": events}
    few = {"people": people // 100, "first": events, "last": events + events // 100}
    with duckdb.connect() as con:
        for name, at in (("whole", whole), ("changes", few)):
            (folder / name).mkdir()
            for table, query in (("events", _EVENTS), ("medicines", _MEDICINES), ("people", _PEOPLE)):
                halved = at if table != "medicines" else {**at, "first": at["first"] // 2, "last": at["last"] // 2}
                if (name, table) != ("changes", "people"):
                    con.execute(f"COPY ({query.format(**halved)}) TO '{folder / name / table}.csv' (HEADER)")


def make_fhir(folder: Path, conditions: int) -> None:
    people = conditions // EVENTS_A_PERSON
    with duckdb.connect() as con:
        for name, query in (("Patient", _PATIENTS), ("Condition", _CONDITIONS)):
            filled = query.format(people=people, last=conditions)
            con.execute(
                f"COPY ({filled}) TO '{folder / name}.ndjson' (FORMAT csv, HEADER false, QUOTE '', DELIMITER '\\t')"
            )


def copied(folder: Path, target: Path) -> int:
    """The baseline: every file as Parquet."""
    rows = 0
    with duckdb.connect(config={"memory_limit": "384MB"}) as con:
        for path in sorted(folder.glob("*.csv")):
            done = con.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{target / path.stem}.parquet'").fetchone()
            rows += done[0] if done else 0
    return rows


def imported(folder: Path, target: Path, what: str) -> int:
    from openprotect.interop.feeds.fhir import FHIR
    from openprotect.interop.feeds.records import RecordFormat, import_records
    from openprotect.interop.feeds.tables import TABLES_FORMAT
    from openprotect.people.population import Population

    form: RecordFormat = FHIR if what == "fhir" else TABLES_FORMAT
    done = import_records(folder, form=form, population=Population(target / "population"), dataset="bench", now=NOW,
                          changes=what == "changes")  # fmt: skip
    return sum(totals.rows for totals in done.manifest.files.values())


def measured(what: str, folder: Path, target: Path) -> dict[str, Any]:
    """One step in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.import_records", what, str(folder), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return cost


def step(what: str, folder: Path, target: Path) -> None:
    before, began = time.process_time(), time.perf_counter()
    rows = copied(folder, target) if what == "copy" else imported(folder, target, what)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": round(time.perf_counter() - began, 2),
                      "cpu": round(time.process_time() - before, 2), "mb": round(used)}))  # fmt: skip


def main() -> None:
    found: dict[str, dict[str, Any]] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="openprotect-bench-") as name:
            here = Path(name)
            make(here, size)
            of = {"copy": measured("copy", here / "whole", here)}
            for what, folder in (("import", "whole"), ("again", "whole"), ("changes", "changes")):
                of[what] = measured(what, here / folder, here)
            ratio = {"ratio": round(of["import"]["cpu"] / of["copy"]["cpu"], 1)}
            found[str(size)] = {**of, **ratio}
            for what, each in of.items():
                print(f"{size:>9,} events  {what:8} {each['seconds']:8.2f} s {each['cpu']:8.2f} CPU s {each['mb']:6,} MB"
                      f" {each['rows']:10,} rows")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="openprotect-bench-") as name:
        (Path(name) / "export").mkdir()
        make_fhir(Path(name) / "export", FHIR)
        each = found["fhir"] = measured("fhir", Path(name) / "export", Path(name))
        print(f"{FHIR:>9,} FHIR    import   {each['seconds']:8.2f} s {each['cpu']:8.2f} CPU s {each['mb']:6,} MB"
              f" {each['rows']:10,} rows")  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        step(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
