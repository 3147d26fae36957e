"""Runs a cohort over the population plane: in process on DuckDB, pass by pass, or on Spark."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import TABLE_OF, Plan, Tables
from openprotect.journey.identify.facts import OBJECTED, OPTED_OUT, TYPE_1, CohortResult
from openprotect.journey.identify.notes import lists_read, unknown_lists, unseen_lists
from openprotect.journey.identify.passes import READ, at_once, gathered, in_passes, tables_of
from openprotect.journey.identify.spark import on_spark
from openprotect.people.facts import Known
from openprotect.people.population import Population
from openprotect.people.population import engine as new_engine
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort

PEOPLE_AT_ONCE = 256_000
"""In one pass: memory stays under 500 MB, and there are few passes."""
LISTED_ONLY = "list:"
"""What the id of somebody begins with who stands on an imported list but not in the records."""


def run_cohort(
    cohort: Cohort,
    codelists: Mapping[str, CodeList],
    population: Population,
    dataset: str,
    index_date: date,
    lists: pa.Table | None = None,
    known: Known | None = None,
    localities: Mapping[str, str] | None = None,
    covered: Collection[str] = READ,
    spark: str | None = None,
) -> CohortResult:
    """Who is in the cohort on `index_date`, and why: each file of records is read once.

    With `known` the records of whoever opted out or objected are not used; their places on imported
    lists are, because a list was drawn up for their care.

    `lists` are the imported lists: columns `list`, `from_date`, and `nhs_number` or
    `person_id`; `version`, where there is one, names the version of the list that a rule asks for, and is
    null for the latest. Whoever stands on one but not in the records takes part as `list:` and their
    NHS number. `localities` are those of practices, by code. Of the tables that are not `covered` by a
    legal basis nothing is read. With the address of a `spark` the records are read and judged there; who
    stands on which list or is out of use is found here, and goes there by pseudonym. Raises NoSuchDataset, NoSpark.
    """
    backend = new_engine()
    try:
        plan = Plan(cohort, codelists, index_date, localities)
        listed = on_lists(lists, population, backend, dataset)
        out = None if known is None else out_of_use(known, population, backend, dataset)
        passes = passes_over(population, dataset, covered)
        if spark is None:
            found = in_passes(plan, backend, passes, listed, out)
        else:
            moved = (None if one is None else _moved(backend, one) for one in (listed, out))
            found = iter([on_spark(plan, spark, passes, *moved)])
        result = gathered(plan, found, opting_out=out is not None)
        nowhere = unseen(plan, backend, (tables_of(backend, files) for files in passes), result, covered)
        return replace(result, notes=(*result.notes, *nowhere, *unknown_lists(cohort, lists)))
    finally:
        backend.disconnect()


def passes_over(population: Population, dataset: str, covered: Collection[str]) -> list[dict[str, list[str]]]:
    """The files of a dataset, some people after the other; none of a table that is not covered."""
    manifest = population.manifest(dataset)
    passes: list[dict[str, list[str]]] = []
    pass_of: dict[int, int] = {}
    people = PEOPLE_AT_ONCE
    for part in manifest.parts["people"]:
        if people + part.rows > PEOPLE_AT_ONCE:
            passes.append({name: [] for name in READ})
            people = 0
        people += part.rows
        pass_of[part.partition] = len(passes) - 1
    for name in (name for name in READ if name in covered):
        for part in manifest.parts[name]:
            # A table without a row has one empty file, of no partition in particular.
            passes[pass_of.get(part.partition, 0)][name].append(str(population.path(dataset, name, part)))
    return passes


def _moved(backend: Backend, rows: ir.Table) -> ir.Table:
    """The same rows for another engine."""
    return ibis.memtable(backend.to_pyarrow(rows), schema=rows.schema())


def on_lists(lists: pa.Table | None, population: Population, backend: Backend, dataset: str) -> ir.Table | None:
    """The imported lists by the person ids of the records: columns list, version, person_id, from_date."""
    if lists is None or not lists.num_rows:
        return None
    rows = ibis.memtable(lists)
    version = rows.version.fill_null("") if "version" in lists.column_names else ibis.literal("")
    rows = rows.mutate(version=version, from_date=rows.from_date.cast("date"))
    if "person_id" in lists.column_names:
        return rows.select("list", "version", "person_id", "from_date")
    identities = population.table(backend, dataset, "identities").select("person_id", "nhs_number")
    joined = rows.left_join(identities, rows.nhs_number == identities.nhs_number)
    person = ibis.coalesce(joined.person_id, ibis.literal(LISTED_ONLY) + rows.nhs_number)
    return joined.select("list", "version", "from_date", person_id=person)


def out_of_use(known: Known, population: Population, backend: Backend, dataset: str) -> ir.Table:
    """Who is left out of a use beyond care, and why: columns person_id, out.

    A number that the national service was not asked about counts as opted out; who has none is not.
    """
    identities = population.table(backend, dataset, "identities")
    type_1 = ibis.ifelse(identities.type_1_opt_out, TYPE_1, None) if known.type_1 else ibis.null("string")
    identities = identities.select("person_id", "nhs_number", type_1=type_1.cast("string"))
    numbers = [
        *((number, OBJECTED) for number in known.objected - known.opted_out),
        *((number, OPTED_OUT) for number in known.opted_out),
    ]
    named = ibis.memtable(
        {"nhs_number": [number for number, _ in numbers], "why": [why for _, why in numbers]},
        schema={"nhs_number": "string", "why": "string"},
    )
    asked = ibis.memtable({"nhs_number": sorted(known.checked)}, schema={"nhs_number": "string"})
    joined = identities.left_join(named, "nhs_number").select("person_id", "nhs_number", "why", "type_1")
    unasked = identities.filter(identities.nhs_number.length() > 0).anti_join(asked, "nhs_number")
    unasked = unasked.select("person_id", unchecked=ibis.literal(OPTED_OUT))
    both = joined.left_join(unasked, "person_id")
    both = both.select("person_id", out=ibis.coalesce(both.unchecked, both.why, both.type_1))
    return both.filter(both.out.notnull()).distinct()


def run_over(
    plan: Plan, backend: Any, tables: Tables, listed: ir.Table | None, out: ir.Table | None = None
) -> CohortResult:
    """The same over tables that are at hand, as `passes.expressions` wants them."""
    result = gathered(plan, [at_once(plan, backend, tables, listed, out)], opting_out=out is not None)
    return replace(result, notes=(*result.notes, *unseen(plan, backend, [tables], result)))


def unseen(
    plan: Plan, backend: Any, passes: Iterable[Tables], result: CohortResult, covered: Collection[str] = READ
) -> list[str]:
    """A sentence about each rule that found nobody and reads lists of which there is no record.

    Only for such a rule are codes looked for once more, and no further than until one of each of its lists is
    found: in the first pass, as a rule. Of a list whose table is not `covered` nothing is known.
    """
    fired = set(result.members["rule"].unique().to_pylist())
    empty = [rule for rule in plan.cohort.rules if rule.id not in fired]
    asked = set().union(*(lists_read(plan, rule) for rule in empty))
    left = {name for name in asked if TABLE_OF[plan.lists[name].system] in covered}
    seen = asked - left
    for tables in passes if left else ():
        found = plan.seen(tables, left)
        assert found is not None
        here = set(backend.to_pyarrow(found)["list"].to_pylist())
        seen |= here
        left -= here
        if not left:
            break
    return [said for rule in empty if (said := unseen_lists(plan, rule, seen))]
