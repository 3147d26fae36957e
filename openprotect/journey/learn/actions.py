"""Write the ledger of a day, and the files that people asked for."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from openprotect.governance.actions import claim_export, keep_export, permit, record, refuse_export
from openprotect.governance.actions.exports import ExportToMake
from openprotect.governance.rules.agreements import Totals
from openprotect.governance.scope import Scope, enter
from openprotect.journey.learn import exports, held
from openprotect.journey.learn.events import DayRecorded
from openprotect.lib.done import Done
from openprotect.lib.london import today
from openprotect.people import rights
from openprotect.people.errors import OptOutsNotFresh

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


def make_export(*, export: UUID, by: Scope, now: datetime) -> Done[bool]:
    """Make the file of an export that was asked for, if it may be made now; whether it was."""
    made = claim_export(export=export, by=by, now=now).value
    if made is None:
        return Done(False)
    if made.request is not None:
        return _own_records(made, made.request, by, now)
    try:
        content, totals = exports.gather(made, by=by)
    except OptOutsNotFresh as unknown:
        refuse_export(export=export, why=str(unknown), by=by, now=now)
        return Done(False)
    name = f"people-{today(now):%Y-%m-%d}-{str(export)[:8]}.csv"
    keep_export(export=export, content=content, file_name=_file_name(name), totals=totals, by=by, now=now)
    return Done(True)


# Who is in a file that lies ready stands in the trail. A person's own, made when they were restricted
# already, says nowhere where they are, and is left.
_RESTRICTED_SINCE = """
SELECT DISTINCT x.id FROM governance_export x
JOIN governance_auditevent e ON e.object_type = 'export' AND e.object_id = x.id::text AND e.at >= x.asked_at
    AND e.action IN ('exported', 'own records exported') AND e.why <> 'restricted'
JOIN people_person p ON p.id = e.person_id AND p.restricted
WHERE x.state IN ('ready', 'collected')
"""


def end_exports_of_restricted(*, by: Scope, now: datetime) -> Done[int]:
    """Files with somebody whose record was restricted after they were made end; returns how many."""
    permit("record.ledger", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_RESTRICTED_SINCE)
        ended = [export for (export,) in cursor.fetchall()]
    for export in ended:
        refuse_export(
            export=export, why="Somebody in it has a restricted record now. Ask for it again.", by=by, now=now
        )
    return Done(len(ended))


def _own_records(made: ExportToMake, request: UUID, by: Scope, now: datetime) -> Done[bool]:
    person = rights.person_of(request, scope=by)
    if person is None:
        why = "The request is closed, or the identity of whoever asked was not checked."
        refuse_export(export=made.id, why=why, by=by, now=now)
        return Done(False)
    banner = "" if settings.MODE == "live" else "Synthetic: not for care"
    sections = held.held_about(person, scope=by)
    content = held.as_page(sections, scope=by, banner=banner)
    why = "" if len(sections) == len(held.HELD) else "restricted"
    with enter(made.scope) as asker:
        record("own records exported", by=asker, person=person, of="export", id=made.id, why=why)
    name = _file_name(f"own-records-{today(now):%Y-%m-%d}-{str(made.id)[:8]}.html")
    totals = Totals(rows_in=1, exported=1)
    keep_export(export=made.id, content=content, file_name=name, totals=totals, by=by, now=now)
    return Done(True)


def _file_name(name: str) -> str:
    # A row that says so would be read as a person's, so the name of the file does.
    return name if settings.MODE == "live" else f"synthetic-not-for-care-{name}"
