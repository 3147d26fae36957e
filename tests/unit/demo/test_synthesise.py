"""A made-up population: the same every time, and as unruly as a real one."""

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from openprotect.demo.synthesise import population
from openprotect.demo.synthesise.listing import write_shielded_list
from openprotect.demo.synthesise.population import StartTooEarly, TooManyPeople, synthesise
from openprotect.interop.feeds.shielded_list import COLUMNS, read_shielded_list
from openprotect.lib.nhs_number import is_nhs_number, is_test_number
from openprotect.lib.telephone import Quality, read_telephones

PACK = Path(population.__file__).parents[3] / "packs" / "covid-protect" / "2026.1"
START = date(2020, 3, 30)
PEOPLE = 8_000
# England in mid-2020 (Office for National Statistics), per cent: under 20, to 39, to 64, to 79, 80 and over.
AGES = {20: 23.7, 40: 26.3, 65: 31.7, 80: 13.6, 200: 5.0}


def make(folder, **changes):
    asked = {"people": 300, "seed": 1, "start": START, "codelists": PACK / "codelists"}
    return synthesise(folder, **(asked | changes))


def digest(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("population")
    make(folder, people=PEOPLE)
    return folder


@pytest.fixture(scope="module")
def tables(folder):
    def rows(name):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    names = ("people", "events", "medicines", "admissions", "services", "contacts", "organisations", "truth")
    return {name: rows(name) for name in names}


@pytest.fixture(scope="module")
def traits(tables):
    return Counter(trait for row in tables["truth"] for trait in row["traits"].split(";"))


@pytest.fixture(scope="module")
def lists(folder):
    return [read_shielded_list(folder / f"shielded-list-v{version}.csv") for version in (1, 2)]


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    for name, hash_seed in (("one", "1"), ("two", "2")):
        command = [sys.executable, "-c", "from openprotect.cli import main; main()"]
        command += ["synthesise", str(tmp_path / name), "--people", "300", "--seed", "1"]
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": hash_seed}, check=True, capture_output=True)
    make(tmp_path / "three")
    assert digest(tmp_path / "one") == digest(tmp_path / "two") == digest(tmp_path / "three")


@pytest.mark.parametrize("change", [{"seed": 2}, {"start": date(2020, 4, 6)}])
def test_another_seed_or_start_gives_other_people(tmp_path, change):
    make(tmp_path / "one")
    make(tmp_path / "two", **change)
    assert digest(tmp_path / "one")["people.csv"] != digest(tmp_path / "two")["people.csv"]


@pytest.mark.parametrize("people", [1, 2, 19, 57])
def test_makes_exactly_as_many_as_asked_however_few(tmp_path, people):
    make(tmp_path, people=people)
    assert len((tmp_path / "people.csv").read_text().splitlines()) == people + 1


def test_says_when_it_cannot(tmp_path):
    with pytest.raises(TooManyPeople, match=r"At most 890,000 people"):
        make(tmp_path, people=1_000_000)
    with pytest.raises(StartTooEarly, match=r"01 March 2020"):
        make(tmp_path, start=date(2019, 3, 30))


def test_everybody_has_their_own_valid_number_of_the_test_range(tables, lists):
    numbers = [row["nhs_number"] for row in tables["truth"]]
    assert len(numbers) == len(set(numbers)) >= PEOPLE
    assert all(is_nhs_number(number) and is_test_number(number) for number in numbers)
    known = set(numbers)
    assert all(row.nhs_number in known for file in lists for row in file.rows if row.nhs_number)


def test_ages_are_those_of_england(tables):
    found = Counter()
    for row in tables["people"]:
        age = (START - date.fromisoformat(row["date_of_birth"])).days / 365.25
        found[next(until for until in AGES if age < until)] += 1
    for until, expected in AGES.items():
        assert abs(100 * found[until] / PEOPLE - expected) < 3, until


def test_codes_stand_in_the_pack_or_are_findings_of_no_list(tables):
    codes = {}
    for path in (PACK / "codelists").iterdir():
        with path.open(encoding="utf-8") as stream:
            codes[path.stem] = {row["code"] for row in csv.DictReader(stream)}
    listed = set().union(*codes.values())
    ordinary = {row["code"] for row in tables["events"]} - listed
    assert len(ordinary) < 30
    assert all(row["code"] in listed for row in tables["medicines"])
    admitted = {row["code"] for row in tables["admissions"]}
    assert admitted & listed
    assert len(admitted - listed) < 10


def test_nothing_is_recorded_of_anybody_before_birth_or_after_the_start(tables):
    born = {row["person_id"]: row["date_of_birth"] for row in tables["people"]}
    last = START.isoformat()
    for name, column in (("events", "date"), ("medicines", "date"), ("admissions", "admitted_on")):
        assert all(born[row["person_id"]] <= row[column] <= last for row in tables[name])
    for row in tables["people"]:
        assert row["date_of_birth"] <= row["registration_started"] <= last
        assert not row["date_of_death"] or row["registration_started"] < row["date_of_death"] < last
        assert not row["registration_ended"] or row["registration_started"] < row["registration_ended"] < last


@pytest.mark.parametrize(
    ("trait", "low", "high"),
    [
        ("no_number", 8, 12),
        ("wrong_number", 4.5, 7.5),
        ("digit_lost", 3, 5),
        ("landline_in_mobile", 3, 5),
        ("two_numbers", 2.5, 4.5),
        ("lost_zero", 2, 4),
        ("died", 0.4, 1.1),
        ("moved_away", 0.5, 1.2),
        ("twin", 0.2, 1.2),
        ("named_after_parent", 0.1, 0.6),
        ("one_issue_of_two", 0.2, 0.7),
        ("cancelled_by_clinician", 0.05, 0.35),
    ],
)
def test_per_cent_of_people_with_a_trait(traits, trait, low, high):
    assert low <= 100 * traits[trait] / PEOPLE <= high


@pytest.mark.parametrize(
    ("need", "low", "high"),
    [
        ("large_print", 2, 4),
        ("care_home", 0.9, 1.5),
        ("restricted", 0.1, 0.55),
        ("no_fixed_address", 0.1, 0.7),
        ("carer", 2, 5),
        ("guardian", 15, 25),
    ],
)
def test_per_cent_of_people_with_a_need(tables, need, low, high):
    found = sum(need in row["other_needs"].split(";") for row in tables["people"])
    assert low <= 100 * found / PEOPLE <= high


def test_a_few_speak_another_language(tables):
    assert 3 <= 100 * sum(row["language"] != "en" for row in tables["people"]) / PEOPLE <= 5


def test_households_are_like_households(tables):
    addresses = Counter((row["address_line_1"], row["address_line_2"], row["postcode"]) for row in tables["people"])
    homes = [count for (line, _, _), count in addresses.items() if "Care Home" in line]
    assert homes
    assert all(count <= 40 for count in homes)
    phones = Counter(row["landline"] for row in tables["people"] if row["landline"])
    assert max(phones.values()) > 1
    twins = [row["person_id"] for row in tables["truth"] if "twin" in row["traits"].split(";")]
    people = {row["person_id"]: row for row in tables["people"]}
    born = Counter((people[twin]["date_of_birth"], people[twin]["postcode"]) for twin in twins)
    assert set(born.values()) <= {1, 2}  # one alone only where the population ends between them


def test_organisations_cannot_be_taken_for_real_ones(tables):
    kinds = Counter(row["kind"] for row in tables["organisations"])
    assert kinds == {"central": 1, "council": 1, "voluntary": 1, "locality": 4, "practice": 5}
    assert all(row["code"].startswith("ZZ") for row in tables["organisations"])
    codes = {row["code"] for row in tables["organisations"]}
    assert {row["practice_code"] for row in tables["people"]} <= codes
    assert all(not read_telephones(row["phone"]).quality for row in tables["organisations"])


def test_the_list_holds_about_two_thirds_and_a_few_whom_nobody_knows(tables, lists):
    at_risk = [row for row in tables["truth"] if row["route"] and row["person_id"]]
    share = sum("v1" in row["lists"] for row in at_risk) / len(at_risk)
    assert 0.55 < share < 0.75
    assert sum(row["route"] == "unknown_to_records" for row in tables["truth"]) >= 2
    assert any(not row.nhs_number for row in lists[0].rows)


def test_the_list_is_as_dirty_as_it_was_sent(lists):
    qualities = Counter(quality for row in lists[0].rows for quality in row.quality)
    assert set(qualities) == set(Quality) - {Quality.MOBILE_IN_LANDLINE}
    assert lists[0].duplicates


@pytest.mark.parametrize("people", [700, 2_000, PEOPLE])
def test_the_second_version_stays_inside_the_bounds_of_a_suspicious_file(tmp_path, people):
    make(tmp_path, people=people)
    versions = [read_shielded_list(tmp_path / f"shielded-list-v{version}.csv") for version in (1, 2)]
    before, after = ({row.nhs_number: row for row in file.rows if row.nhs_number} for file in versions)
    phones = sum(before[number].mobile != after[number].mobile for number in before.keys() & after.keys())
    assert versions[0].version < versions[1].version
    assert len(before.keys() - after.keys()) <= 0.05 * len(before)
    assert 0 < len(after.keys() - before.keys()) <= 0.20 * len(before)
    assert phones <= 0.02 * len(before)


def test_a_week_on_somebody_is_removed_has_died_or_has_a_new_telephone(lists, traits):
    assert traits["contacted_in_error"]
    assert traits["new_telephone"]
    assert any(row.informally_deceased for row in lists[1].rows)
    assert not any(row.informally_deceased for row in lists[0].rows)


def test_what_is_written_is_read_back(tmp_path):
    cells = dict.fromkeys(COLUMNS, "") | {"PatientSurname": 'O\'Brien, "Úna"', "DateOfBirth": "19400229"}
    write_shielded_list(tmp_path / "list.csv", [tuple((cells | {"SPL_Version": "1"}).values())])
    assert read_shielded_list(tmp_path / "list.csv").rows[0].family_name == 'O\'Brien, "Úna"'
