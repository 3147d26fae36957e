"""Two versions of a definition over the same records: who would come in and go out; and nothing is written."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from openprotect.journey.identify.differences import would_move
from openprotect.journey.identify.engine import run_cohort
from openprotect.journey.identify.facts import Flow, Moves
from openprotect.people.population import Population
from openprotect.programmes.cohort_lists import read_cohort
from tests.factories.command_line import Installation
from tests.factories.record_tables import bring_in, write_tables
from tests.unit.journey.test_definitions_compared import FIRST, pack

DAY = date(2020, 3, 30)
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
