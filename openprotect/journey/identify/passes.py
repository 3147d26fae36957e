"""Run a plan over records: all at once, or partition by partition, so that memory does not grow with the population."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend as DuckDB

from openprotect.journey.identify.compile import Plan, Tables
from openprotect.journey.identify.facts import OBJECTED, OPT_OUTS, OPTED_OUT, TYPE_1, CohortResult
from openprotect.journey.identify.members import MEMBERS, found, in_words
from openprotect.journey.identify.notes import notes
from openprotect.people.population import TABLES

READ = ("people", "events", "medicines", "admissions", "services")
_SAID = {OPTED_OUT: "National data opt-out", OBJECTED: "Own objection", TYPE_1: "Type 1 opt-out"}

Files = Mapping[str, Sequence[str]]
"""By table, the Parquet files with all rows of some people."""


@dataclass(frozen=True)
class Found:
    """What one pass found: how many people by exclusion, None for who was asked, and the members."""

    people: Mapping[str | None, int]
    members: pa.Table


def expressions(
    plan: Plan, tables: Tables, listed: ir.Table | None = None, out: ir.Table | None = None
) -> tuple[ir.Table, ir.Table]:
    """People by exclusion, and the members with their reasons.

    `tables` have the columns of `people.population.TABLES`, `listed` the columns list, version ('' for the
    latest), person_id and from_date; `out` person_id and out: whose records are not used, but their places on
    lists are.
    """
    persons = plan.persons(tables, listed)
    silent = None
    if out is not None:
        applies = out
        if listed is not None:
            applies = out.anti_join(listed, "person_id")
            silent = out.semi_join(listed, "person_id").select("person_id")
        joined = persons.left_join(applies, "person_id")
        persons = joined.mutate(excluded=ibis.coalesce(joined.out, joined.excluded)).select(*persons.columns)
    asked = persons.filter(persons.excluded.isnull())
    members = in_words(plan, found(plan, asked, plan.each(tables, listed, silent)))
    return persons.group_by("excluded").aggregate(people=persons.count()), members


def at_once(
    plan: Plan, backend: Any, tables: Tables, listed: ir.Table | None = None, out: ir.Table | None = None
) -> Found:
    """Everybody in one pass, on any engine."""
    by_exclusion, members = expressions(plan, tables, listed, out)
    return Found(_counts(backend.to_pyarrow(by_exclusion)), backend.to_pyarrow(members).cast(MEMBERS))


def in_passes(
    plan: Plan, backend: DuckDB, passes: Iterable[Files], listed: ir.Table | None = None, out: ir.Table | None = None
) -> Iterator[Found]:
    """Some people after the others; each file is read once.

    The expressions are compiled once, over views that point to the files of each pass in turn. Whoever
    stands on an imported list but not in the records comes last.
    """
    if listed is not None:
        listed = backend.create_table("all_listed", listed, temp=True)
    if out is not None:
        out = backend.create_table("out_of_use", out, temp=True)
    inside = None if listed is None else listed.semi_join(_at(backend, "people", ()), "person_id")
    queries: tuple[str, str] | None = None
    everybody: list[str] = []
    for files in passes:
        everybody += files["people"]
        tables = tables_of(backend, files)
        queries = queries or _compiled(plan, backend, tables, inside, out)
        yield _run(backend, queries)
    if listed is not None:
        strangers = listed.anti_join(_at(backend, "everybody", everybody, "people"), "person_id")
        tables = {name: _at(backend, name, ()) for name in READ}
        yield _run(backend, _compiled(plan, backend, tables, strangers, out))


def tables_of(backend: DuckDB, files: Files) -> dict[str, ir.Table]:
    """The records of one pass; those of the pass before are then no longer there."""
    return {name: _at(backend, name, files[name]) for name in READ}


def _at(backend: DuckDB, name: str, files: Sequence[str], like: str = "") -> ir.Table:
    """A view by this name of the rows in these files; what was compiled over it before reads them too."""
    view, schema = f"pass_{name}", TABLES[like or name]
    if files:
        return backend.read_parquet([str(file) for file in files], table_name=view)
    backend.drop_view(view, force=True)
    backend.con.register(view, schema.to_pyarrow().empty_table())
    return backend.table(view)


def _compiled(
    plan: Plan, backend: DuckDB, tables: Tables, listed: ir.Table | None, out: ir.Table | None
) -> tuple[str, str]:
    both = expressions(plan, tables, listed, out)
    for one in both:
        backend._run_pre_execute_hooks(one)  # the maps of codes become tables that stay for all passes
    with _nested():
        by_exclusion, members = (str(backend.compile(one)) for one in both)
    return by_exclusion, members


@contextmanager
def _nested() -> Iterator[None]:
    """SELECTs are left one in the other: DuckDB puts them together itself, and sooner than ibis does."""
    fused, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = fused


def _run(backend: DuckDB, queries: tuple[str, str]) -> Found:
    by_exclusion, members = (backend.con.sql(query).to_arrow_table() for query in queries)
    return Found(_counts(by_exclusion), members.cast(MEMBERS))


def _counts(rows: pa.Table) -> dict[str | None, int]:
    return {row["excluded"]: row["people"] for row in rows.to_pylist()}


class Sums:
    """The figures of a run, pass by pass: nobody is in two passes."""

    def __init__(self, plan: Plan, *, opting_out: bool = False) -> None:
        self.plan = plan
        self.opting_out = opting_out
        self.left_out: dict[str | None, int] = {}
        self.people = 0
        self.groups = dict.fromkeys(plan.cohort.groups, 0)
        self.rules: dict[str, int] = {}

    def add(self, found: Found) -> None:
        for key, number in found.people.items():
            self.left_out[key] = self.left_out.get(key, 0) + number
        self.people += pc.count_distinct(found.members["person_id"]).as_py()
        for row in found.members.group_by("group").aggregate([("person_id", "count_distinct")]).to_pylist():
            self.groups[row["group"]] += row["person_id_count_distinct"]
        for row in found.members.group_by("rule").aggregate([([], "count_all")]).to_pylist():
            self.rules[row["rule"]] = self.rules.get(row["rule"], 0) + row["count_all"]

    def result(self, members: pa.Table) -> CohortResult:
        """The result with these members."""
        exclusions = [one.id for one in self.plan.cohort.exclusions]
        keys = [*(OPT_OUTS if self.opting_out else ()), *exclusions]
        excluded = {key: self.left_out.get(key, 0) for key in keys}
        left = sum(self.left_out.values())
        steps = [("in the records or on a list", left)]
        for key, number in excluded.items():
            left -= number
            steps.append((f"left after: {_SAID.get(key, key)}", left))
        return CohortResult(
            index_date=self.plan.index_date,
            members=members,
            people=self.people,
            groups=dict(self.groups),
            excluded=excluded,
            attrition=(*steps, ("in at least one group", self.people)),
            notes=tuple(notes(self.plan, set(self.rules))),
        )


def gathered(plan: Plan, passes: Iterable[Found], *, opting_out: bool = False) -> CohortResult:
    """The result of all passes, with all members."""
    sums, members = Sums(plan, opting_out=opting_out), []
    for one in passes:
        sums.add(one)
        members.append(one.members)
    return sums.result(pa.concat_tables(members) if members else MEMBERS.empty_table())
