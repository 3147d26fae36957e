"""What stands in the database, seen as the system sees it: for assertions only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from openprotect.governance.scope import enter, system
from openprotect.journey.learn import queries as learn
from tests.factories.small_service import BEGINS


def rows(query: str, *values: object, now: datetime = BEGINS) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with enter(system("test", now=now)), connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def one(query: str, *values: object, now: datetime = BEGINS) -> Any:
    """The first column of the only row of a query."""
    ((value, *_),) = rows(query, *values, now=now)
    return value


def states(now: datetime, programme: str = "covid-protect") -> dict[str, int]:
    """The ledger at a moment: how many people are in each state that somebody is in."""
    with enter(system("test", now=now)) as scope:
        line = learn.ledger_now(programme, scope=scope)
    assert sum(line.states.values()) == line.listed
    return {state: people for state, people in line.states.items() if people}
