"""1-cohort.yaml: who is meant, and why each of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Age,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Not,
    OnList,
    Recorded,
    Service,
    Several,
    Sex,
    Window,
    has_evidence,
    lists_of,
    walk,
)
from openprotect.programmes.document import Node

Comparison = Literal["before", "on_or_before", "after", "on_or_after"]

SEXES = ("male", "female", "other", "unknown")
PLACEHOLDERS = ("term", "date", "count", "window_start")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

# What may stand beside the word that says which condition it is.
_WINDOW = ("ever", "within", "after", "before")
_HEADS: Mapping[str, tuple[str, ...]] = {
    "any": (*_WINDOW, "evidence"),
    "count": (*_WINDOW, "at_least", "distinct"),
    "latest_of": ("is",),
    "age": (),
    "sex": (),
    "imd_decile": (),
    "admitted": _WINDOW,
    "on_list": (),
    "service": (),
    "all": (),
    "of": ("at_least",),
    "not": (),
}


@dataclass(frozen=True)
class Exclusion:
    """People left out before any rule is asked: a date of theirs, held against the index date."""

    id: str
    column: str
    comparison: Comparison


@dataclass(frozen=True)
class ListUse:
    """A code list the cohort reads: a file of the pack, or a published list by its name."""

    name: str
    file: str
    published: str
    system: str
    line: int


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
        groups = {
            key: Group(key, node["label"].value, node["spl_group"].value if "spl_group" in node else None)
            for key, node in document["groups"].items()
        }
        rules = tuple(self.rule(node, groups) for node in document["rules"])
        self.each_once(document["rules"])
        self.each_used(document, rules)
        population = document.get("population")
        exclude = population.get("exclude") if population else None
        exclusions = tuple(self.exclusion(key, node) for key, node in exclude.items()) if exclude else ()
        return Cohort(document["cohort"].value, exclusions, self.lists, groups, rules)

    def list_use(self, name: str, node: Node) -> ListUse:
        file, published = node.get("file"), node.get("name")
        if (file is None) == (published is None):
            self.fault(node, name, "'file' (a file of this pack) or 'name' (a published list), one of them")
        return ListUse(
            name,
            "" if file is None else file.value,
            "" if published is None else published.value,
            node["system"].value,
            node.line,
        )

    def exclusion(self, key: str, node: Node) -> Exclusion:
        """`died: {date_of_death: on_or_before index}`"""
        (column, compared), *more = node.items()
        if more:
            self.fault(node, key, "one date and how it compares, such as 'date_of_death: on_or_before index'")
        comparison = compared.value.removesuffix(" index")
        return Exclusion(key, column, cast(Comparison, comparison))

    def rule(self, node: Node, groups: Mapping[str, Group]) -> Rule:
        key = node["id"].value
        if (group := node["group"].value) not in groups:
            self.fault(node["group"], group, f"a group that is declared: {', '.join(groups)}")
        when = self.condition(node["when"])
        unless = self.condition(node["unless"], has_evidence(when)) if "unless" in node else None
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
        return rule

    def condition(self, node: Node, evidence: bool = False) -> Condition:
        """`evidence`: whether this stands in an `unless` that can refer to the rule's evidence."""
        if not node.is_mapping:
            return Recorded((self.known(node),))
        heads = [key for key, _ in node.items() if key in _HEADS]
        if len(heads) != 1:
            read = " and ".join(heads) or "no condition"
            self.fault(node, read, f"one condition in each pair of braces: {', '.join(_HEADS)}")
            return Several(0, ())
        head = heads[0]
        for key, child in node.items():
            if key != head and key not in _HEADS[head]:
                beside = ", ".join(_HEADS[head]) or "nothing"
                self.fault(child, key, f"beside '{head}': {beside}")
        return self.kind(head, node, evidence)

    def kind(self, head: str, node: Node, evidence: bool) -> Condition:
        child = node[head]
        match head:
            case "any" if child.is_mapping or (child.is_list and any(part.is_mapping for part in child)):
                return Several(1, self.parts(child, evidence))
            case "any":
                first = "evidence" in node and node["evidence"].value == "first"
                return Recorded(self.names(child), self.window(node, evidence), "first" if first else "latest")
            case "count":
                return self.counted(node, evidence)
            case "latest_of":
                return self.latest_of(node)
            case "age":
                return self.age(child)
            case "sex":
                return self.sex(child)
            case "imd_decile":
                return Deprivation(child["at_most"].value)
            case "admitted":
                return Admitted(self.window(node, evidence))
            case "on_list":
                return OnList(child.value)
            case "service":
                return Service(_texts(child))
            case "not":
                return Not(self.condition(child, evidence))
            case _:
                return self.several(head, node, evidence)

    def several(self, head: str, node: Node, evidence: bool) -> Several:
        parts = self.parts(node[head], evidence)
        if head == "all":
            return Several(len(parts), parts)
        if "at_least" not in node:
            self.fault(node, "of", "'at_least' beside 'of'")
        elif node["at_least"].value > len(parts):
            self.fault(node["at_least"], str(node["at_least"].value), f"at most {len(parts)}, the number of parts")
        return Several(node["at_least"].value if "at_least" in node else 1, parts)

    def counted(self, node: Node, evidence: bool) -> Counted:
        if "at_least" not in node:
            self.fault(node, "count", "'at_least' beside 'count'")
        at_least = node["at_least"].value if "at_least" in node else 1
        days = "distinct" in node and node["distinct"].value == "date"
        window = self.window(node, evidence)
        if days and window.within and window.within.length.days + 1 < at_least:
            self.fault(node["within"], str(window.within), f"a window of at least {at_least} days")
        return Counted(self.names(node["count"]), at_least, window, "date" if days else "record")

    def latest_of(self, node: Node) -> LatestOf:
        names = self.names(node["latest_of"])
        wanted = node["is"].value if "is" in node else ""
        if wanted not in names:
            place = node["is"] if wanted else node
            self.fault(place, wanted or "no 'is'", f"'is' with one of: {', '.join(names)}")
        if len(names) < 2:
            self.fault(node, ", ".join(names), "two lists or more: with one, write 'any'")
        return LatestOf(names, wanted)

    def sex(self, node: Node) -> Sex:
        among = _texts(node)
        for one in among:
            if one not in SEXES:
                self.fault(node, one, f"one of: {', '.join(SEXES)}")
        return Sex(among)

    def age(self, node: Node) -> Age:
        low, high = (node[key].value if key in node else None for key in ("at_least", "under"))
        if low is None and high is None:
            self.fault(node, "age", "'at_least' or 'under' or both")
        if low is not None and high is not None and low >= high:
            self.fault(node, f"at least {low}, under {high}", "a span of ages in which somebody can be")
        return Age(low, high)

    def window(self, node: Node, evidence: bool) -> Window:
        within = Period.parse(node["within"].value) if "within" in node else None
        if within and (within.hours or within.minutes):
            self.fault(node["within"], str(within), "days, weeks, months or years")
            within = None
        if "ever" in node and (len([key for key in _WINDOW if key in node]) > 1 or not node["ever"].value):
            self.fault(node["ever"], "ever", "'ever: true' alone, or a window without it")
        after_evidence = "after" in node and node["after"].value == "evidence"
        if after_evidence and not evidence:
            expected = "'after: evidence' inside 'unless', of a rule that always has evidence"
            self.fault(node["after"], "after: evidence", expected)
        after = None if after_evidence else self.day(node, "after")
        before = self.day(node, "before")
        if after and before and (before - after).days < 2:
            self.fault(node["before"], f"after {after}, before {before}", "a window with a day in it")
        return Window(within, after, before, after_evidence)

    def day(self, node: Node, key: str) -> date | None:
        if key not in node:
            return None
        try:
            return date.fromisoformat(str(node[key].value))
        except ValueError:
            also = ", or 'evidence'" if key == "after" else ""
            self.fault(node[key], str(node[key].value), f"a date as YYYY-MM-DD{also}")
            return None

    def parts(self, node: Node, evidence: bool) -> tuple[Condition, ...]:
        return tuple(self.condition(part, evidence) for part in (node if node.is_list else [node]))

    def names(self, node: Node) -> tuple[str, ...]:
        return tuple(self.known(part) for part in (node if node.is_list else [node]))

    def known(self, node: Node) -> str:
        name = str(node.value)
        if name not in self.lists:
            self.fault(node, name, f"a code list that is declared: {', '.join(self.lists)}")
        return name

    def each_once(self, rules: Node) -> None:
        seen: dict[str, int] = {}
        for node in rules:
            key, line = node["id"].value, node["id"].line
            if key in seen:
                self.fault(node["id"], key, f"each id once: it stands on line {seen[key]} too")
            seen.setdefault(key, line)

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
    for condition in walk(rule.when):
        if isinstance(condition, Recorded | Counted | Admitted) and condition.window.within:
            return condition.window.within
    return None


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(str(part.value) for part in (node if node.is_list else [node]))
