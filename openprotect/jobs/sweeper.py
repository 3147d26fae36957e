"""Find what is due, whether or not anybody rang the bell.

Obligations (a check-in that runs out, a message that is due, a call whose handler went away)
are rows with a time. A sweep looks for them; run twice it does nothing twice, not run for a day
it loses nothing.
"""

from __future__ import annotations

from datetime import datetime

from openprotect.governance.scope import enter, system
from openprotect.jobs import sending
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.contact import actions as contact
from openprotect.journey.learn import actions as learn
from openprotect.programmes import queries as programmes

BATCH = 1000


def sweep(*, now: datetime) -> int:
    """Do everything that is due at `now`, each batch in a transaction of its own.

    Returns how many messages left.
    """
    by = system("worker", now=now)
    flow.perform(contact.release_expired_calls, by=by, now=now)
    while flow.perform(check_in.miss_due, by=by, now=now, limit=BATCH) == BATCH:
        pass
    flow.perform(act.own_restricted, by=by, now=now)
    flow.perform(act.follow_moves, by=by, now=now)
    sending.settle_lost(now=now)
    return sending.send_due(now=now)


def record_day(*, now: datetime) -> None:
    """Write the ledger of the day for every programme that is on."""
    by = system("worker", now=now)
    with enter(by):
        on = programmes.switched_on()
    for programme in sorted(on):
        flow.perform(learn.record_day, by=by, now=now, programme=programme)
