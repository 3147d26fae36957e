"""Once a day, dispose of what has outlived its period, in batches, each in a transaction of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.facts.retention import TABLES
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.learn.disposal import due
from openprotect.journey.learn.erasure import letters_of
from openprotect.lib import london
from openprotect.people import actions as people

PEOPLE = 500
ROWS = 10_000
EVENTS = 100_000


def dispose(*, now: datetime) -> None:
    """What is due by the service clock goes, except what a legal hold keeps. Run twice a day, it is done once."""
    by = system("retention", now=now)
    with enter(by):
        last = queries.last_disposal(scope=by)
        if last is not None and london.today(last.at) >= london.today(now):
            return
        to_go = due(scope=by)
    counts: Counter[str] = Counter()
    for why, found in to_go.people.items():
        for start in range(0, len(found), PEOPLE):
            counts.update(erase(found[start : start + PEOPLE], why=why, by=by))
    for table in sorted(table for table, rule in TABLES.items() if rule.does == "delete" and table in DELETED):
        counts[table] += _until_done(ROWS, partial(_rows, table, by))
    counts["governance_auditevent"] += _until_done(
        EVENTS, lambda: flow.perform(governance.cut_trail, limit=EVENTS, by=by, now=now)
    )
    flow.perform(governance.note_disposal, counts=counts, held=to_go.held, by=by, now=now)


# The tables whose rows go by themselves; what hangs on them goes with them.
DELETED = frozenset({
    "check_in_doortry", "check_in_draft", "outbox_message", "act_referrallink", "identify_whyasked",
    "django_session", "procrastinate_jobs",
})  # fmt: skip


def erase(persons: Sequence[UUID], *, why: str, by: Scope) -> dict[str, int]:
    """Erase people's records, and the letters to them from the data folder; returns rows by table.

    Only of those who are still due for this reason: something may have been opened for the others since it was asked.
    """
    with enter(by):
        people.keep_still(persons, by=by)
        still = due(scope=by, among=persons).people.get(why, ())
        letters = letters_of(still, scope=by)
        gone: dict[str, int] = flow.perform(people.erase_people, people=still, why=why, by=by, now=by.now)
    remove_letters(letters)
    return gone


def remove_letters(letters: Sequence[UUID]) -> None:
    """Remove letters from the data folder; those that are gone already are left alone."""
    for reference in letters:
        (settings.DATA / "letters" / f"{reference}.pdf").unlink(missing_ok=True)


def _rows(table: str, by: Scope) -> int:
    gone: int = flow.perform(governance.dispose_of_rows, table=table, limit=ROWS, by=by, now=by.now)
    return gone


def _until_done(batch: int, step: Callable[[], int]) -> int:
    done = 0
    while True:
        gone = step()
        done += gone
        if gone < batch:
            return done
