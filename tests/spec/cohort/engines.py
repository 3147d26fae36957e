"""The engines that the language is held against: each gives the result of a cohort over a world.

Another engine is one more line of ENGINES.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import on_lists, run_over
from openprotect.journey.identify.facts import CohortResult
from openprotect.people.population import TABLES, Population, engine
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
    lists = pa.Table.from_pylist(list(world.listed), schema=_LISTED)
    return records, on_lists(lists, Population(Path("nowhere")), backend, "")


def rows(name: str, world: World) -> pa.Table:
    return pa.Table.from_pylist(list(getattr(world, name)), schema=TABLES[name].to_pyarrow())


ENGINES = {"duckdb": duckdb}
