"""The engines that the language is held against: each gives the result of a cohort over a world.

Another engine is one more line of ENGINES.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import on_lists, run_over
from openprotect.journey.identify.facts import CohortResult
from openprotect.people.population import TABLES, Population, engine
from openprotect.people.spark import spark as started
from openprotect.programmes.definitions.cohort import Cohort
from tests.spec.cohort.world import INDEX, LISTS, LOCALITIES, World

Run = Callable[[Cohort, World], CohortResult]

_LISTED = pa.schema(
    [("list", pa.string()), ("version", pa.string()), ("person_id", pa.string()), ("from_date", pa.date32())]
)


@contextmanager
def duckdb() -> Iterator[Run]:
    """DuckDB, in process."""
    backend = engine()

    def run(cohort: Cohort, world: World, index: date = INDEX) -> CohortResult:
        return run_over(Plan(cohort, LISTS, index, LOCALITIES), backend, *tables(backend, world))

    try:
        yield run
    finally:
        backend.disconnect()


def tables(backend: Backend, world: World) -> tuple[dict[str, ir.Table], ir.Table | None]:
    """The record tables of a world, and who is on which list."""
    records = {name: ibis.memtable(rows(name, world)) for name in TABLES if name != "identities"}
    # Files keep by which entry of an extract a row came: a column of which a cohort knows nothing.
    records |= {name: records[name].mutate(entry=ibis.null("string")) for name in ("events", "medicines", "admissions")}
    lists = pa.Table.from_pylist(list(world.listed), schema=_LISTED)
    return records, on_lists(lists, Population(Path("nowhere")), backend, "")


def rows(name: str, world: World) -> pa.Table:
    return pa.Table.from_pylist(list(getattr(world, name)), schema=TABLES[name].to_pyarrow())


@contextmanager
def spark() -> Iterator[Run]:
    """Spark on one core of this machine, which interprets plans: for a dozen people it is faster than compiling them."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: make setup-spark")
    if not shutil.which("java"):
        pytest.skip("there is no Java, and Spark needs it")
    local = engine()

    def run(cohort: Cohort, world: World, index: date = INDEX) -> CohortResult:
        records, listed = tables(local, world)
        plan = Plan(cohort, LISTS, index, LOCALITIES)
        return run_over(plan, backend, records, listed)

    with started("local[1]", **_FOR_A_DOZEN) as backend:
        yield run
    local.disconnect()


_FOR_A_DOZEN = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}

ENGINES = {"duckdb": duckdb, "spark": spark}
