"""Write the ledger of a day."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection

from openprotect.governance.actions import permit
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

_RECORD_WORK = """
INSERT INTO learn_openwork (programme, date, locality_id, open, overdue)
SELECT m.programme, %(date)s, p.locality_id, count(*), count(*) FILTER (WHERE c.due_at < %(now)s)
FROM act_calltoaction c JOIN identify_member m ON m.id = c.member_id JOIN people_person p ON p.id = m.person_id
WHERE m.programme = %(programme)s AND c.status <> 'closed' GROUP BY m.programme, p.locality_id
ON CONFLICT (programme, date, locality_id) DO UPDATE SET open = excluded.open, overdue = excluded.overdue
"""

_FORGET_WORK = """
UPDATE learn_openwork SET open = 0, overdue = 0 WHERE programme = %(programme)s AND date = %(date)s
"""

_FORGET = """
UPDATE learn_ledgerday SET people = 0 WHERE programme = %(programme)s AND date = %(date)s
"""


def record_day(*, programme: str, by: Scope, now: datetime) -> Done[int]:
    """Count every member of a programme in their state and keep it as the day's ledger.

    Counting a day again replaces its counts. Returns how many people were counted.
    """
    permit("record.ledger", by=by)
    fields: dict[str, str | date | datetime] = {"programme": programme, "date": today(now), "now": now}
    with connection.cursor() as cursor:
        for step in (_FORGET, _RECORD, _FORGET_WORK, _RECORD_WORK):
            cursor.execute(step, fields)
        cursor.execute(
            "SELECT coalesce(sum(people), 0) FROM learn_ledgerday WHERE programme = %(programme)s AND date = %(date)s",
            fields,
        )
        people = cursor.fetchone()[0]
    return Done(people, (DayRecorded(programme, today(now)),))
