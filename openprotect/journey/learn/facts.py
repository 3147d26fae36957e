"""The states of the ledger, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

# Every person is in exactly one, the first that holds: `migrations/0004_asking_ended.py`.
STATES: Mapping[str, str] = {
    "died": "Died",
    "call_to_action_open": "Needs action",
    "with_partner": "With a partner",
    "no_route": "No route (a team owns it)",
    "contacted_in_error": "Contacted in error",
    "no_longer_listed": "Taken off before we contacted them",
    "asking_ended": "Not asked any more: our legal basis has ended",
    "opted_out": "Asked for no contact",
    "being_phoned": "Being phoned",
    "missed": "Missed their check-in",
    "invited": "Invited",
    "answered": "Answered",
    "not_yet_contacted": "Not yet contacted",
    "lost": "Lost: nothing is planned for them",
}


@dataclass(frozen=True)
class LedgerLine:
    """One day: how many people are listed, and how many in each state."""

    date: date
    listed: int
    states: Mapping[str, int]


@dataclass(frozen=True)
class LocalityLine:
    """One locality now: missed check-ins, calls waiting, calls to action open and overdue."""

    locality: str
    listed: int
    missed: int
    waiting: int
    open: int
    overdue: int
    lost: int
