"""Made-up records of any size, and the code lists of the pack `tests/fixtures/packs/thirteen-rules`.

The same number of people gives the same records. They stand in a folder as an import leaves
them: a table a folder, a file for each partition of people, ordered by person. Skewed as real
ones are: few codes are most of what is recorded, few people have most of the records, medicines
come in repeats. Nobody in them is anybody.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from openprotect.people.partitions import KEPT_AS
from openprotect.programmes.codelists import has_check_digit

INDEX_DATE = date(2020, 3, 31)
EVENT_CODES, MEDICINE_CODES = 60_000, 8_000
FREQUENT_EVENTS, FREQUENT_MEDICINES = 1_500, 1_000  # of them
EVENTS_A_PERSON, ISSUES_A_PERSON = 40, 20
PEOPLE_A_PARTITION = 8_000
FORM = 2  # counts up when the records would be others

# How many codes each list has, and how many of them are among the frequent ones.
LISTS: Mapping[str, tuple[str, int, int]] = {
    "transplant": ("snomed", 200, 0),
    "blood_cancer": ("snomed", 2_000, 0),
    "chemotherapy": ("snomed", 900, 0),
    "respiratory": ("snomed", 900, 3),
    "rare_disease": ("snomed", 600, 0),
    "heart_disease": ("snomed", 1_500, 4),
    "diabetes": ("snomed", 1_200, 6),
    "kidney_disease": ("snomed", 200, 3),
    "dementia": ("snomed", 150, 2),
    "pregnancy": ("snomed", 1_000, 4),
    "high_risk": ("snomed", 50, 2),
    "not_high_risk": ("snomed", 50, 2),
    "immunosuppressants": ("dmd", 400, 2),
    "oral_steroids": ("dmd", 60, 5),
}
PREFIXES = {
    "blood_cancer_stays": ("icd10", [f"C{number}" for number in range(81, 97)]),
    "transplant_operations": ("opcs4", [f"{letter}0{number}" for letter in "EJM" for number in range(1, 3)]),
}


@cache
def codes_of(system: str) -> list[str]:
    """Every code of a system, by its number; with the check digit that a code has."""
    if system == "snomed":
        stems = (f"{100_000 + 7_919 * n}{'1000010' if n % 3 == 0 else '00'}" for n in range(EVENT_CODES + 1))
    else:
        stems = (f"{300_000 + 4_957 * n}1000110" for n in range(MEDICINE_CODES + 1))
    return [next(code for code in (f"{stem}{digit}" for digit in range(10)) if has_check_digit(code)) for stem in stems]


def codelists(folder: Path) -> Path:
    """Write the code lists as published ones are, NAME.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(13)
    taken: set[int] = set()
    for name, (system, number, frequent) in LISTS.items():
        first, last = (FREQUENT_EVENTS, EVENT_CODES) if system == "snomed" else (FREQUENT_MEDICINES, MEDICINE_CODES)
        # An event whose number is divisible by four is a measurement: it belongs to no list of diagnoses.
        seldom = [n for n in range(first, last) if system == "dmd" or (n % 4 and n not in taken)]
        often = [n for n in range(first // 5, first) if system == "dmd" or (n % 4 and n not in taken)]
        chosen = pick.sample(seldom, number - frequent) + pick.sample(often, frequent)
        if name == "rare_disease":  # a code may stand in several lists
            chosen = chosen[50:] + pick.sample(sorted(taken), 50)
        if system == "snomed":
            taken |= set(chosen)
        codes = [codes_of(system)[n] for n in sorted(chosen)]
        _write(folder / f"{name}.csv", ((code, f"{name.replace('_', ' ')} {code} (disorder)") for code in codes))
    for name, (_, codes) in PREFIXES.items():
        _write(folder / f"{name}.csv", ((code, f"{name.replace('_', ' ')} {code}") for code in codes))
    return folder


def _write(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "term"))
        writer.writerows(rows)


def made(people: int, cache: Path) -> Path:
    """The folder with the records of so many people; made where it is not there yet."""
    folder = cache / f"{people}-{FORM}"
    if (folder / "rows.json").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    codelists(folder / "codelists")
    partitions = max(1, -(-people // PEOPLE_A_PARTITION))
    rows: dict[str, int] = {}
    with duckdb.connect(":memory:", config={"memory_limit": "1GB", "threads": 2}) as con:
        for system in ("snomed", "dmd"):
            con.register("found", pa.table({"n": range(len(codes_of(system))), "code": codes_of(system)}))
            con.execute(f"CREATE TABLE {system}_codes AS SELECT n::INTEGER AS n, code FROM found")
        con.execute("CREATE MACRO u(a, b, c) AS (hash(a, b, c) >> 11)::DOUBLE / 9007199254740992.0")
        for partition in range(partitions):
            con.execute(_PERSONS.format(people=people, partitions=partitions, partition=partition))
            for name, query in _TABLES.items():
                (folder / name).mkdir(parents=True, exist_ok=True)
                path = folder / name / f"{partition:04}.parquet"
                written = con.execute(f"COPY ({query} ORDER BY ALL) TO '{path}' {KEPT_AS}").fetchone()
                rows[name] = rows.get(name, 0) + (written[0] if written else 0)
    (folder / "rows.json").write_text(json.dumps(rows))
    return folder


def rows_of(folder: Path) -> dict[str, int]:
    return dict(json.loads((folder / "rows.json").read_text()))


_PERSONS = """
CREATE OR REPLACE TEMP TABLE persons AS
SELECT p, left(md5('made ' || p), 24) AS person_id,
       DATE '2020-03-31' - (365.25 * 100 * u(p, 1, 0) ** 1.3)::INTEGER AS born,
       0.435 + 1.3 * u(p, 1, 0) ** 1.3 AS frail
FROM range({partition}, {people}, {partitions}) AS r(p)
"""
_TABLES = {
    "people": """
        SELECT person_id, born AS date_of_birth,
               ['female', 'male', 'female', 'male', 'other', 'unknown'][
                   CASE WHEN p % 500 = 0 THEN 5 + p % 2 ELSE 1 + u(p, 2, 0)::INTEGER END] AS sex,
               CASE WHEN u(p, 3, 0) < 0.02 THEN DATE '2020-06-30' - (900 * u(p, 3, 1))::INTEGER END AS date_of_death,
               'P' || lpad((p % 97)::VARCHAR, 5, '0') AS practice_code,
               born + (3000 * u(p, 4, 0))::INTEGER AS registration_started,
               CASE WHEN u(p, 5, 0) < 0.03 THEN DATE '2020-06-30' - (900 * u(p, 5, 1))::INTEGER END AS registration_ended,
               'E0100' || lpad((p % 3001)::VARCHAR, 4, '0') AS lsoa,
               (1 + p % 10)::TINYINT AS imd_decile, '2019' AS imd_edition, 'Z' AS ethnic_category
        FROM persons""",
    "events": f"""
        WITH each AS (
            SELECT person_id, p, i,
                   CASE WHEN u(p, i, 16) < 0.3 -- of one of the person's own two conditions
                        THEN {FREQUENT_EVENTS} + {EVENT_CODES - FREQUENT_EVENTS} * u(p, i % 2, 17)
                        ELSE pow({FREQUENT_EVENTS}, u(p, i, 12)) END::INTEGER AS n
            FROM persons, unnest(range((-{EVENTS_A_PERSON} * frail * ln(1 - u(p, 10, 0)))::BIGINT)) AS r(i))
        SELECT person_id, DATE '2020-06-30' - (20 * 365 * u(p, i, 11) ** 2)::INTEGER AS date,
               code, CASE WHEN u(p, i, 13) < 0.01 THEN 'ctv3' ELSE 'snomed' END AS system,
               CASE WHEN n % 4 = 0 AND u(p, i, 15) < 0.9 THEN round(120 * u(p, i, 14), 0) END AS value,
               CASE WHEN n % 4 = 0 THEN 'mmol/mol' END AS unit
        FROM each JOIN snomed_codes USING (n)""",
    "medicines": f"""
        WITH each AS (
            SELECT person_id, p, i, u(p, i, 23) < 0.8 AS repeat
            FROM persons, unnest(range((-{ISSUES_A_PERSON / 0.7} * frail * ln(1 - u(p, 20, 0)))::BIGINT)) AS r(i)
            WHERE u(p, 21, 0) < 0.7),
        coded AS (
            SELECT *, CASE WHEN repeat THEN pow({MEDICINE_CODES}, u(p, i % 4, 22)) ELSE pow({MEDICINE_CODES}, u(p, i, 24))
                      END::INTEGER AS n FROM each)
        SELECT person_id,
               DATE '2020-04-20' - (CASE WHEN repeat THEN 28 * (i // 4) + 20 * u(p, 25, i % 4)
                                    ELSE 3650 * u(p, i, 26) END)::INTEGER AS date,
               code, CASE WHEN u(p, i, 27) < 0.1 THEN 'snomed' ELSE 'dmd' END AS system
        FROM coded JOIN dmd_codes USING (n)""",
    "admissions": """
        WITH each AS (
            SELECT person_id, p, i, u(p, i, 33) < 0.7 AS stay
            FROM persons, unnest(range((-2 * frail * ln(1 - u(p, 30, 0)))::BIGINT)) AS r(i))
        SELECT person_id, DATE '2020-06-30' - (10 * 365 * u(p, i, 31))::INTEGER AS admitted_on,
               DATE '2020-06-30' - (10 * 365 * u(p, i, 31))::INTEGER + (9 * u(p, i, 35) ** 2)::INTEGER AS discharged_on,
               chr((65 + 20 * u(p, i, 32))::INTEGER) || lpad((99 * u(p, i, 34))::INTEGER::VARCHAR, 2, '0')
                   || (9 * u(p, i, 36))::INTEGER AS code,
               CASE WHEN stay THEN 'icd10' ELSE 'opcs4' END AS system
        FROM each""",
    "services": """
        SELECT person_id, CASE WHEN u(p, 41, 0) < 0.7 THEN 'home_care' ELSE 'day_care' END AS service,
               DATE '2020-05-01' - (1500 * u(p, 42, 0))::INTEGER AS started_on,
               CASE WHEN u(p, 43, 0) < 0.4 THEN DATE '2020-05-30' - (700 * u(p, 44, 0))::INTEGER END AS ended_on
        FROM persons WHERE u(p, 40, 0) < 0.03""",
}
