"""What a rule of a cohort can ask of one person's records: the closed vocabulary.

Pure values. Every window counts back from the index date and includes both its ends; what
happened after the index date does not exist. What is not known is not true, so `not` of it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from openprotect.lib.periods import Period


@dataclass(frozen=True)
class Window:
    """When something must have happened.

    `within` reaches from that long before the index date to the index date, both days
    included. `after` and `before` are strict: the day itself does not count. `after_evidence`
    is strictly after the evidence of the rule, so the same day does not count either.
    """

    within: Period | None = None
    after: date | None = None
    before: date | None = None
    after_evidence: bool = False


EVER = Window()


@dataclass(frozen=True)
class Recorded:
    """A code of any of these lists is recorded in the window.

    Its evidence is the latest or first record, by (date, value, code): on one day the highest
    value decides, no value being the lowest, then the highest code.
    """

    lists: tuple[str, ...]
    window: Window = EVER
    evidence: Literal["latest", "first"] = "latest"


@dataclass(frozen=True)
class Counted:
    """At least so many records, or days with a record where `distinct` is "date", in the window."""

    lists: tuple[str, ...]
    at_least: int
    window: Window = EVER
    distinct: Literal["date", "record"] = "record"


@dataclass(frozen=True)
class LatestOf:
    """The latest record of all these lists, by (date, value, code), is one of the list `wanted`."""

    lists: tuple[str, ...]
    wanted: str


@dataclass(frozen=True)
class Age:
    """Whole years on the index date: at least the one, and under the other."""

    at_least: int | None = None
    under: int | None = None


@dataclass(frozen=True)
class Sex:
    """One of these, as recorded: male, female, other, unknown."""

    among: tuple[str, ...]


@dataclass(frozen=True)
class Deprivation:
    """The Index of Multiple Deprivation decile of the person's area is at most this; 1 is the most deprived."""

    at_most: int


@dataclass(frozen=True)
class Admitted:
    """An admission to hospital, whatever for, that began in the window."""

    window: Window = EVER


@dataclass(frozen=True)
class OnList:
    """On this imported list on the index date."""

    name: str


@dataclass(frozen=True)
class Service:
    """Receives one of these services on the index date; the days it starts and ends count."""

    among: tuple[str, ...]


@dataclass(frozen=True)
class Several:
    """At least so many of the parts are true. Its evidence is the latest among those that are."""

    at_least: int
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Not:
    """The part is not true. It has no evidence."""

    part: "Condition"


Condition = Recorded | Counted | LatestOf | Age | Sex | Deprivation | Admitted | OnList | Service | Several | Not


def has_evidence(condition: Condition) -> bool:
    """Whether the condition can be shown by a dated record wherever it is true."""
    if isinstance(condition, Several):
        without = sum(not has_evidence(part) for part in condition.parts)
        return without < condition.at_least
    return not isinstance(condition, Age | Sex | Deprivation | Not)


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it, from the outside in."""
    yield condition
    if isinstance(condition, Several):
        for part in condition.parts:
            yield from walk(part)
    elif isinstance(condition, Not):
        yield from walk(condition.part)


def lists_of(condition: Condition) -> set[str]:
    """The names of the code lists that the condition reads."""
    return {name for part in walk(condition) if isinstance(part, Recorded | Counted | LatestOf) for name in part.lists}
