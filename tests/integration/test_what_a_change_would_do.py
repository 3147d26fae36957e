"""Two versions of a definition over the same records: who would come in and go out; and nothing is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from openprotect.demo import opt_outs
from openprotect.journey.identify.engine import run_cohort
from openprotect.journey.identify.facts import Flow, Moves
from openprotect.journey.identify.moves import would_move
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population
from openprotect.programmes.cohort_lists import read_cohort
from tests.factories import published_files
from tests.factories.command_line import Installation
from tests.factories.record_tables import bring_in, write_tables
from tests.factories.seen import rows
from tests.factories.small_service import BEGINS, PACK, open_service
from tests.factories.small_service import FIRST as FIRST_SURGERY
from tests.unit.journey.test_definitions_compared import FIRST, pack

DAY = date(2020, 3, 30)
BORN = {"PatientFirstName": "Ada", "DateOfBirth": "19380604"}
OLDER = FIRST.replace("at_least: 80", "at_least: 70").replace("within: 2 years", "before: 2019-01-01")


def test_who_would_come_in_and_go_out(tmp_path: Path) -> None:
    population = Population(tmp_path / "population")
    bring_in(write_tables(tmp_path / "extract"), population)
    moves = compared(tmp_path, population)
    assert (moves.before, moves.after, moves.people) == (1, 1, Flow(0, 0))
    assert moves.by["rule"] == {"HEART": Flow(0, 1), "OLD": Flow(1, 0)}
    assert moves.by["group"] == {"heart": Flow(0, 1), "old": Flow(1, 0)}
    nobody = compared(tmp_path / "other", population, FIRST.replace("2 years", "1 day").replace("80", "100"))
    assert nobody.people == Flow(0, 1)
    assert {key: nobody.by[key] for key in ("practice", "deprivation", "age", "sex", "ethnicity")} == {
        "practice": {"D82001": Flow(0, 1)},
        "deprivation": {"2": Flow(0, 1)},
        "age": {"70 to 79": Flow(0, 1)},
        "sex": {"female": Flow(0, 1)},
        "ethnicity": {"White": Flow(0, 1)},
    }


def compared(folder: Path, population: Population, after: str = OLDER) -> Moves:
    sides = [read_cohort(pack(folder / "1")), read_cohort(pack(folder / "2", after))]
    before, then = (run_cohort(each.cohort, each.lists, population, "d", DAY) for each in sides)
    return would_move(before, then, population, "d", DAY)


def test_the_command_needs_no_database_and_says_the_same(tmp_path: Path) -> None:
    here = Installation(tmp_path / "data")
    here.run("import", "records", "--format", "tables", write_tables(tmp_path / "extract"))
    before, after = pack(tmp_path / "1"), pack(tmp_path / "2", OLDER)
    told = json.loads(here.run("cohort", "diff", before, after, "--effect", "--as-of", DAY, "--json"))
    assert told["people"]["by"]["rule"] == {"HEART": asdict(Flow(0, 1)), "OLD": asdict(Flow(1, 0))}
    assert [change["how"] for change in told["definition"]] == ["changed", "changed"]


def test_a_preview_without_a_database_says_what_it_did_not_look_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    here = Installation(tmp_path / "data")
    extract = write_tables(tmp_path / "extract")
    assert "services: a run reads them only where a legal basis names their source, a_register." in here.notes(
        "import", "records", "--format", "tables", "--source", "services=a_register", extract
    )
    said = here.notes("cohort", "run", PACK, "--preview", "--as-of", DAY)
    assert "Without a database, all records are read: no legal basis, opt-out or imported list is looked up." in said
    assert "shielded-patient-list" not in said


def test_between_folders_lists_localities_and_opt_outs_are_read_as_by_a_run(
    committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.setattr(settings, "DATA", data)
    here = Installation(data)
    open_service(tmp_path)
    severe = {"date": "2016-11-02", "code": "313299006", "system": "snomed"}
    tables = {
        "people": [_person(1), _person(2) | {"type_1_opt_out": "yes"}, _person(3) | {"type_1_opt_out": "yes"}],
        "events": [{"person_id": "R3", **severe}],
    }
    here.run("import", "records", "--format", "tables", published_files.records(tmp_path / "extract", **tables))
    # Two of the records are on the list, one of them although their records are not used; the last is on the list alone.
    listed = [{"Traced_NHSNUMBER": number_for_tests(number), **BORN} for number in (1, 2, 4)]
    published_files.receive(published_files.shielded_list(tmp_path / "list.csv", *listed), now=BEGINS)
    opt_outs.exchange(Population(data / "population"), now=BEGINS, of_a_thousand=0)
    before, after = PACK / "2026.1", _without_the_list(tmp_path / "2026.2")
    told = json.loads(here.run("cohort", "diff", before, after, "--effect", "--as-of", "2020-04-07", "--json"))[
        "people"
    ]
    assert (told["before"], told["after"], told["people"]) == (3, 0, {"came": 0, "went": 3})
    assert told["by"]["group"] == {"national-list": {"came": 0, "went": 3}}
    assert told["by"]["locality"] == {"T04": {"came": 0, "went": 2}, "unknown": {"came": 0, "went": 1}}
    assert told["by"]["practice"] == {FIRST_SURGERY: {"came": 0, "went": 2}, "unknown": {"came": 0, "went": 1}}
    assert told["by"]["deprivation"] == {"2": {"came": 0, "went": 2}, "unknown": {"came": 0, "went": 1}}
    said = here.run("cohort", "diff", before, after, "--effect", "--as-of", "2020-04-07")
    assert "3 people before, 0 after" in said
    # And why somebody is in, who stands on the list alone, is explained by the same reading
    why = Installation(data).run("cohort", "explain", before, number_for_tests(4), "--as-of", "2020-04-07")
    assert f"{number_for_tests(4)} is in covid-protect" in why
    assert "yes on the list shielded-patient-list" in why
    # A preview reads what a run reads: those on the list, nobody's records who opted out, no source without a basis.
    preview = ("cohort", "run", before, "--preview", "--as-of", "2020-04-07")
    found = here.last_line(*preview, "--json")
    assert (found["people"], found["groups"]["national-list"], found["groups"]["respiratory"]) == (3, 3, 0)
    assert "shielded-patient-list" not in here.notes(*preview)
    unread = ("import", "records", "--format", "tables", "--dataset", "other", "--source", "services=a_register")
    assert (
        "services: no legal basis in force names their source, a_register. They are kept, and a run leaves all of them out."
        in here.notes(*unread, tmp_path / "extract")
    )
    assert "Left out: services, because no legal basis in force" in here.notes(*preview, "--dataset", "other")
    # Where nothing is published there is no basis to read by: that is said, and an event all the same
    another = Path(shutil.copytree(before, tmp_path / "another"))
    for name in ("0-programme.yaml", "1-cohort.yaml"):
        said = (another / name).read_text(encoding="utf-8")
        (another / name).write_text(said.replace("covid-protect", "another-one"), encoding="utf-8")
    unpublished = "As no version of another-one is published here, all records are read"
    assert unpublished in here.notes("cohort", "run", another, "--preview", "--as-of", "2020-04-07")
    here.run("cohort", "diff", another, another, "--effect", "--as-of", "2020-04-07")
    assert rows("SELECT action FROM governance_auditevent WHERE why LIKE 'no version published%%' ORDER BY 1") == [
        ("cohort previewed",), ("effect of a change counted",)
    ]  # fmt: skip
    # Then nobody is a member by it, and each look is in the trail with the basis for finding people
    assert rows("SELECT count(*) FROM identify_cohortrun") == [(0,)]
    looked = (
        "SELECT e.actor, b.purpose FROM governance_auditevent e JOIN governance_legalbasis b ON b.purpose = e.purpose"
    )
    for action, times in (("effect of a change counted", 2), ("cohort previewed", 3)):
        assert rows(f"{looked} WHERE e.action = %s", action) == [("system:command line", "risk_stratification")] * times


def _person(number: int) -> dict[str, str]:
    return {"person_id": f"R{number}", "nhs_number": number_for_tests(number), "date_of_birth": "1938-06-04",
            "sex": "female", "practice_code": FIRST_SURGERY, "imd_decile": "2", "imd_edition": "2019"}  # fmt: skip


def _without_the_list(folder: Path) -> Path:
    shutil.copytree(PACK / "2026.1", folder)
    text = (folder / "1-cohort.yaml").read_text(encoding="utf-8")
    start, end = text.index('    reason: "On the Shielded Patient List'), text.index("  # Local stratification")
    other = '    reason: "Very old"\n    when: {age: {at_least: 110}}\n\n'
    (folder / "1-cohort.yaml").write_text(text[:start] + other + text[end:], encoding="utf-8")
    return folder
