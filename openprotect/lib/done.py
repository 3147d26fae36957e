"""What every action returns: its result, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Done(Generic[Value]):
    """The result of an action and the events it caused, in the order in which they happened.

    `journey.flow.perform` looks each event up in its table and runs what follows.
    """

    value: Value
    events: tuple[object, ...] = ()
