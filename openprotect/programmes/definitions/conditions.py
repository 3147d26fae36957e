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
class Anchor:
    """A piece of evidence that a window is bound by: that of a condition, or, without one, of the rule.

    Where the condition is not true there is no evidence, and nothing is before or after it.
    """

    condition: "Condition | None" = None


@dataclass(frozen=True)
class Window:
    """When something must have happened.

    `within` reaches from that long before the index date to the index date, both days
    included. `after` and `before` are strict: the day itself does not count, be it a date or
    the day of another piece of evidence.
    """

    within: Period | None = None
    after: date | Anchor | None = None
    before: date | Anchor | None = None

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        return tuple(bound for bound in (self.after, self.before) if isinstance(bound, Anchor))


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
class Value:
    """The latest value of these lists in the window lies in a range.

    Only records that carry a value in exactly this unit are read; nothing is converted.
    `at_least` and `at_most` are in the range, `under` is not. On one day the highest value is
    the latest.
    """

    lists: tuple[str, ...]
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    under: float | None = None
    window: Window = EVER


@dataclass(frozen=True)
class Then:
    """The first record of these lists that is after other evidence, no later than `within` from it.

    Strictly after: the day of that evidence does not count. The last day of `within` does.
    """

    lists: tuple[str, ...]
    after: Anchor
    within: Period | None = None


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
    """The decile of the person's area in this edition of the Index of Multiple Deprivation is at most this.

    1 is the most deprived. A decile of another edition is not known in this one.
    """

    at_most: int
    edition: str


@dataclass(frozen=True)
class Located:
    """The person's practice, its locality, or their LSOA is one of `among`, or stands in one of `lists`."""

    by: Literal["practice", "locality", "lsoa"]
    among: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Admitted:
    """A stay in hospital that began in the window: for a code of these lists, or whatever for without any.

    `nights` are from admission to discharge; a stay that goes on, or ends after the index date,
    has lasted until the index date. Somebody who comes and goes on one day stays no night.
    """

    lists: tuple[str, ...] = ()
    window: Window = EVER
    nights_at_least: int | None = None
    nights_under: int | None = None


@dataclass(frozen=True)
class OnList:
    """On the latest version of this imported list, or on a named one of its versions."""

    name: str
    version: str | None = None


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


Condition = (
    Recorded
    | Counted
    | LatestOf
    | Value
    | Then
    | Age
    | Sex
    | Deprivation
    | Located
    | Admitted
    | OnList
    | Service
    | Several
    | Not
)


def has_evidence(condition: Condition) -> bool:
    """Whether the condition can be shown by a dated record wherever it is true."""
    if isinstance(condition, Several):
        without = sum(not has_evidence(part) for part in condition.parts)
        return without < condition.at_least
    return not isinstance(condition, Age | Sex | Deprivation | Located | Not)


def when_of(condition: Condition) -> Window:
    """The window of the condition; without end for one that has none."""
    return getattr(condition, "window", EVER)


def anchors_of(condition: Condition) -> tuple[Anchor, ...]:
    """What other evidence the condition has to come before or after."""
    return (condition.after,) if isinstance(condition, Then) else when_of(condition).anchors


def asks_each_record(condition: Condition) -> bool:
    """Whether the latest and the first record of its place are not enough to judge it.

    They are where the latest record only has to come after one other piece of evidence.
    """
    anchors = anchors_of(condition)
    if len(anchors) == 1 and isinstance(when_of(condition).after, Anchor):
        return not (
            isinstance(condition, Admitted) or (isinstance(condition, Recorded) and condition.evidence == "latest")
        )
    return bool(anchors)


def parts_of(condition: Condition) -> "tuple[Condition, ...]":
    """The conditions directly inside it, those of its window last."""
    if isinstance(condition, Several):
        return condition.parts
    if isinstance(condition, Not):
        return (condition.part,)
    return tuple(anchor.condition for anchor in anchors_of(condition) if anchor.condition is not None)


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it, from the outside in."""
    yield condition
    for part in parts_of(condition):
        yield from walk(part)


def lists_of(condition: Condition) -> set[str]:
    """The names of the code lists that the condition reads."""
    return {name for part in walk(condition) for name in getattr(part, "lists", ())}


def unit_of(condition: Condition) -> str | None:
    """The unit in which the condition's evidence is always a value; None where it may be anything else."""
    shown: set[str | None] = set()

    def look(part: Condition) -> None:
        if isinstance(part, Several):
            for inner in part.parts:
                look(inner)
        elif isinstance(part, Value):
            shown.add(part.unit)
        elif has_evidence(part):
            shown.add(None)

    look(condition)
    return shown.pop() if len(shown) == 1 and has_evidence(condition) else None
