"""Why one person is in a cohort or out of it: every rule, true or false, with what shows it.

The truth of every condition comes from the same expressions as the run; this module and `near.py` add only
words, and for what is not true how near it is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import TABLE_OF, Plan, Tables
from openprotect.journey.identify.engine import LISTED_ONLY, on_lists, out_of_use
from openprotect.journey.identify.errors import NotInTheRecords
from openprotect.journey.identify.facts import ConditionExplained, Explanation, RuleExplained
from openprotect.journey.identify.known import all_known
from openprotect.journey.identify.near import Near, Raw, Told, ever
from openprotect.journey.identify.passes import READ
from openprotect.journey.identify.truth import counted, day_shown, evidence, fact, holds
from openprotect.journey.identify.words import day, in_words, number
from openprotect.people.facts import Known
from openprotect.people.population import TABLES, Population, engine
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Condition,
    Located,
    Not,
    Service,
    Several,
    anchors_of,
    parts_of,
    walk,
)

_PERSON = ("excluded", "sex", "date_of_birth", "imd_decile", "imd_edition", "practice_code", "lsoa", "locality")


def explain_person(
    cohort: Cohort,
    codelists: Mapping[str, CodeList],
    population: Population,
    dataset: str,
    index_date: date,
    person: str,
    lists: pa.Table | None = None,
    known: Known | None = None,
    localities: Mapping[str, str] | None = None,
    covered: Collection[str] = READ,
) -> Explanation:
    """Why `person` is in or out on `index_date`.

    `person` is the id in the records, or an NHS number where the records have them; the rest is that of
    `run_cohort`, so that it says what a run would find. Raises NotInTheRecords, NoSuchDataset.
    """
    backend = engine()
    try:
        person_id = _person_id(backend, population, dataset, person)
        tables = {name: population.table(backend, dataset, name) for name in READ if name in covered}
        tables |= {name: _empty(name) for name in READ if name not in covered}
        listed = on_lists(lists, population, backend, dataset)
        out = None if known is None else _out(backend, out_of_use(known, population, backend, dataset), person_id)
        silent = out is not None and listed is not None and _is_there(backend, listed, person_id)
        if out is not None and not silent:
            return Explanation(person_id, cohort.name, index_date, out, (), out_of_use=True)
        plan = Plan(cohort, codelists, index_date, localities)
        explanation = explain_over(
            plan, backend, tables, listed, person_id, silent=silent, unread=set(READ) - set(covered)
        )
    finally:
        backend.disconnect()
    if explanation is None:
        raise NotInTheRecords(dataset=dataset)
    return replace(explanation, out_of_use=silent)


def explain_over(
    plan: Plan,
    backend: Backend,
    tables: Tables,
    listed: ir.Table | None,
    person_id: str,
    *,
    silent: bool = False,
    unread: Collection[str] = (),
) -> Explanation | None:
    """The same over tables that are at hand; None for somebody who is not in them.

    Of whoever is `silent` places on lists are used, and no records. Of the tables that are `unread` nobody knows
    what stands in them.
    """
    only = {name: table.filter(table.person_id == person_id) for name, table in tables.items()}
    if silent:
        only |= {name: _empty(name) for name in READ if name != "people"}
    if listed is not None:
        listed = listed.filter(listed.person_id == person_id)
    asked = _Asked(plan)
    persons = plan.persons(only, listed)
    row = all_known(plan, persons, plan.each(only, listed))
    found = backend.to_pyarrow(row.select(**asked.columns(row))).to_pylist()
    if not found:
        return None
    raw = Raw(*(backend.to_pyarrow(only[name]).to_pylist() for name in ("events", "admissions", "services")))
    telling = _Telling(plan, found[0], Near(plan, raw), unread)
    return Explanation(person_id, plan.cohort.name, plan.index_date, found[0]["excluded"], tuple(telling.rules()))


def _empty(name: str) -> ir.Table:
    return ibis.memtable(TABLES[name].to_pyarrow().empty_table())


def _out(backend: Backend, out: ir.Table, person_id: str) -> str | None:
    """Why somebody's records are not used for this, if they are not."""
    found = backend.to_pyarrow(out.filter(out.person_id == person_id).select("out").limit(1)).to_pylist()
    return str(found[0]["out"]) if found else None


def _is_there(backend: Backend, rows: ir.Table, person_id: str) -> bool:
    return bool(backend.to_pyarrow(rows.filter(rows.person_id == person_id).limit(1)).num_rows)


def _person_id(backend: Any, population: Population, dataset: str, person: str) -> str:
    identities = population.table(backend, dataset, "identities")
    digits = person.replace(" ", "")
    found = identities.filter((identities.person_id == person) | (identities.nhs_number == digits))
    ids = backend.to_pyarrow(found.select("person_id").limit(2)).to_pylist()
    if ids:
        return str(ids[0]["person_id"])
    return person if person.startswith(LISTED_ONLY) else f"{LISTED_ONLY}{digits}"


