"""Runs a cohort over the population plane, in process, on DuckDB."""

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import EVIDENCE, Plan, Tables
from openprotect.journey.identify.facts import MEMBERS, CohortResult
from openprotect.people.population import Population
from openprotect.people.population import engine as new_engine
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort, Rule, window_of

READ = ("people", "events", "medicines", "admissions", "services")
LISTED_ONLY = "list:"
"""What the id of somebody begins with who stands on an imported list but not in the records."""


def run_cohort(
    cohort: Cohort,
    codelists: Mapping[str, CodeList],
    population: Population,
    dataset: str,
    index_date: date,
    lists: pa.Table | None = None,
) -> CohortResult:
    """Who is in the cohort on `index_date`, and why: computed in one pass over each table.

    `lists` are the imported lists: columns `list`, `from_date`, and `nhs_number` or
    `person_id`. Whoever stands on one but not in the records takes part as `list:` and their
    NHS number. Raises NoSuchDataset.
    """
    backend = new_engine()
    try:
        tables = {name: population.table(backend, dataset, name) for name in READ}
        listed = on_lists(lists, population, backend, dataset)
        return run_over(Plan(cohort, codelists, index_date), backend, tables, listed)
    finally:
        backend.disconnect()


def on_lists(lists: pa.Table | None, population: Population, backend: Backend, dataset: str) -> ir.Table | None:
    """The imported lists by the person ids of the records: columns list, person_id, from_date."""
    if lists is None or not lists.num_rows:
        return None
    rows = ibis.memtable(lists)
    if "person_id" in lists.column_names:
        return rows.select("list", "person_id", from_date=rows.from_date.cast("date"))
    identities = population.table(backend, dataset, "identities").select("person_id", "nhs_number")
    joined = rows.left_join(identities, rows.nhs_number == identities.nhs_number)
    person = ibis.coalesce(joined.person_id, ibis.literal(LISTED_ONLY) + rows.nhs_number)
    return joined.select("list", person_id=person, from_date=joined.from_date.cast("date"))


def run_over(plan: Plan, backend: Backend, tables: Tables, listed: ir.Table | None) -> CohortResult:
    """The same over tables that are at hand, with the columns of `people.population.TABLES`.

    `listed` has the columns list, person_id and from_date.
    """
    persons = plan.persons(tables, listed)
    by_exclusion = persons.group_by("excluded").aggregate(people=persons.count())
    counts = {row["excluded"]: row["people"] for row in backend.to_pyarrow(by_exclusion).to_pylist()}
    members = backend.to_pyarrow(_members(plan, plan.known(tables, persons.filter(persons.excluded.isnull()), listed)))
    members = members.cast(MEMBERS)
    cohort = plan.cohort
    excluded = {one.id: counts.get(one.id, 0) for one in cohort.exclusions}
    in_groups = members.group_by("group").aggregate([("person_id", "count_distinct")]).to_pylist()
    found = {row["group"]: row["person_id_count_distinct"] for row in in_groups}
    people = pc.count_distinct(members["person_id"]).as_py()
    fired = set(members["rule"].unique().to_pylist())
    return CohortResult(
        index_date=plan.index_date,
        members=members,
        people=people,
        groups={key: found.get(key, 0) for key in cohort.groups},
        excluded=excluded,
        attrition=tuple(_attrition(counts, excluded, people)),
        notes=tuple(f"Rule {rule.id} found nobody." for rule in cohort.rules if rule.id not in fired),
    )


def _attrition(counts: Mapping[str | None, int], excluded: Mapping[str, int], people: int) -> list[tuple[str, int]]:
    left = sum(counts.values())
    steps = [("in the records or on a list", left)]
    for key, number in excluded.items():
        left -= number
        steps.append((f"left after: {key}", left))
    return [*steps, ("in at least one group", people)]


def _members(plan: Plan, row: ir.Table) -> ir.Table:
    """One row for each person and each rule that is true of them, with the reason in words."""
    rules = plan.cohort.rules
    entry = f"struct<position: int64, evidence: {EVIDENCE}>"
    shown = row.mutate(**{f"shown_{at}": plan.evidence(row, rule.when) for at, rule in enumerate(rules)})
    found = []
    for at, rule in enumerate(rules):
        evidence = shown[f"shown_{at}"]
        holds = plan.holds(shown, rule.when)
        if rule.unless is not None:
            holds = holds & ~plan.holds(shown, rule.unless, evidence)
        filled = ibis.struct({"position": ibis.literal(at, "int64"), "evidence": evidence}).cast(entry)
        found.append(ibis.ifelse(holds, filled, ibis.null(entry)))
    each = shown.select("person_id", entry=ibis.array(found).unnest())
    each = each.filter(each.entry.notnull())
    flat = each.select(
        "person_id",
        position=each.entry["position"],
        **{name: each.entry["evidence"][name] for name in ("date", "code", "listed", "list", "count")},
    )
    names, terms = ibis.memtable(_rules(plan)), ibis.memtable(plan.terms())
    named = flat.join(names, "position").left_join(terms, ["list", "listed"])
    term = ibis.coalesce(named.term, named.code)
    reason = named.template
    for placeholder, value in (
        ("term", term),
        ("date", named.date.strftime("%-d %B %Y")),
        ("count", named["count"].cast("string")),
    ):
        reason = reason.replace(f"{{{placeholder}}}", value.fill_null(""))
    ordered = named.order_by("person_id", "position")
    return ordered.select(
        "person_id",
        "rule",
        "group",
        evidence_date=named.date,
        code=named.code,
        term=term,
        count=named["count"],
        reason=reason,
    )


def _rules(plan: Plan) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"position": at, "rule": rule.id, "group": rule.group, "template": _template(plan, rule)}
            for at, rule in enumerate(plan.cohort.rules)
        ]
    )


def _template(plan: Plan, rule: Rule) -> str:
    window = window_of(rule)
    template = rule.reason or plan.cohort.groups[rule.group].label
    if window is None:
        return template
    start = window.before(plan.index_date)
    return template.replace("{window_start}", f"{start.day} {start:%B %Y}")
