"""However many rules there are, each table of records is read once; and passes find what one pass finds."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from benchmarks.made_records import INDEX_DATE, made
from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import PEOPLE_AT_ONCE, passes_over
from openprotect.journey.identify.facts import OPTED_OUT
from openprotect.journey.identify.passes import READ, at_once, expressions, gathered, in_passes
from openprotect.people.population import Manifest, Part, Population, engine
from openprotect.programmes.cohort_lists import CohortOnDisk, read_cohort
from openprotect.programmes.definitions.cohort import Rule
from openprotect.programmes.definitions.conditions import OnList

PACK = Path("tests/fixtures/packs/thirteen-rules")
PEOPLE = 9_000  # two partitions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(PEOPLE, tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def pack(folder: Path) -> CohortOnDisk:
    return read_cohort(PACK, folder / "codelists")


@pytest.fixture
def backend():
    found = engine()
    yield found
    found.disconnect()


def scans(node: dict[str, Any]) -> Iterator[str]:
    table = node.get("extra_info", {}).get("Table")
    if table:
        yield table.rsplit(".", 1)[-1]
    for child in node.get("children", []):
        yield from scans(child)


def test_each_table_of_records_is_read_once(backend, folder: Path, pack: CohortOnDisk) -> None:
    for name in READ:
        backend.create_table(name, backend.read_parquet(str(folder / name / "*.parquet")))
    tables = {name: backend.table(name) for name in READ}
    _, members = expressions(Plan(pack.cohort, pack.lists, INDEX_DATE), tables)
    backend._run_pre_execute_hooks(members)
    (plan,) = json.loads(backend.con.execute(f"EXPLAIN (FORMAT JSON) {backend.compile(members)}").fetchall()[0][1])
    read = Counter(scans(plan))
    assert {name: read[name] for name in READ} == dict.fromkeys(READ, 1)


def test_passes_find_what_one_pass_finds(backend, folder: Path, pack: CohortOnDisk) -> None:
    """With places on lists, people who stand on a list alone, and people whose records are not used."""
    cohort = replace(pack.cohort, rules=(*pack.cohort.rules, Rule("LISTED", "frail", "", OnList("spl"), None)))
    plan = Plan(cohort, pack.lists, INDEX_DATE)
    tables = {name: backend.read_parquet(str(folder / name / "*.parquet")) for name in READ}
    people = sorted(backend.to_pyarrow(tables["people"].select("person_id"))["person_id"].to_pylist())
    on = [*people[:1000], "list:9990000018"]
    listed = pa.table(
        {"list": ["spl"] * 1001, "version": [""] * 1001, "person_id": on, "from_date": [date(2020, 3, 1)] * 1001}
    )
    out = pa.table({"person_id": people[500:2000], "out": [OPTED_OUT] * 1500})
    both = ibis.memtable(listed), ibis.memtable(out)
    parts = sorted(path.name for path in (folder / "people").iterdir())
    assert len(parts) == 2
    passes = [{name: [str(folder / name / part)] for name in READ} for part in parts]
    whole = gathered(plan, [at_once(plan, backend, tables, *both)], opting_out=True)
    split = gathered(plan, in_passes(plan, backend, passes, *both), opting_out=True)
    order = [("person_id", "ascending"), ("rule", "ascending")]
    assert split.members.sort_by(order) == whole.members.sort_by(order)
    assert (split.people, split.groups, split.attrition) == (whole.people, whole.groups, whole.attrition)
    assert whole.excluded[OPTED_OUT] == 1000
    assert "list:9990000018" in whole.members["person_id"].to_pylist()


def test_partitions_are_taken_some_after_the_others(tmp_path: Path) -> None:
    """Nobody's records are in another pass than they are; of a table that is not covered no file is named."""
    rows = {0: PEOPLE_AT_ONCE - 10, 1: 10, 2: 1, 3: 5}
    parts = {name: tuple(Part(at, f"{at:03}.parquet", rows[at]) for at in rows) for name in ("people", "events")}
    parts |= {"medicines": (Part(3, "003.parquet", 1),), "services": (Part(0, "empty.parquet", 0),), "admissions": ()}
    population = Population(tmp_path / "population", key="k" * 32)
    population.folder.mkdir(mode=0o700)
    nothing: dict = {}
    population.switch(
        Manifest("made", "tables", "", nothing, nothing, nothing, nothing, 4, parts | {"identities": ()}, "", 1)
    )
    found = passes_over(population, "made", [name for name in READ if name != "admissions"])
    assert [{name: [Path(file).name for file in files] for name, files in one.items()} for one in found] == [
        {
            "people": ["000.parquet", "001.parquet"],
            "events": ["000.parquet", "001.parquet"],
            "medicines": [],
            "admissions": [],
            "services": ["empty.parquet"],
        },
        {
            "people": ["002.parquet", "003.parquet"],
            "events": ["002.parquet", "003.parquet"],
            "medicines": ["003.parquet"],
            "admissions": [],
            "services": [],
        },
    ]
