"""The pack finds in a made-up population whom the population was made to hold."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from openprotect.demo.synthesise.population import synthesise
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.shielded_list import read_shielded_list
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.journey.identify.engine import run_cohort
from openprotect.people.population import Population
from openprotect.programmes.cohort_lists import read_cohort

PACK = Path(__file__).parents[2] / "packs" / "covid-protect" / "2026.1"
START = date(2020, 3, 30)


@pytest.mark.parametrize(("people", "seed"), [(2_000, 1), (2_000, 7), (6_000, 3)])
def test_four_and_a_half_per_cent_are_members_and_exactly_those_who_were_meant(tmp_path, people, seed):
    folder, population = tmp_path / "made", Population(tmp_path / "plane")
    synthesise(folder, people=people, seed=seed, start=START, codelists=PACK / "codelists")
    now = datetime(2020, 3, 30, 9, tzinfo=UTC)
    import_records(folder, form=TABLES_FORMAT, population=population, dataset="made", now=now)
    listed = [row for row in read_shielded_list(folder / "shielded-list-v1.csv").rows if row.nhs_number]
    lists = pa.table(
        {
            "list": ["shielded-patient-list"] * len(listed),
            "nhs_number": [row.nhs_number for row in listed],
            "from_date": [row.inception_date for row in listed],
        }
    )
    found = read_cohort(PACK, None)
    result = run_cohort(found.cohort, found.lists, population, "made", START, lists)

    known_as = population.source_ids("made")
    found_ids = set(result.members.column("person_id").to_pylist())
    members = {known_as[one] for one in found_ids if not one.startswith("list:")}
    with (folder / "truth.csv").open(encoding="utf-8") as stream:
        truth = [row for row in csv.DictReader(stream) if row["person_id"] and row["route"]]
    meant = {row["person_id"] for row in truth if not {"died", "moved_away"} & set(row["traits"].split(";"))}
    # The list does not give everybody's NHS number; who stands on it alone is then found by linkage.
    unlinked = {row["person_id"] for row in truth if "listed_without_nhs_number" in row["traits"]}
    assert meant - unlinked <= members <= meant
    assert 0.040 <= len(members) / people <= 0.050
