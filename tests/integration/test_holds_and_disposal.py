"""A hold and a deletion at the same time: the hold comes first and keeps, or after, and nothing goes in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance.scope import enter, system
from openprotect.jobs.retention import ROWS
from openprotect.journey import flow
from openprotect.journey.check_in.models import DoorTry
from openprotect.people import actions as people
from tests.factories.seen import one
from tests.factories.small_service import ADA, BEGINS, small_service, staff

NOW = BEGINS + timedelta(days=90)


@pytest.fixture
def ada(committed_db: Urls, tmp_path: Path) -> UUID:
    """Somebody whose record may go, and a try at the door that may."""
    with enter(system("test", now=BEGINS)):
        DoorTry.objects.create(door="0" * 64, address="0" * 64, at=BEGINS)
    return small_service(tmp_path, ADA)["ada"].person


def test_a_hold_that_is_being_placed_keeps_what_is_about_to_go(ada: UUID) -> None:
    held, go = During(hold), During(lambda: (erase(ada), delete_tries()))
    held.begin()
    go.begin(waits_for_another=True)
    held.commit()
    go.commit()
    assert (one("SELECT count(*) FROM people_person"), one("SELECT count(*) FROM check_in_doortry")) == (1, 1)


@pytest.mark.parametrize("goes", ["the record", "tries"])
def test_a_hold_that_comes_while_something_goes_is_placed_when_it_is_gone(ada: UUID, goes: str) -> None:
    going = During(lambda: erase(ada) if goes == "the record" else delete_tries())
    placed = During(hold)
    going.begin()
    placed.begin(waits_for_another=True)
    assert one("SELECT count(*) FROM governance_legalhold") == 0
    going.commit()
    placed.commit()
    left = one("SELECT count(*) FROM people_person") + one("SELECT count(*) FROM check_in_doortry")
    assert (left, one("SELECT count(*) FROM governance_legalhold")) == (1, 1)


def test_two_who_delete_do_not_wait_for_each_other(ada: UUID) -> None:
    one_, other = During(lambda: erase(ada)), During(delete_tries)
    one_.begin()
    other.begin()
    other.commit()
    one_.commit()


def hold() -> object:
    said = {"name": "Inquiry", "reason": "Asked to keep everything"}
    return flow.perform(governance.place_hold, **said, by=staff("ig-lead", NOW), now=NOW)


def erase(person: UUID) -> object:
    by = system("retention", now=NOW)
    return flow.perform(people.erase_people, people=[person], why="its period is over", by=by, now=NOW)


def delete_tries() -> object:
    given: dict[str, Any] = {"table": "check_in_doortry", "limit": ROWS}
    return flow.perform(governance.dispose_of_rows, **given, by=system("retention", now=NOW), now=NOW)


class During:
    """Something done on a connection of its own, in a transaction that stays open until it is told to commit."""

    def __init__(self, does: Callable[[], object]) -> None:
        self._done, self._may_commit = threading.Event(), threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(does,), daemon=True)

    def begin(self, *, waits_for_another: bool = False) -> None:
        """It is done, but for the commit; or it waits for another transaction."""
        self._thread.start()
        while not (self._failed or self._done.is_set()):
            if waits_for_another and _somebody_waits():
                return
            time.sleep(0.02)
        assert not self._failed
        assert not waits_for_another, "it did not wait"

    def commit(self) -> None:
        self._may_commit.set()
        self._thread.join()
        assert not self._failed

    def _run(self, does: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                does()
                self._done.set()
                self._may_commit.wait(30)
        except BaseException as failed:
            self._failed.append(failed)
        finally:
            connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])
