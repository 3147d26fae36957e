"""Which numbers of a cohort are shown to whoever does not care for its people.

A number above 0 and under `limit` is hidden, and so is whatever it could be worked out from. What is
promised is more than that no sum gives it away: also somebody who knows these rules finds, for every
hidden number, at least two values with which all that is shown would look the same.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def is_small(people: int, limit: int) -> bool:
    """Whether a number is too small to be shown."""
    return 0 < people < limit


def suppressed(cells: Mapping[Key, int], limit: int) -> dict[Key, int | None] | None:
    """The cells of a table whose sum is shown: None for a cell that is hidden; None where nothing can be shown.

    Beside the small ones, all that are the smallest of the others are hidden. Hidden cells could
    therefore change places with each other unseen, and they are never all the same. With less than two
    cells that are not small the table is not shown at all.
    """
    small = {key for key, people in cells.items() if is_small(people, limit)}
    if sum(cells.values()) < limit:
        return None if small else dict(cells)
    if not small:
        return dict(cells)
    large = [people for people in cells.values() if people >= limit]
    if len(large) < 2:
        return None
    return {key: None if key in small or (people and people == min(large)) else people for key, people in cells.items()}


def pooled(cells: Mapping[Key, int], limit: int) -> tuple[dict[Key, int], int] | None:
    """The cells that are shown, and the sum of the rest, of which nobody is told which they are."""
    shown = suppressed(cells, limit)
    if shown is None:
        return None
    kept = {key: people for key, people in shown.items() if people}
    return kept, sum(cells.values()) - sum(kept.values())


def safe_to_show(numbers: Iterable[int], limit: int) -> bool:
    """Whether none of the numbers is small: moves are shown all or not at all, because each is tied to the others."""
    return not any(is_small(people, limit) for people in numbers)


def steps_left(first: int, gone: Mapping[Key, int], limit: int) -> dict[Key, tuple[int | None, int | None]]:
    """How many each step took, and how many were left after it; what would tell a hidden number is None.

    How many were there at first and are left in the end is shown anyhow. What is left in between is shown
    before the first hidden step and after the last of them.
    """
    parts = suppressed(gone, limit)
    if parts is None:
        return dict.fromkeys(gone, (None, None))
    hidden = sum(people is None for people in parts.values())
    shown: dict[Key, tuple[int | None, int | None]] = {}
    left, passed = first, 0
    for key, people in gone.items():
        left -= people
        passed += parts[key] is None
        shown[key] = (parts[key], left if passed in (0, hidden) else None)
    return shown


def can_be_pooled(cells: Collection[int], limit: int) -> bool:
    """Whether the sum of cells, each of which is too small, can be shown: not where it says that all are the largest small."""
    return sum(cells) >= limit and all(people < limit for people in cells) and sum(cells) < (limit - 1) * len(cells)


Moved = tuple[int, int]


def moves_shown(
    people: Moved, by: Mapping[Key, Collection[Moved]], parts: Collection[Key], limit: int
) -> set[Key] | None:
    """By which dimensions it is shown how many came in and went out, besides how many altogether; None for nothing.

    A dimension with a small number is left out whole. How much each of its values has grown is known from
    the figures of both runs; what is not known is how many of them changed places, and that has to be
    two at least, among at least two values, where the values of a dimension are `parts` of everybody.
    """
    if not safe_to_show(people, limit):
        return None
    shown = {key for key, flows in by.items() if safe_to_show((each for flow in flows for each in flow), limit)}
    for key in parts:
        if key in by and key not in shown:
            changed = sum(min(flow) for flow in by[key])
            if changed < 2 or len(by[key]) < 2:
                return None
    return shown
