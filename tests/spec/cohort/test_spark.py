"""Spark beside DuckDB on records as they are kept, with plans compiled as in earnest."""

import shutil
import socket
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.cohort import passes
from benchmarks.made_records import INDEX_DATE, made
from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.facts import OPTED_OUT
from openprotect.journey.identify.passes import gathered, in_passes
from openprotect.journey.identify.spark import on_spark
from openprotect.people.population import engine
from openprotect.people.spark import NoAnswer, NoSpark, NotASpark, spark
from openprotect.programmes.cohort_lists import read_cohort
from openprotect.programmes.definitions.cohort import Rule
from openprotect.programmes.definitions.conditions import OnList

PACK = Path("tests/fixtures/packs/thirteen-rules")
HERE = find_spec("pyspark") is not None


@pytest.mark.parametrize("address", ["", "localhost", "local[0]", "http://spark", "sc:// host", "local[2]; x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NotASpark), spark(address):
        pass


@pytest.mark.skipif(HERE, reason="PySpark is installed")
def test_without_pyspark_it_is_said_what_to_do() -> None:
    with pytest.raises(NoSpark, match="make setup-spark"), spark("local[1]"):
        pass


@pytest.mark.skipif(not HERE, reason="PySpark is not installed: make setup-spark")
@pytest.mark.skipif(not shutil.which("java"), reason="there is no Java, and Spark needs it")
@pytest.mark.parametrize("scheme", ["sc", "spark"])
def test_where_nothing_answers_it_is_said_at_once(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer, match=f"{scheme}://127.0.0.1:{port}"), spark(f"{scheme}://127.0.0.1:{port}"):
        pass


@pytest.mark.skipif(not HERE, reason="PySpark is not installed: make setup-spark")
@pytest.mark.skipif(not shutil.which("java"), reason="there is no Java, and Spark needs it")
def test_thirteen_rules_find_the_same_on_both(tmp_path: Path) -> None:
    folder = made(9_000, tmp_path)
    pack = read_cohort(PACK, folder / "codelists")
    cohort = replace(pack.cohort, rules=(*pack.cohort.rules, Rule("LISTED", "frail", "", OnList("spl"), None)))
    plan = Plan(cohort, pack.lists, INDEX_DATE)
    files = list(passes(folder))
    backend = engine()
    people = sorted(parquet.read_table(files[0]["people"], columns=["person_id"])["person_id"].to_pylist())
    on = [*people[:100], "list:9990000018"]
    listed = pa.table(
        {"list": ["spl"] * 101, "version": [""] * 101, "person_id": on, "from_date": [date(2020, 3, 1)] * 101}
    )
    out = pa.table({"person_id": people[50:150], "out": [OPTED_OUT] * 100})
    both = ibis.memtable(listed), ibis.memtable(out)
    here = gathered(plan, in_passes(plan, backend, files, *both))
    backend.disconnect()
    there = gathered(plan, [on_spark(plan, "local[2]", files, *both)])
    order = [("person_id", "ascending"), ("rule", "ascending")]
    assert there.members.sort_by(order) == here.members.sort_by(order)
    assert (there.people, there.groups, there.attrition, there.notes) == (
        here.people,
        here.groups,
        here.attrition,
        here.notes,
    )
