"""The figures of a cohort as their reader is shown them.

Whoever cares for the people is shown these people, numbers as they are, as far as the role may see of a
person what is counted. Everybody else is shown the numbers of all, and none of them is small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from openprotect.governance.scope import Scope
from openprotect.journey.identify import dimensions, rules
from openprotect.journey.identify.dimensions import DEPRIVATION, GROUP, GROUPS, NEEDS, PEOPLE, RULE, SHOWN_FROM
from openprotect.journey.identify.facts import Moves
from openprotect.journey.identify.queries import Counted, Units

CLOSED = (dimensions.AGE, dimensions.SEX, dimensions.DEPRIVATION, dimensions.ETHNIC)
TOGETHER = "+"  # between the keys of groups that somebody is in, and for all exclusions in one
_PARTS = ("practice", "locality", "deprivation")  # everybody has one value of each
_MOVES_NEED = {"practice": PEOPLE, "locality": PEOPLE, "deprivation": DEPRIVATION, "rule": RULE, "group": GROUP}


@dataclass(frozen=True)
class Breakdown:
    """A cohort by one dimension: a number for each value, None where it is hidden. Without `rows` it is not shown."""

    dimension: str
    rows: tuple[tuple[str, int | None], ...]

    @property
    def hides(self) -> bool:
        return any(people is None for _, people in self.rows)


@dataclass(frozen=True)
class InGroup:
    """How many are in a group, and in no other; `at_least` where some of them may not be counted."""

    group: str
    people: int
    alone: int | None
    at_least: bool


@dataclass(frozen=True)
class Groups:
    """Who is in which groups: each set of groups that is shown, most people first, and all `others` together."""

    each: tuple[InGroup, ...]
    together: tuple[tuple[tuple[str, ...], int], ...]
    others: int


@dataclass(frozen=True)
class Place:
    """A locality and its practices, by id; None is where nobody knows it, or hidden people."""

    unit: int | None
    people: int | None
    practices: tuple[tuple[int | None, int | None], ...]


@dataclass(frozen=True)
class Picture:
    """A cohort as a reader is shown it: their `own` people alone, or the `whole`, for which they may care. `people` is None where they are too few."""

    cares: bool
    own: bool
    whole: bool
    people: int | None
    by: tuple[Breakdown, ...]
    groups: Groups | None
    rules: Breakdown
    places: tuple[Place, ...]


def picture(
    counted: Sequence[Counted], units: Units | None, groups: Collection[str], rule_ids: Collection[str], *, scope: Scope
) -> Picture:
    """The figures of a run for a reader; `units` are their own people, None for whoever cares for none."""
    mine = [each for each in counted if units is None or _is_own(each, units)]
    total = sum(each.people for each in mine if each.dimension == PEOPLE)
    if units is None and rules.is_small(total, SHOWN_FROM):
        return Picture(False, False, True, None, (), None, Breakdown(RULE, ()), ())

    def exact(dimension: str) -> bool:
        return units is not None and scope.may(NEEDS[dimension])

    return Picture(
        cares=units is not None,
        own=units is not None and not units.everybody,
        whole=units is None or (units.everybody and not units.stopped),
        people=total,
        by=tuple(_closed(mine, dimension, exact(dimension)) for dimension in CLOSED),
        groups=_groups(_sums(mine, GROUPS), groups, exact(GROUPS)),
        rules=Breakdown(RULE, _rules(mine, rule_ids) if exact(RULE) else ()),
        places=_places(mine, exact(PEOPLE)),
    )


def moves(found: Moves, *, own: bool, scope: Scope) -> Moves | None:
    """Who came in and went out as a reader is shown it; None where nothing of it is shown.

    Whoever cares for the people is shown what the role may see, all others what tells no small number.
    """
    if own:
        by = {key: flows for key, flows in found.by.items() if scope.may(NEEDS[_MOVES_NEED[key]])}
        return Moves(found.before, found.after, found.people, by)
    if not rules.safe_to_show((found.before, found.after), SHOWN_FROM):
        return None
    flows = {key: [(flow.came, flow.went) for flow in each.values()] for key, each in found.by.items()}
    shown = rules.moves_shown((found.people.came, found.people.went), flows, _PARTS, SHOWN_FROM)
    if shown is None:
        return None
    return Moves(found.before, found.after, found.people, {key: found.by[key] for key in found.by if key in shown})


def may_show_steps(first: int, everybody: int, shown: Picture) -> bool:
    """Whether a reader is shown how everybody of the `first` was found: not where that tells how few were not, nor
    where their own people and all would tell the others.
    """
    if shown.people is None or not rules.safe_to_show([first - everybody], SHOWN_FROM):
        return False
    return shown.whole or rules.safe_to_show((everybody, everybody - shown.people), SHOWN_FROM)


def attrition(people: int, first: int, excluded: Mapping[str, int]) -> dict[str, tuple[int | None, int | None]]:
    """How many each step left out of the records, and how many were left: for everybody small numbers are hidden.

    Nobody cares, as a member of this cohort's staff, for those who are not in it.
    """
    none = first - people - sum(excluded.values())
    shown = rules.steps_left(first, {**excluded, "": none}, SHOWN_FROM)
    all_hidden = all(gone is None for gone, _ in shown.values())
    if all_hidden and none >= SHOWN_FROM and rules.can_be_pooled(list(excluded.values()), SHOWN_FROM):
        before = sum(excluded.values())
        return {TOGETHER: (before, first - before), "": (none, people)}
    return shown


def _is_own(each: Counted, units: Units) -> bool:
    return each.practice not in units.stopped and (units.everybody or each.practice in units.practices)


def _sums(counted: Sequence[Counted], dimension: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in counted:
        if each.dimension == dimension:
            found[each.value] += each.people
    return found


def _closed(counted: Sequence[Counted], dimension: str, exact: bool) -> Breakdown:
    found = _sums(counted, dimension)
    cells = {value: found[value] for value in dimensions.values(dimension)}
    for value in found:
        cells.setdefault(value, found[value])  # what a source called otherwise
    shown: Mapping[str, int | None] | None = cells if exact else rules.suppressed(cells, SHOWN_FROM)
    return Breakdown(dimension, tuple(shown.items()) if shown else ())


def _rules(counted: Sequence[Counted], rule_ids: Collection[str]) -> tuple[tuple[str, int | None], ...]:
    found = _sums(counted, RULE)
    return tuple((key, found[key]) for key in [*rule_ids, *(key for key in sorted(found) if key not in rule_ids)])


def _groups(together: Mapping[str, int], keys: Collection[str], exact: bool) -> Groups | None:
    """What is said of a group is made from the sets that are shown, so it tells nothing of those that are not."""
    if exact:
        shown, others = dict(together), 0
    else:
        found = rules.pooled(together, SHOWN_FROM)
        if found is None:
            return None
        shown, others = found
    every = [*keys, *sorted({key for value in shown for key in value.split(TOGETHER)} - set(keys))]
    each = tuple(
        InGroup(
            group=key,
            people=sum(people for value, people in shown.items() if key in value.split(TOGETHER)),
            alone=shown.get(key, 0 if exact or not others else None),
            at_least=others > 0,
        )
        for key in every
    )
    ordered = sorted(shown.items(), key=lambda row: (-row[1], row[0]))
    return Groups(each, tuple((tuple(value.split(TOGETHER)), people) for value, people in ordered), others)


def _places(counted: Sequence[Counted], exact: bool) -> tuple[Place, ...]:
    practices: dict[int | None, dict[int | None, int]] = {}
    for each in counted:
        if each.dimension == PEOPLE:
            inside = practices.setdefault(each.locality, {})
            inside[each.practice] = inside.get(each.practice, 0) + each.people
    sums = {locality: sum(inside.values()) for locality, inside in practices.items()}
    shown: Mapping[int | None, int | None] | None = sums if exact else rules.suppressed(sums, SHOWN_FROM)
    places = []
    for locality, people in (shown or {}).items():
        inside = practices[locality] if people is not None else {}
        cells: Mapping[int | None, int | None] | None = inside if exact else rules.suppressed(inside, SHOWN_FROM)
        places.append(Place(locality, people, tuple((cells or {}).items())))
    return tuple(places)