@dataclass
class _Asked:
    """The columns to compute: of each condition its truth and evidence, its records, and what was ever recorded."""

    plan: Plan

    def __post_init__(self) -> None:
        for _, condition in _conditions(self.plan.cohort):
            if (wider := ever(condition)) is not None:
                self.plan.need(wider)
        self.plan.every = set(self.plan.places.values())

    def columns(self, row: ir.Table) -> dict[str, ir.Value]:
        columns: dict[str, ir.Value] = {name: row[name] for name in _PERSON}
        for key, condition in _conditions(self.plan.cohort):
            shown = self._shown(row, key)
            columns[f"holds {key}"] = holds(self.plan, row, condition, shown)
            columns[f"evidence {key}"] = evidence(self.plan, row, condition, shown)
            if self.plan.place_of(condition) is None:
                continue
            if (count := counted(self.plan, row, condition, shown)) is not None:
                columns[f"count {key}"] = count
            wider = ever(condition)
            for name, one in (("inside", condition), ("ever", wider)):
                if one is not None and (every := fact(self.plan, row, one, "every")) is not None:
                    columns[f"{name} {key}"] = every
        return columns

    def _shown(self, row: ir.Table, key: str) -> ir.DateValue | None:
        at, side, _ = key.split(".")
        rule = self.plan.cohort.rules[int(at)]
        return day_shown(self.plan, row, rule.when) if side == "unless" else None


def _conditions(cohort: Cohort) -> Iterator[tuple[str, Condition]]:
    """Every condition with a key that says where it stands: rule, side, place in `walk`."""
    for at, rule in enumerate(cohort.rules):
        for side, condition in (("when", rule.when), ("unless", rule.unless)):
            if condition is not None:
                for place, part in enumerate(walk(condition)):
                    yield f"{at}.{side}.{place}", part


@dataclass
class _Telling:
    plan: Plan
    found: Mapping[str, Any]
    near: Near
    unread: Collection[str] = ()

    def rules(self) -> Iterator[RuleExplained]:
        for at, rule in enumerate(self.plan.cohort.rules):
            when = self.condition(rule.when, f"{at}.when", 0)
            unless = self.condition(rule.unless, f"{at}.unless", 0) if rule.unless is not None else None
            is_so = when.holds and not (unless and unless.holds)
            yield RuleExplained(rule.id, rule.group, is_so, when, unless)

    def condition(self, condition: Condition, side: str, place: int) -> ConditionExplained:
        """`place` is where it stands in `walk`: the whole before its parts."""
        parts, at = [], place + 1
        for part in parts_of(condition):
            parts.append((at, self.condition(part, side, at)))
            at += sum(1 for _ in walk(part))
        explained = tuple(part for _, part in parts)
        key = f"{side}.{place}"
        if isinstance(condition, Several):
            true = sum(part.holds for part in explained)
            said = f"{number(true) if true else 'none'} of {number(len(explained))}"
        elif isinstance(condition, Not):
            said = ""  # its part says it
        else:
            said = self.near.said(self.told(key, condition, [f"{side}.{at}" for at, _ in parts]))
            asked = _tables(self.plan, condition)
            missing = sorted(asked.intersection(self.unread))
            if missing and not self.found[f"holds {key}"]:
                not_read = f"{' and '.join(missing)} are not read"
                said = not_read if len(missing) == len(asked) else f"{said}; {not_read}"
        return ConditionExplained(in_words(condition, self.plan.cohort), self.found[f"holds {key}"], said, explained)

    def told(self, key: str, condition: Condition, parts: list[str]) -> Told:
        keys = iter(parts)
        own = f"{key.split('.')[0]}.when.0"
        anchors = [next(keys) if anchor.condition else own for anchor in anchors_of(condition)]
        shown = [self.found[f"evidence {one}"] for one in anchors]
        inside, wider = (
            sorted(self.found.get(f"{name} {key}") or (), key=lambda one: (one["date"], one["value"], one["code"]))
            for name in ("inside", "ever")
        )
        return Told(
            condition=condition,
            holds=self.found[f"holds {key}"],
            evidence=self.found[f"evidence {key}"],
            count=self.found.get(f"count {key}") or 0,
            inside=inside,
            ever=wider,
            anchors=[None if one is None else one["date"] for one in shown],
            person=self.found,
        )


def _tables(plan: Plan, condition: Condition) -> set[str]:
    """The tables of records that a condition reads."""
    match condition:
        case Service():
            return {"services"}
        case Admitted():
            return {"admissions"}
        case Located():
            return set()
    return {TABLE_OF[plan.lists[name].system] for name in getattr(condition, "lists", ())}


def as_text(explanation: Explanation) -> str:
    """The explanation as lines of text: yes and no in front, parts further in."""
    verdict = "in" if explanation.is_member else "not in"
    lines = [f"{explanation.person_id} is {verdict} {explanation.cohort} on {day(explanation.index_date)}."]
    if explanation.excluded:
        lines.append(f"Left out before any rule was asked: {explanation.excluded}.")
    for rule in explanation.rules:
        lines.append(f"{_sign(rule.holds)} {rule.id} ({rule.group})")
        lines += _lines(rule.when, 1)
        if rule.unless is not None:
            lines.append("      unless")
            lines += _lines(rule.unless, 2)
    return "\n".join(lines)


def _lines(condition: ConditionExplained, depth: int) -> list[str]:
    shown = f": {condition.shown_by}" if condition.shown_by else ""
    lines = [f"{'    ' * depth}{_sign(condition.holds)} {condition.says}{shown}"]
    for part in condition.parts:
        lines += _lines(part, depth + 1)
    return lines


def _sign(holds: bool) -> str:
    return "yes" if holds else "no "
