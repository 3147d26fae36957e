"""1-cohort.yaml: who is meant, and why each of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.definitions.condition_parser import ConditionParser
from openprotect.programmes.definitions.conditions import (
    Condition,
    Not,
    OnList,
    has_evidence,
    lists_of,
    unit_of,
    walk,
    when_of,
)
from openprotect.programmes.definitions.never import always, never_matters, said, why_never
from openprotect.programmes.document import Node

Comparison = Literal["before", "on_or_before", "after", "on_or_after"]

PLACEHOLDERS = ("term", "date", "count", "value", "window_start")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Exclusion:
    """People left out before any rule is asked: a date of theirs, held against the index date."""

    id: str
    column: str
    comparison: Comparison


@dataclass(frozen=True)
class ListUse:
    """A code list the cohort reads: a file of the pack, or a published list by its name.

    `full` is the published list that takes the place of a pack's own file where it is given with the pack.
    """

    name: str
    file: str
    published: str
    system: str
    line: int
    full: str = ""

    @property
    def wanted(self) -> str:
        """The published list to be taken where there is one of that name; nothing where a pack has only its own."""
        return self.published or self.full


@dataclass(frozen=True)
class Group:
    """People who are in for the same kind of reason."""

    key: str
    label: str
    spl_group: int | None


@dataclass(frozen=True)
class Rule:
    """Whoever `when` is true of is a member of the group, unless `unless` is."""

    id: str
    group: str
    reason: str
    when: Condition
    unless: Condition | None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (self.when,) if self.unless is None else (self.when, self.unless)


@dataclass(frozen=True)
class Cohort:
    """Who is meant and why: exclusions first, then every rule; one that is true is enough."""

    name: str
    exclusions: tuple[Exclusion, ...]
    lists: Mapping[str, ListUse]
    groups: Mapping[str, Group]
    rules: tuple[Rule, ...]


def parse_cohort(document: Node, file: str, faults: list[Fault]) -> Cohort:
    """The cohort in a document that has the shape of its schema.

    Whatever could only ever find nobody is a fault: an unknown name, a window that cannot
    match, a list or a group that no rule uses.
    """
    return _Parser(file, faults).cohort(document)


class _Parser:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.lists: dict[str, ListUse] = {}

    def cohort(self, document: Node) -> Cohort:
        self.lists = {name: self.list_use(name, node) for name, node in document["codelists"].items()}
        self.conditions = ConditionParser(
            self.file, {name: use.system for name, use in self.lists.items()}, self.faults
        )
        groups = {
            key: Group(key, node["label"].value, node["spl_group"].value if "spl_group" in node else None)
            for key, node in document["groups"].items()
        }
        rules = tuple(self.rule(node, groups) for node in document["rules"])
        self.each_once(document["rules"])
        for node, rule in zip(document["rules"], rules, strict=True):
            self.each_matters(node, rule)
        self.each_different(document["rules"], rules)
        self.each_used(document, rules)
        population = document.get("population")
        exclude = population.get("exclude") if population else None
        exclusions = tuple(self.exclusion(key, node) for key, node in exclude.items()) if exclude else ()
        return Cohort(document["cohort"].value, exclusions, self.lists, groups, rules)

    def list_use(self, name: str, node: Node) -> ListUse:
        if name == "evidence":
            self.fault(node, name, "another name: 'evidence' is the evidence of the rule")
        file, published = node.get("file"), node.get("name")
        if (file is None) == (published is None):
            self.fault(node, name, "'file' (a file of this pack) or 'name' (a published list), one of them")
        full = node.get("published")
        if full is not None and file is None:
            self.fault(
                full, full.value, "'published' beside a 'file' whose place it takes: a list without one has 'name'"
            )
        return ListUse(
            name,
            "" if file is None else file.value,
            "" if published is None else published.value,
            node["system"].value,
            node.line,
            "" if full is None else full.value,
        )

    def exclusion(self, key: str, node: Node) -> Exclusion:
        """`died: {date_of_death: on_or_before index}`"""
        (column, compared), *more = node.items()
        if more:
            self.fault(node, key, "one date and how it compares, such as 'date_of_death: on_or_before index'")
        comparison = compared.value.removesuffix(" index")
        if column == "date_of_birth" and comparison in ("before", "on_or_before"):
            expected = "'date_of_birth: after index': everybody was born by the index date, so nobody would be left"
            self.fault(compared, f"{column}: {compared.value}", expected)
        return Exclusion(key, column, cast(Comparison, comparison))

    def rule(self, node: Node, groups: Mapping[str, Group]) -> Rule:
        key = node["id"].value
        if (group := node["group"].value) not in groups:
            self.fault(node["group"], group, f"a group that is declared: {', '.join(groups)}")
        when = self.conditions.condition(node["when"])
        unless = self.conditions.condition(node["unless"], has_evidence(when)) if "unless" in node else None
        reason = node["reason"].value if "reason" in node else ""
        rule = Rule(key, group, reason, when, unless)
        for placeholder in _PLACEHOLDER.findall(reason):
            if placeholder not in PLACEHOLDERS:
                expected = f"one of {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}"
                self.fault(node["reason"], f"{{{placeholder}}}", expected)
            elif placeholder == "window_start" and window_of(rule) is None:
                self.fault(node["reason"], "{window_start}", "a rule with 'within': this one has no window")
            elif placeholder in ("term", "date") and not has_evidence(when):
                self.fault(node["reason"], f"{{{placeholder}}}", "a condition that always has evidence")
            elif placeholder == "value" and unit_of(when) is None:
                self.fault(node["reason"], "{value}", "a rule whose evidence is always a value, in one unit")
        return rule

    def each_once(self, rules: Node) -> None:
        seen: dict[str, int] = {}
        for node in rules:
            key, line = node["id"].value, node["id"].line
            if key in seen:
                self.fault(node["id"], key, f"each id once: it stands on line {seen[key]} too")
            seen.setdefault(key, line)

    def each_matters(self, node: Node, rule: Rule) -> None:
        """A rule that can never fire, or fires for everybody; an `unless` that takes nobody or everybody out."""
        parts = {part for condition in rule.conditions for part in walk(condition)}
        if self.conditions.never & parts:
            return  # that is said already
        if always(rule.when):
            self.fault(node["when"], said(rule.when), "a rule that asks for something: this one is true of everybody")
        if rule.unless is None:
            return
        if why_never(rule.when, Not(rule.unless)):
            self.fault(
                node["unless"], said(rule.unless), "an 'unless' that leaves somebody in: it is true wherever 'when' is"
            )
        elif why := never_matters(rule.when, rule.unless):
            self.fault(node["unless"], why, "an 'unless' that can take somebody out: take it out or correct it")

    def each_different(self, nodes: Node, rules: tuple[Rule, ...]) -> None:
        seen: dict[tuple[str, Condition, Condition | None], str] = {}
        for node, rule in zip(nodes, rules, strict=True):
            other = seen.setdefault((rule.group, rule.when, rule.unless), rule.id)
            if other != rule.id:
                self.fault(node, rule.id, f"a rule that can matter: {other} says the same of the same group")

    def each_used(self, document: Node, rules: tuple[Rule, ...]) -> None:
        read = {name for rule in rules for condition in rule.conditions for name in lists_of(condition)}
        for name, node in document["codelists"].items():
            if name not in read:
                self.fault(node, name, "a list that a rule reads: use it or take it out")
        for key, node in document["groups"].items():
            if key not in {rule.group for rule in rules}:
                self.fault(node, key, "a group that a rule leads to: use it or take it out")

    def fault(self, node: Node, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, f"line {node.line}", "", read, expected))


def window_of(rule: Rule) -> Period | None:
    """The window that a reason speaks of: the first `within` of the rule's `when`."""
    return next((found for part in walk(rule.when) if (found := when_of(part).within)), None)


def list_versions(cohort: Cohort) -> set[tuple[str, str]]:
    """The named versions of imported lists that the cohort asks for."""
    asked = (part for rule in cohort.rules for condition in rule.conditions for part in walk(condition))
    return {(part.name, part.version) for part in asked if isinstance(part, OnList) and part.version is not None}
