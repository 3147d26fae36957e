"""A plan on Spark: the same expressions, all people at once; the cluster divides them."""

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.passes import READ, Files, Found, at_once
from openprotect.people.population import TABLES
from openprotect.people.spark import Spark, spark


def on_spark(
    plan: Plan, address: str, passes: Iterable[Files], listed: ir.Table | None = None, out: ir.Table | None = None
) -> Found:
    """Everybody in these files; every worker of the Spark must be able to read them. Raises NoSpark, NoAnswer."""
    with spark(address) as backend:
        return at_once(plan, backend, _tables(backend, list(passes)), listed, out)


def _tables(backend: Spark, passes: list[Files]) -> dict[str, ir.Table]:
    tables = {}
    for name in READ:
        files = [file for one in passes for file in one[name]]
        empty = ibis.memtable(TABLES[name].to_pyarrow().empty_table(), schema=TABLES[name])
        tables[name] = backend.files(files, f"records_{name}") if files else empty
    return tables
