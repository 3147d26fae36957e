"""What a run of a cohort found, and why one person is in or out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import pyarrow as pa

OPTED_OUT, OBJECTED, TYPE_1 = "national-data-opt-out", "own-objection", "type-1-opt-out"
OPT_OUTS = (OPTED_OUT, OBJECTED, TYPE_1)
"""Why somebody's records are not used, as `excluded` says it."""


@dataclass(frozen=True)
class CohortResult:
    """Who is in, and why; who was left out; and how many were left after each step.

    `members` has the columns of `members.MEMBERS`, ordered by person and rule. `people` counts persons,
    `groups` persons by group, those with nobody too. `excluded` counts each person once, by the
    first exclusion that is true of them. `notes` are sentences about what may be a mistake.
    """

    index_date: date
    members: pa.Table
    people: int
    groups: Mapping[str, int]
    excluded: Mapping[str, int]
    attrition: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)  # table -> source that no legal basis covers


@dataclass(frozen=True)
class ConditionExplained:
    """One condition of a rule, in words, whether it is true, and what shows that or how near it is."""

    says: str
    holds: bool
    shown_by: str
    parts: tuple[ConditionExplained, ...] = ()


@dataclass(frozen=True)
class RuleExplained:
    """One rule: it makes a member where `when` holds and `unless` does not."""

    id: str
    group: str
    holds: bool
    when: ConditionExplained
    unless: ConditionExplained | None


@dataclass(frozen=True)
class Explanation:
    """Why a person is in or out on a day. `excluded` names the exclusion that came first, if one did.

    The records of whoever opted out or objected are `out_of_use`: lists alone are asked, and of who is on none
    there are no `rules`.
    """

    person_id: str
    cohort: str
    index_date: date
    excluded: str | None
    rules: tuple[RuleExplained, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)  # table -> source that no legal basis covers
    out_of_use: bool = False

    @property
    def is_member(self) -> bool:
        return self.excluded is None and any(rule.holds for rule in self.rules)


@dataclass(frozen=True)
class BuiltRun:
    """A cohort run as it was written: what it found, and who joined and left with it."""

    id: UUID
    result: CohortResult
    joined: int
    left: int


@dataclass(frozen=True)
class ListRead:
    """A code list as it is read aloud: how many codes, and the terms of the first of them."""

    name: str
    system: str
    codes: int
    first_terms: tuple[str, ...]
    file: str
    sha256: str


@dataclass(frozen=True)
class RuleRead:
    """A rule as it is read aloud. Each line has its depth: what is further in is a part of what is above it."""

    id: str
    group: str
    when: tuple[tuple[int, str], ...]
    unless: tuple[tuple[int, str], ...]
    reason: str


@dataclass(frozen=True)
class DefinitionRead:
    """What the definition of a cohort says, in words, for who signs it."""

    name: str
    exclusions: Mapping[str, str]
    groups: Mapping[str, str]
    rules: tuple[RuleRead, ...]
    lists: tuple[ListRead, ...]


@dataclass(frozen=True)
class Change:
    """One thing that two versions of a definition say differently.

    `what` is exclusion, group, rule or list; `how` added, removed, changed, or reworded where a rule
    only gives its reason in other words. `said` and `says` are lines; empty where there is nothing.
    """

    what: str
    how: str
    name: str
    said: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """How many came in and how many went out."""

    came: int
    went: int


@dataclass(frozen=True)
class Moves:
    """Who comes in and goes out between two runs, or two versions over the same records.

    `by` counts them by dimension and value. By rule and group whoever has a reason of it on one side
    alone is counted, also where another reason keeps them in; by all else whoever is in on one side alone.
    """

    before: int
    after: int
    people: Flow
    by: Mapping[str, Mapping[str, Flow]]
