"""What may happen to a call to action and to a referral, and in which state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from openprotect.programmes.definitions.act import Category

# (state, verb) -> next state. What does not stand here cannot be done.
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "note"): "open",
    ("acknowledged", "note"): "acknowledged",
    ("with_partner", "note"): "with_partner",
    ("open", "refer"): "with_partner",
    ("acknowledged", "refer"): "with_partner",
    ("with_partner", "take back"): "acknowledged",
    ("with_partner", "report"): "acknowledged",
    # to another organisation's team, which has not accepted it yet
    ("open", "hand over"): "open",
    ("acknowledged", "hand over"): "open",
    ("with_partner", "hand over"): "with_partner",
    ("open", "close"): "closed",
    ("acknowledged", "close"): "closed",
}

REFERRAL_TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("sent", "accept"): "accepted",
    ("sent", "hand back"): "handed_back",
    ("accepted", "hand back"): "handed_back",
    ("accepted", "report"): "reported",
}


def due_at(category: Category, urgency: str, raised_at: datetime) -> datetime:
    """By when a call to action must be acted on: the clock of its category and urgency."""
    return category.clocks[urgency].after(raised_at)


def possible(status: str) -> frozenset[str]:
    """The verbs that a call to action in this state allows."""
    return frozenset(verb for state, verb in TRANSITIONS if state == status)
