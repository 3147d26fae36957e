"""Write the ledger of a day."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from openprotect.governance.actions import permit, record
from openprotect.governance.scope import Scope
from openprotect.journey.learn.events import DayRecorded
from openprotect.lib.done import Done
from openprotect.lib.london import today

_RECORD = """
INSERT INTO learn_ledgerday (programme, date, locality_id, state, people)
SELECT programme, %(date)s, locality_id, state, count(*) FROM learn_person_state
WHERE programme = %(programme)s GROUP BY programme, locality_id, state
ON CONFLICT (programme, date, locality_id, state) DO UPDATE SET people = excluded.people
"""

_FORGET = """
UPDATE learn_ledgerday SET people = 0 WHERE programme = %(programme)s AND date = %(date)s
"""


def record_day(*, programme: str, by: Scope, now: datetime) -> Done[int]:
    """Count every member of a programme in their state and keep it as the day's ledger.

    Counting a day again replaces its counts. Returns how many people were counted.
    """
    permit("record.ledger", by=by)
    fields = {"programme": programme, "date": today(now)}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, fields)
        cursor.execute(_RECORD, fields)
        cursor.execute(
            "SELECT coalesce(sum(people), 0) FROM learn_ledgerday"
            " WHERE programme = %(programme)s AND date = %(date)s",
            fields,
        )
        people = cursor.fetchone()[0]
    record("ledger recorded", by=by, of="ledger", id=f"{programme} {today(now)}")
    return Done(people, (DayRecorded(programme, today(now)),))
