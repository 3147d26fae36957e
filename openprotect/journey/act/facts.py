"""What act decides with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """A call to action that something asks for."""

    category: str
    urgency: str
    why: str
