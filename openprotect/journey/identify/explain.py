"""Why one person is in a cohort or out of it: every rule, true or false, with what shows it.

The truth of every condition comes from the same expressions as the run; this module adds only
words, and for what is not true how near it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import LISTED_ONLY, READ, on_lists
from openprotect.journey.identify.errors import NotInTheRecords
from openprotect.journey.identify.facts import ConditionExplained, Explanation, RuleExplained
from openprotect.journey.identify.words import counted_noun, day, in_words, number, window_in_words
from openprotect.people.population import Population, engine
from openprotect.programmes.codelists import CodeList, plain_term
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import (
    EVER,
    Admitted,
    Age,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Not,
    Recorded,
    Several,
    Sex,
    walk,
)


def explain_person(
    cohort: Cohort,
    codelists: Mapping[str, CodeList],
    population: Population,
    dataset: str,
    index_date: date,
    person: str,
    lists: pa.Table | None = None,
) -> Explanation:
    """Why `person` is in or out on `index_date`.

    `person` is the id in the records, or an NHS number where the records have them; `lists`
    are those of `run_cohort`. Raises NotInTheRecords, NoSuchDataset.
    """
    backend = engine()
    try:
        person_id = _person_id(backend, population, dataset, person)
        tables = {name: population.table(backend, dataset, name) for name in READ}
        only = {name: table.filter(table.person_id == person_id) for name, table in tables.items()}
        listed = on_lists(lists, population, backend, dataset)
        if listed is not None:
            listed = listed.filter(listed.person_id == person_id)
        plan = Plan(cohort, codelists, index_date)
        asked = _Asked(plan)
        persons = plan.persons(only, listed)
        row = plan.known(only, persons, listed)
        found = backend.to_pyarrow(row.select(**asked.columns(row))).to_pylist()
        if not found:
            raise NotInTheRecords(dataset=dataset)
        return Explanation(
            person_id, cohort.name, index_date, found[0]["excluded"], tuple(_Telling(plan, found[0]).rules())
        )
    finally:
        backend.disconnect()


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
    """The columns to compute: of each condition its truth and evidence, and what was ever recorded."""

    plan: Plan

    def __post_init__(self) -> None:
        for _, condition in _conditions(self.plan.cohort):
            if (ever := _ever(condition)) is not None and (place := self.plan.place_of(ever)) is not None:
                self.plan.number(place)

    def columns(self, row: ir.Table) -> dict[str, ir.Value]:
        columns: dict[str, ir.Value] = {name: row[name] for name in ("excluded", "sex", "imd_decile", "date_of_birth")}
        for key, condition in _conditions(self.plan.cohort):
            shown = self._shown(row, key)
            columns[f"holds {key}"] = self.plan.holds(row, condition, shown)
            columns[f"evidence {key}"] = self.plan.evidence(row, condition, shown)
            place = self.plan.place_of(condition)
            if place is not None and (count := self.plan.fact(row, condition, "count")) is not None:
                columns[f"count {key}"] = count
            ever = _ever(condition)
            if ever is not None and (latest := self.plan.fact(row, ever, "latest")) is not None:
                columns[f"ever {key}"] = ibis.struct({name: latest[name] for name in ("date", "listed", "list")})
        return columns

    def _shown(self, row: ir.Table, key: str) -> ir.StructValue | None:
        at, side, *_ = key.split(".")
        rule = self.plan.cohort.rules[int(at)]
        return self.plan.evidence(row, rule.when) if side == "unless" else None


def _conditions(cohort: Cohort) -> Iterator[tuple[str, Condition]]:
    """Every condition with a key that says where it stands: rule, side, place in `walk`."""
    for at, rule in enumerate(cohort.rules):
        for side, condition in (("when", rule.when), ("unless", rule.unless)):
            if condition is not None:
                for place, part in enumerate(walk(condition)):
                    yield f"{at}.{side}.{place}", part


def _ever(condition: Condition) -> Condition | None:
    """The same without its window, to say how near somebody is."""
    if isinstance(condition, Recorded | Counted | Admitted) and condition.window != EVER:
        return replace(condition, window=EVER)
    return condition if isinstance(condition, LatestOf) else None


@dataclass
class _Telling:
    plan: Plan
    found: Mapping[str, Any]

    def rules(self) -> Iterator[RuleExplained]:
        for at, rule in enumerate(self.plan.cohort.rules):
            when = self.condition(rule.when, f"{at}.when", iter(range(1000)))
            unless = None
            if rule.unless is not None:
                unless = self.condition(rule.unless, f"{at}.unless", iter(range(1000)))
            holds = when.holds and not (unless and unless.holds)
            yield RuleExplained(rule.id, rule.group, holds, when, unless)

    def condition(self, condition: Condition, side: str, places: Iterator[int]) -> ConditionExplained:
        key = f"{side}.{next(places)}"  # numbered as `walk` goes: the whole before its parts
        parts: tuple[Condition, ...] = ()
        if isinstance(condition, Several):
            parts = condition.parts
        elif isinstance(condition, Not):
            parts = (condition.part,)
        explained = tuple(self.condition(part, side, places) for part in parts)
        holds = self.found[f"holds {key}"]
        shown = self.shown(key, condition) if holds else self.missed(key, condition)
        if isinstance(condition, Several):
            shown = f"{number(sum(part.holds for part in explained))} of {number(len(explained))}"
        return ConditionExplained(in_words(condition, self.plan.cohort), holds, shown, explained)

    def shown(self, key: str, condition: Condition) -> str:
        """What shows that the condition is true."""
        if own := self.own(condition):
            return own
        evidence = self.found[f"evidence {key}"]
        if evidence is None:
            return ""
        said = f"{self.term(evidence)}, {day(evidence['date'])}"
        if isinstance(condition, Counted):
            return f"{number(evidence['count'])}, the latest {said}"
        return said

    def missed(self, key: str, condition: Condition) -> str:
        """How near to true it is."""
        if own := self.own(condition):
            return own
        ever = self.found.get(f"ever {key}")
        last = f"; the latest {self.term(ever)}, {day(ever['date'])}" if ever and ever["date"] else ""
        if isinstance(condition, Counted):
            had = self.found.get(f"count {key}") or 0
            noun = counted_noun(condition, self.plan.cohort, had)
            window = window_in_words(condition.window)
            return f"{number(had)} {noun} of {number(condition.at_least)} {window}{last}"
        if isinstance(condition, Recorded | Admitted) and last:
            outside = "not after it" if condition.window.after_evidence else "outside the window"
            return f"{outside}{last}"
        return f"not so{last}" if last else "nothing recorded"

    def own(self, condition: Condition) -> str:
        """What the person themselves is, for a condition that reads no records."""
        match condition:
            case Age():
                born = self.found["date_of_birth"]
                return f"born on {day(born)}" if born else "date of birth not known"
            case Sex():
                return f"sex {self.found['sex'] or 'not known'}"
            case Deprivation():
                decile = self.found["imd_decile"]
                return f"decile {decile}" if decile is not None else "decile not known"
        return ""

    def term(self, record: Mapping[str, Any]) -> str:
        name, code = record["list"], record["listed"]
        if name is None:
            return str(code)
        return plain_term(dict(self.plan.lists[name].codes).get(code, "")) or str(code)


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
