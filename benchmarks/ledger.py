"""What the ledger of a day and the next call cost, at two and a half, ten and forty thousand members.

`make bench NAME=ledger`. Made-up members with six check-ins each, a tenth of them due for a call at the same
moment, on a cluster of its own that is thrown away. The same actions run as the service's role under its
policies, and as the owner of the tables for whom they are switched off. Both have to be linear in the members, the
next call flat; the last line is JSON, in microseconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from benchmarks.row_security import fill, median, one_with_a_call, without_policies

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "2500,10000,40000").split(","))
CHECK_INS = """
INSERT INTO check_in_checkin (id, member_id, person_id, pack_version_id, occurrence, opens_at, missed_at, status,
                              missed_in_a_row)
SELECT gen_random_uuid(), m.id, m.person_id, 1, n, %(now)s - (7 - n) * interval '1 day',
       %(now)s - (7 - n) * interval '1 day' + interval '30 hours',
       CASE WHEN n = 6 THEN 'open' WHEN (k + n) %% 4 = 0 THEN 'missed' ELSE 'answered' END, 0
FROM (SELECT lpad(to_hex(k), 32, '0')::uuid AS id, k FROM generate_series(%(from)s::int, %(to)s::int) AS k) AS made
JOIN identify_member m USING (id) CROSS JOIN generate_series(1, 6) AS n
"""
INTENTS = """
INSERT INTO contact_intent (member_id, person_id, pack_version_id, occurrence, step, batch, due_at, respond_by, status,
                            stopped_because)
SELECT c.member_id, c.person_id, 1, c.occurrence, 'invitation', c.id, c.opens_at, c.missed_at, 'sent', ''
FROM (SELECT lpad(to_hex(k), 32, '0')::uuid AS id FROM generate_series(%(from)s::int, %(to)s::int) AS k) AS made
JOIN check_in_checkin c ON c.member_id = made.id
"""
RINGS = """
INSERT INTO contact_call (id, member_id, person_id, pack_version_id, occurrence, why, raised_at, due_at, tries, status)
SELECT gen_random_uuid(), m.id, m.person_id, 1, 6, 'missed', %(now)s, %(now)s, 0, 'waiting'
FROM (SELECT lpad(to_hex(k), 32, '0')::uuid AS id, k FROM generate_series(%(from)s::int, %(to)s::int) AS k) AS made
JOIN identify_member m USING (id) WHERE k %% 10 = 0
"""


class _Undo(Exception):
    """What was measured is taken back, so that the next run finds the same."""


def main() -> None:
    measured, there = [], 0
    with one_with_a_call() as (urls, person, begins):
        print(f"{'members':>8}  {'day, with':>10} {'without':>9} {'ratio':>6}   {'next call, with':>15} {'without':>9}")
        for size in SIZES:
            more = (CHECK_INS, INTENTS, RINGS)
            fill(urls.owner, there + 1, size, now=begins, person=person, more=more)
            there = size
            now = begins + timedelta(hours=1)
            under = measure(urls.app, now)
            with without_policies(urls.owner):
                free = measure(urls.owner, now)
            measured.append({"members": size, "with": under, "without": free})
            print(
                f"{size:>8}  {under['day']:>10} {free['day']:>9} {under['day'] / free['day']:>6.2f}   "
                f"{under['next_call']:>15} {free['next_call']:>9}"
            )
    print(json.dumps({"benchmark": "ledger", "unit": "us", "sizes": measured}))


def measure(url: str, now: Any) -> dict[str, int]:
    """Medians of the ledger of a day and of taking the next call."""
    from openprotect.config import database
    from openprotect.governance.scope import system
    from openprotect.journey import flow
    from openprotect.journey.contact import actions as contact
    from openprotect.journey.learn import actions as learn
    from tests.factories.small_service import staff

    by = system("bench", now=now)
    with database.connected_to(url):
        handler = staff("call-handler", now)
        return {
            "day": median(undone(lambda: flow.perform(learn.record_day, by=by, now=now, programme="covid-protect"))),
            "next_call": median(undone(lambda: flow.perform(contact.claim_call, by=handler, now=now))),
        }


def undone(run: Callable[[], object]) -> Callable[[], None]:
    """The same, taken back."""
    from django.db import transaction

    def go() -> None:
        with suppress(_Undo), transaction.atomic():
            run()
            raise _Undo

    return go


if __name__ == "__main__":
    main()
