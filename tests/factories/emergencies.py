"""Emergency access in tests: opened as a form does, seen as a page about one record does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.people import actions as people
from tests.factories.small_service import BASHIR, BEGINS, staff

WHY: dict[str, Any] = {"reason": "danger", "words": "Rang us and cannot breathe"}
# Dr Nair works for Ada's practice; Bashir belongs to the other one, in the other locality.
NAIR = "practice-reviewer"


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def opened(username: str = NAIR, whom: Any = BASHIR, now: datetime = BEGINS, **changed: Any) -> int | None:
    who = {"nhs_number": whom.nhs_number, "date_of_birth": whom.date_of_birth}
    found: int | None = flow.perform(
        people.open_in_emergency, by=staff(username, now), now=now, **{**who, **WHY, **changed}
    )
    return found


def seen(person: UUID, username: str = NAIR, now: datetime = BEGINS, **changed: Any) -> dict[str, int]:
    """How many rows of this person each table shows on a page about one record."""
    scope = replace(staff(username, max(now, BEGINS)), **{"emergency": person, "now": now, **changed})
    tables = ("people_personidentity", "people_contactpoint", "identify_reason", "check_in_checkin", "contact_link")
    counts = {}
    with enter(scope), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE person_id = %s", [person])
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


def close(person: UUID, how: str) -> None:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(f"UPDATE people_person SET {how} WHERE id = %s", [person])
