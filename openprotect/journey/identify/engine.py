"""Runs a cohort over the population plane, in process, on DuckDB."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import Plan, Tables
from openprotect.journey.identify.facts import MEMBERS, CohortResult
from openprotect.journey.identify.notes import notes, unknown_lists
from openprotect.journey.identify.truth import EVIDENCE, evidence, holds
from openprotect.people.facts import Known
from openprotect.people.population import Population
from openprotect.people.population import engine as new_engine
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort, Rule, window_of
from openprotect.programmes.definitions.conditions import unit_of

READ = ("people", "events", "medicines", "admissions", "services")
LISTED_ONLY = "list:"
"""What the id of somebody begins with who stands on an imported list but not in the records."""
OPTED_OUT, OBJECTED, TYPE_1 = "national-data-opt-out", "own-objection", "type-1-opt-out"
_SAID = {OPTED_OUT: "National data opt-out", OBJECTED: "Own objection", TYPE_1: "Type 1 opt-out"}


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
) -> CohortResult:
    """Who is in the cohort on `index_date`, and why: computed in one pass over each table.

    With `known` the records of whoever opted out or objected are not used; their places on imported
    lists are, because a list was drawn up for their care.

    `lists` are the imported lists: columns `list`, `from_date`, and `nhs_number` or
    `person_id`; `version`, where there is one, names the version of the list that a rule asks for, and is
    null for the latest. Whoever stands on one but not in the records takes part as `list:` and their
    NHS number. `localities` are those of practices, by code. Of the tables that are not `covered` by a
    legal basis nothing is read. Raises NoSuchDataset.
    """
    backend = new_engine()
    try:
        tables = {name: population.table(backend, dataset, name) for name in READ}
        tables |= {name: table.filter(False) for name, table in tables.items() if name not in covered}
        listed = on_lists(lists, population, backend, dataset)
        out = None if known is None else out_of_use(known, population, backend, dataset)
        result = run_over(Plan(cohort, codelists, index_date, localities), backend, tables, listed, out)
        return replace(result, notes=(*result.notes, *unknown_lists(cohort, lists)))
    finally:
        backend.disconnect()


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
    plan: Plan, backend: Backend, tables: Tables, listed: ir.Table | None, out: ir.Table | None = None
) -> CohortResult:
    """The same over tables that are at hand, with the columns of `people.population.TABLES`.

    `listed` has the columns list, version ('' for the latest), person_id and from_date; `out` person_id and out.
    """
    persons = plan.persons(tables, listed)
    if out is not None:
        applies = out
        if listed is not None:
            applies = out.anti_join(listed, "person_id")
            silent = out.semi_join(listed, "person_id").select("person_id")
            tables = {n: t if n == "people" else t.anti_join(silent, "person_id") for n, t in tables.items()}
        joined = persons.left_join(applies, "person_id")
        persons = joined.mutate(excluded=ibis.coalesce(joined.out, joined.excluded)).select(*persons.columns)
    by_exclusion = persons.group_by("excluded").aggregate(people=persons.count())
    counts = {row["excluded"]: row["people"] for row in backend.to_pyarrow(by_exclusion).to_pylist()}
    members = backend.to_pyarrow(_members(plan, plan.known(tables, persons.filter(persons.excluded.isnull()), listed)))
    members = members.cast(MEMBERS)
    cohort = plan.cohort
    exclusions = [one.id for one in cohort.exclusions]
    excluded = {key: counts.get(key, 0) for key in ([] if out is None else [OPTED_OUT, OBJECTED, TYPE_1]) + exclusions}
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
        notes=tuple(notes(plan, fired)),
    )


def _attrition(counts: Mapping[str | None, int], excluded: Mapping[str, int], people: int) -> list[tuple[str, int]]:
    left = sum(counts.values())
    steps = [("in the records or on a list", left)]
    for key, number in excluded.items():
        left -= number
        steps.append((f"left after: {_SAID.get(key, key)}", left))
    return [*steps, ("in at least one group", people)]


def _members(plan: Plan, row: ir.Table) -> ir.Table:
    """One row for each person and each rule that is true of them, with the reason in words."""
    rules = plan.cohort.rules
    entry = f"struct<position: int64, evidence: {EVIDENCE}>"
    shown = row.mutate(**{f"shown_{at}": evidence(plan, row, rule.when) for at, rule in enumerate(rules)})
    found = []
    for at, rule in enumerate(rules):
        record = shown[f"shown_{at}"]
        true = holds(plan, shown, rule.when)
        if rule.unless is not None:
            true = true & ~holds(plan, shown, rule.unless, record)
        filled = ibis.struct({"position": ibis.literal(at, "int64"), "evidence": record}).cast(entry)
        found.append(ibis.ifelse(true, filled, ibis.null(entry)))
    each = shown.select("person_id", entry=ibis.array(found).unnest())
    each = each.filter(each.entry.notnull())
    flat = each.select(
        "person_id",
        position=each.entry["position"],
        **{name: each.entry["evidence"][name] for name in ("date", "value", "code", "listed", "list", "count")},
    )
    names, terms = ibis.memtable(_rules(plan)), ibis.memtable(plan.terms())
    named = flat.join(names, "position").left_join(terms, ["list", "listed"])
    term = ibis.coalesce(named.term, named.code)
    reason = named.template
    for placeholder, value in (
        ("term", term),
        ("date", named.date.strftime("%-d %B %Y")),
        ("count", named["count"].cast("string")),
        ("value", named["value"].cast("string").re_replace(r"\.0$", "")),
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
    template = template_of(plan.cohort, rule)
    if window is None:
        return template
    start = window.before(plan.index_date)
    return template.replace("{window_start}", f"{start.day} {start:%B %Y}")


def template_of(cohort: Cohort, rule: Rule) -> str:
    """The words in which a rule gives its reason."""
    template = rule.reason or cohort.groups[rule.group].label
    unit = unit_of(rule.when)
    return template.replace("{value}", f"{{value}} {unit}") if unit else template
