"""No number that is hidden can be worked out from what is shown, not even by somebody who knows the rules.

By brute force: of all small tables, those that look the same are laid beside each other, and every hidden
cell has at least two values among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.journey.identify.rules import can_be_pooled, moves_shown, pooled, safe_to_show, steps_left, suppressed

LIMIT = 5
Table = tuple[int, ...]
Look = tuple[Hashable, frozenset[int]]


def as_cells(table: Table) -> dict[int, int]:
    return dict(enumerate(table))


def beside_its_sum(table: Table) -> Look:
    """What a reader sees of a table, and which of its cells are hidden. A sum that is small is hidden, too."""
    shown = suppressed(as_cells(table), LIMIT)
    total = sum(table) if safe_to_show([sum(table)], LIMIT) else None
    if shown is None:
        return (total, None), frozenset(range(len(table)))
    return (total, tuple(shown.values())), frozenset(key for key, people in shown.items() if people is None)


def in_one_pool(table: Table) -> Look:
    shown = pooled(as_cells(table), LIMIT)
    if shown is None:
        return (sum(table) if sum(table) >= LIMIT else None, None), frozenset(range(len(table)))
    kept, others = shown
    hidden = frozenset(range(len(table))) - kept.keys() if others else frozenset()
    return (tuple(kept.items()), others), hidden


def step_by_step(table: Table) -> Look:
    """The first number is of the records, and ten are left in the end: both are shown."""
    first = sum(table) + 10
    steps = steps_left(first, as_cells(table), LIMIT)
    hidden = frozenset(key for key, (gone, _) in steps.items() if gone is None)
    return (first, tuple(steps.values())), hidden


def tables() -> Iterator[Table]:
    yield from product(range(14), repeat=2)
    yield from product(range(11), repeat=3)
    yield from product(range(8), repeat=4)


def given_away(look: Callable[[Table], Look]) -> list[tuple[Hashable, int]]:
    """What is shown, and the cell of which it leaves one value."""
    worlds: defaultdict[Hashable, list[Table]] = defaultdict(list)
    hides: dict[Hashable, frozenset[int]] = {}
    for table in tables():
        shown, hidden = look(table)
        seen = (len(table), shown)
        worlds[seen].append(table)
        hides[seen] = hidden
    return [
        (seen, cell)
        for seen, alike in worlds.items()
        for cell in hides[seen]
        if len({table[cell] for table in alike}) < 2
    ]


def steps_in_one(table: Table) -> Look:
    """Steps before any rule, and behind them many of whom no rule is true: small steps are shown together, or not."""
    together = can_be_pooled(table, LIMIT)
    if not together and suppressed({**as_cells(table), -1: 100}, LIMIT) is not None:
        return table, frozenset()
    return (sum(table), together), frozenset(range(len(table))) if together else frozenset()


@pytest.mark.parametrize("look", [beside_its_sum, in_one_pool, step_by_step, steps_in_one])
def test_every_hidden_number_could_be_another(look: Callable[[Table], Look]) -> None:
    assert given_away(look) == []


def moves(values: int, below: int) -> dict[Hashable, list[tuple[tuple[int, int], ...]]]:
    """Who came in and went out, by one dimension: what looks the same, of what hides anything.

    How much each value has grown is known to everybody: it is what the figures of both runs leave.
    """
    alike: defaultdict[Hashable, list[tuple[tuple[int, int], ...]]] = defaultdict(list)
    for flat in product(range(below), repeat=2 * values):
        flows = tuple(zip(flat[::2], flat[1::2], strict=True))
        people = (sum(flat[::2]), sum(flat[1::2]))
        shown = moves_shown(people, {"by": flows}, {"by"}, LIMIT)
        grown = tuple(came - went for came, went in flows)
        whole = max(people) < below if shown is not None else max(map(abs, grown)) <= below - LIMIT + 1
        if not shown and whole:  # else the worlds beside it may lie beyond those that are looked at
            alike[grown, people if shown is not None else None].append(flows)
    return alike


@pytest.mark.parametrize(("values", "below"), [(1, 14), (2, 11), (3, 6)])
def test_how_many_changed_places_is_told_by_nothing_that_is_shown(values: int, below: int) -> None:
    alike = moves(values, below)
    assert alike
    assert [
        seen for seen, worlds in alike.items() for n in range(values) if len({each[n] for each in worlds}) < 2
    ] == []


CELLS = st.dictionaries(st.text(max_size=3), st.integers(0, 40) | st.integers(0, 100_000), min_size=1, max_size=30)


@given(CELLS)
def test_small_numbers_are_never_shown_and_large_ones_as_they_are(cells: dict[str, int]) -> None:
    shown = suppressed(cells, LIMIT)
    for key, people in (shown or {}).items():
        assert people is None or people == cells[key]
        assert people is None or people == 0 or people >= LIMIT


@given(CELLS)
def test_hidden_cells_could_change_places_unseen(cells: dict[str, int]) -> None:
    shown = suppressed(cells, LIMIT)
    hidden = [key for key, people in (shown or {}).items() if people is None]
    assert len({cells[key] for key in hidden}) != 1
    if hidden:
        turned = {**cells, **dict(zip(hidden, [cells[key] for key in (*hidden[1:], hidden[0])], strict=True))}
        assert suppressed(turned, LIMIT) == shown


def test_the_naive_rule_would_be_noticed() -> None:
    """Hiding the small ones alone gives a single one away; the check above says so."""

    def naive(table: Table) -> Look:
        shown = tuple(None if 0 < people < LIMIT else people for people in table)
        return (sum(table), shown), frozenset(n for n, people in enumerate(shown) if people is None)

    def smallest_beside(table: Table) -> Look:
        """Hiding also one of the smallest others: whoever knows which one is taken can tell 5 5 4 from 4 5 5."""
        small = {n for n, people in enumerate(table) if 0 < people < LIMIT}
        others = [n for n, people in enumerate(table) if people >= LIMIT]
        if len(small) == 1 and others:
            small.add(min(others, key=lambda n: table[n]))
        shown = tuple(None if n in small else people for n, people in enumerate(table))
        return (sum(table), shown), frozenset(small)

    assert given_away(naive)
    assert given_away(smallest_beside)
