"""What triage decides: the rows that fired, and the calls to action that come of them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fired:
    """A row that matched, and what it read."""

    row_id: str
    category: str
    urgency: str
    advice: str
    why: str
    read: Mapping[str, object]  # column -> value, for the columns that the row looks at


@dataclass(frozen=True)
class Call:
    """A call to action to raise: the most urgent thing that fired in its category."""

    category: str
    urgency: str
    row_id: str
    why: str


@dataclass(frozen=True)
class Decision:
    """The whole decision about one answer set.

    `cannot_assess` names the columns without a usable answer; it adds a call, and takes none
    away. `outcome` is the most urgent urgency that fired; `cannot_assess` where only that is left.
    """

    fired: tuple[Fired, ...]
    calls: tuple[Call, ...]
    cannot_assess: tuple[str, ...]
    outcome: str
