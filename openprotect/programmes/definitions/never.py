"""Whether a condition can be true of anybody: a rule that never can would be an empty cohort in silence.

What it says is certain: where it finds a contradiction there is one. It does not find every one, and gives up on a
condition with too many ways of being true.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

from openprotect.lib.periods import Period
from openprotect.programmes.definitions.conditions import (
    EVER,
    Admitted,
    Age,
    Anchor,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Located,
    Not,
    OnList,
    Recorded,
    Service,
    Several,
    Sex,
    Then,
    Value,
    Window,
    anchors_of,
    when_of,
)

MOST = 5_000  # ways of being true that are looked at
OLDEST = 131

Literal = tuple[Any, bool]  # a condition without parts, and whether it is true or not


class _TooMany(Exception):
    pass


def why_never(*conditions: Condition) -> str:
    """Why these cannot all be true of one person; empty where they can, or where that was not found out."""
    why = ""
    try:
        for found in _ways(Several(len(conditions), conditions), True, [MOST]):
            why = _contradiction(found)
            if not why:
                return ""
    except _TooMany:
        return ""
    return why


def always(condition: Condition) -> bool:
    """Whether it is true of everybody."""
    return bool(why_never(Not(condition)))


def never_matters(when: Condition, unless: Condition) -> str:
    """Why an `unless` takes nobody out; empty where it may."""
    if why := why_never(when, unless):
        return why
    window = when_of(unless)
    if not (isinstance(unless, Recorded) and isinstance(when, Recorded)) or when.evidence != "latest":
        return ""
    latest = set(unless.lists) <= set(when.lists) and _inside(replace(window, after=None), when.window)
    return "evidence is the latest of these records" if latest and window.after == Anchor() else ""


def _ways(condition: Condition, wanted: bool, left: list[int]) -> Iterator[frozenset[Literal]]:
    """Each way in which the condition is true, or is not: what has to be so."""
    left[0] -= 1
    if left[0] < 0:
        raise _TooMany
    match condition:
        case Not(part):
            yield from _ways(part, not wanted, left)
        case Several(at_least, parts):
            needed = at_least if wanted else len(parts) - at_least + 1
            for chosen in combinations(parts, needed) if needed > 0 else [()]:
                yield from _together(chosen, wanted, left)
        case _:
            literal = frozenset({(condition, wanted)})
            others = [anchor.condition for anchor in anchors_of(condition) if anchor.condition] if wanted else []
            for more in _together(others, True, left):
                yield literal | more


def _together(parts: Sequence[Condition], wanted: bool, left: list[int]) -> Iterator[frozenset[Literal]]:
    if not parts:
        yield frozenset()
        return
    for one in _ways(parts[0], wanted, left):
        for others in _together(parts[1:], wanted, left):
            left[0] -= 1
            yield one | others


def _contradiction(literals: frozenset[Literal]) -> str:
    """Two of these that cannot both be so, or what a person would have to be; empty where there is nothing."""
    true = [one for one, wanted in literals if wanted]
    for other in (one for one, wanted in literals if not wanted):
        for one in true:
            if _implies(one, other):
                return f"{said(one)} and not {said(other)}" if one != other else f"{said(one)} and not that"
    for one in true:
        if why := _beyond_itself(one):
            return why
    for one, other in combinations(true, 2):
        if _apart(one, other):
            return f"{said(one)} and {said(other)}"
    for kind in (Age, Sex, Deprivation, Located):
        mine = [(one, wanted) for one, wanted in literals if isinstance(one, kind)]
        if any(wanted for _, wanted in mine) and not _somebody(mine):
            return " and ".join(sorted(("" if wanted else "not ") + said(one) for one, wanted in mine))
    return ""


def _implies(one: Any, other: Any) -> bool:
    """Whether the one is never true without the other."""
    if one == other:
        return True
    match one, other:
        case Recorded() | Counted() | Value(), Recorded():
            return set(one.lists) <= set(other.lists) and _inside(when_of(one), when_of(other))
        case (Then() | LatestOf(), Recorded()):
            shown = {one.wanted} if isinstance(one, LatestOf) else set(one.lists)
            return shown <= set(other.lists) and other.window == EVER
        case Counted(), Counted():
            kinds = one.distinct == other.distinct or one.distinct == "date"
            inside = set(one.lists) <= set(other.lists) and _inside(one.window, other.window)
            return inside and kinds and one.at_least >= other.at_least
        case Value(), Value():
            same = (one.lists, one.unit, one.window) == (other.lists, other.unit, other.window)
            return same and not _value_between(other, one)
        case Admitted(), Admitted():
            lists = not other.lists or (bool(one.lists) and set(one.lists) <= set(other.lists))
            least = other.nights_at_least is None or (one.nights_at_least or -1) >= other.nights_at_least
            under = other.nights_under is None or (one.nights_under or OLDEST**3) <= other.nights_under
            return lists and least and under and _inside(one.window, other.window)
        case Service(), Service():
            return set(one.among) <= set(other.among)
    return False


def _beyond_itself(one: Any) -> str:
    """Why no record of it comes after, or before, the other evidence: that is the last, or the first, of them all."""
    for key, word in (("after", "latest"), ("before", "first")):
        anchors, bound = [], getattr(one, key, None) or getattr(when_of(one), key)
        while isinstance(bound, Anchor) and bound.condition is not None:
            anchors.append(bound.condition)
            bound = getattr(bound.condition, key, None) or getattr(when_of(bound.condition), key)
        if any(_at_the_end(one, other, key) for other in anchors):
            return f"{said(one)} {key} the {word} record of the same"
    return ""


def _at_the_end(one: Any, other: Any, key: str) -> bool:
    """Whether no record of the one is after the evidence of the other, or before it as the `key` says.

    The evidence it has to come after is in the window of the other: so a later record is, too, but for the end.
    """
    match one, other:
        case Recorded() | Counted() | Value() | Then(), Recorded(evidence=evidence):
            wanted = "latest" if key == "after" else "first"
            return evidence == wanted and set(one.lists) <= set(other.lists) and _reaches(one, other, key)
        case Recorded() | Counted() | Value() | Then(), Counted():
            return key == "after" and set(one.lists) <= set(other.lists) and _reaches(one, other, key)
        case Recorded() | Counted() | Value() | Then() | LatestOf(), LatestOf():
            return key == "after" and set(one.lists) <= set(other.lists)
        case Admitted(), Admitted(nights_at_least=None, nights_under=None):
            lists = not other.lists or (bool(one.lists) and set(one.lists) <= set(other.lists))
            return key == "after" and lists and _reaches(one, other, key)
    return False


def _reaches(one: Any, other: Any, key: str) -> bool:
    """Whether the window of the other goes at least as far as that of the one, on the side of the `key`."""
    if key == "after":
        return _inside(Window(before=when_of(one).before), Window(before=when_of(other).before))
    near, far = when_of(one), when_of(other)
    return _inside(replace(near, before=None), replace(far, before=None))


def _apart(one: Any, other: Any) -> bool:
    """Whether two conditions are never both true, because one record decides both."""
    match one, other:
        case LatestOf(), LatestOf():
            return set(one.lists) == set(other.lists) and one.wanted != other.wanted
        case Value(), Value() if (one.lists, one.unit, one.window) == (other.lists, other.unit, other.window):
            low = max((each.at_least for each in (one, other) if each.at_least is not None), default=float("-inf"))
            high = min((each.at_most for each in (one, other) if each.at_most is not None), default=float("inf"))
            under = min((each.under for each in (one, other) if each.under is not None), default=float("inf"))
            return low > high or low >= under
    return False


def _value_between(wide: Value, narrow: Value) -> bool:
    """Whether the narrow range may have a value that the wide one has not."""
    if wide.at_least is not None and (narrow.at_least is None or narrow.at_least < wide.at_least):
        return True
    tops = [top for top in (narrow.at_most, narrow.under) if top is not None]
    if wide.at_most is not None and not any(top <= wide.at_most for top in tops):
        return True
    if wide.under is None:
        return False
    below = narrow.at_most is not None and narrow.at_most < wide.under
    return not (below or (narrow.under is not None and narrow.under <= wide.under))


def _somebody(literals: list[Literal]) -> bool:
    """Whether somebody can be all of it, and not what is denied. All are of one kind."""
    first = literals[0][0]
    if isinstance(first, Located):
        return all(
            _somewhere([each for each in literals if each[0].by == by]) for by in ("practice", "locality", "lsoa")
        )
    if isinstance(first, Age):
        return any(all(_aged(one, age) == wanted for one, wanted in literals) for age in range(OLDEST))
    if isinstance(first, Sex):
        every = {sex for one, _ in literals for sex in one.among}
        return any(all((sex in one.among) == wanted for one, wanted in literals) for sex in every)
    editions = {one.edition for one, _ in literals}
    return any(
        all((edition == one.edition and decile <= one.at_most) == wanted for one, wanted in literals)
        for edition in editions
        for decile in range(1, 11)
    )


def _aged(one: Age, age: int) -> bool:
    return (one.at_least is None or age >= one.at_least) and (one.under is None or age < one.under)


def _somewhere(literals: list[Literal]) -> bool:
    """What stands in a list is not known here, so only codes that are written contradict each other."""
    wanted = [set(one.among) for one, true in literals if true and not one.lists]
    if not wanted:
        return True
    denied = {code for one, true in literals if not true for code in one.among}
    return bool(set.intersection(*wanted) - denied)


def _inside(one: Window, other: Window) -> bool:
    """Whether all of the one window is in the other."""
    if other.within is not None and (one.within is None or not _no_longer(one.within, other.within)):
        return False
    for own, bound, sign in ((one.after, other.after, 1), (one.before, other.before, -1)):
        if isinstance(bound, Anchor) and own != bound:
            return False
        if isinstance(bound, date) and not (isinstance(own, date) and (own - bound).days * sign >= 0):
            return False
    return True


@lru_cache(maxsize=256)
def _no_longer(one: Period, other: Period) -> bool:
    """Whether the one period reaches no further back than the other, from any day of four years."""
    first = date(2023, 1, 1)
    days = [first + timedelta(days=number) for number in range(1461)]
    return all(one.before(day) >= other.before(day) for day in days)


def said(condition: Condition) -> str:
    """A condition in the words of the file, short."""
    match condition:
        case Age(at_least, under):
            low = [f"at_least {at_least}"] if at_least is not None else []
            return f"age {', '.join(low + ([f'under {under}'] if under is not None else []))}"
        case Sex(among):
            return f"sex {' or '.join(among)}"
        case Deprivation(at_most, edition):
            return f"imd_decile at_most {at_most} of {edition}"
        case Located(by, among, lists):
            return f"{by} {' or '.join((*among, *lists))}"
        case LatestOf(_, wanted):
            return f"latest_of is {wanted}"
        case Value(lists):
            return f"latest {' or '.join(lists)} in a range"
        case Counted(lists, at_least):
            return f"count {' or '.join(lists)} at_least {at_least}"
        case Then(lists):
            return f"then {' or '.join(lists)}"
        case Admitted():
            return "admitted"
        case OnList(name):
            return f"on_list {name}"
        case Service(among):
            return f"service {' or '.join(among)}"
        case Recorded(lists):
            return f"any {' or '.join(lists)}"
        case Not(part):
            return f"not {said(part)}"
        case Several(at_least, parts):
            word = {1: "any", len(parts): "all"}.get(at_least, str(at_least))
            return f"{word} of ({', '.join(said(part) for part in parts)})"
    raise TypeError(condition)
