"""One stream of chance for a whole population, the same on every machine."""

import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Weighted(Generic[Item]):
    """Things with weights, ready to be drawn from."""

    def __init__(self, weights: Mapping[Item, float] | Iterable[tuple[Item, float]]) -> None:
        pairs = list(weights.items() if isinstance(weights, Mapping) else weights)
        self.items = [item for item, _ in pairs]
        self.bounds = list(accumulate(weight for _, weight in pairs))


class Draw:
    """Everything is made from `random()` by arithmetic alone.

    The library's other methods may change between versions of Python, and its
    logarithms between machines; the Mersenne Twister's doubles do neither.
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def below(self, bound: int) -> int:
        return int(self.random() * bound)

    def between(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.random() * len(items))]

    def weighted(self, choices: Weighted[Item]) -> Item:
        return choices.items[bisect_right(choices.bounds, self.random() * choices.bounds[-1])]

    def day_before(self, day: date, nearest: int, farthest: int) -> date:
        """A day that many days before another."""
        return day - timedelta(days=self.between(nearest, farthest))
