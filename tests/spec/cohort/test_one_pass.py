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
from openprotect.journey.identify.passes import OPTED_OUT, READ, at_once, expressions, gathered, in_passes
from openprotect.people.population import engine
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
