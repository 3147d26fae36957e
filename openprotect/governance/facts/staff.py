"""Who answers for somebody whom another organisation employs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Vouched:
    """A person of an organisation says that they have seen it, on a day. `organisation` is its id."""

    by: str
    organisation: int
    on: date


@dataclass(frozen=True)
class Vouchers:
    """What a digital staff passport carries: who somebody is, what they were trained in, the DBS check."""

    identity: Vouched | None = None
    training: Vouched | None = None
    dbs: Vouched | None = None


NOBODY = Vouchers()
