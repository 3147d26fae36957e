"""Find what is due, whether or not anybody rang the bell.

Obligations (a check-in that runs out, a message that is due, a call whose handler went away)
are rows with a time. A sweep looks for them; run twice it does nothing twice, not run for a day
it loses nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings

from openprotect.governance import actions as governance
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import explaining, exports, governance_letters, overdue, retention, sending, telling, trail
from openprotect.jobs.steps import independent
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.contact import actions as contact
from openprotect.journey.learn import actions as learn
from openprotect.people import actions as people
from openprotect.programmes import queries as programmes

BATCH = 1000


def sweep(*, now: datetime) -> int:
    """Do everything that is due at `now`, each batch in a transaction of its own.

    Returns how many messages left. What one step could not do keeps no other from being done; at
    the end raises all that went wrong, as one ExceptionGroup.
    """
    by = system("worker", now=now)
    with independent() as steps:
        steps.run("take_effect", lambda: flow.perform(governance.take_effect, by=by, now=now))
        steps.run("compare_anchor", lambda: trail.compare(now=now))
        steps.run("end_what_rests", lambda: flow.perform(governance.end_what_rests, by=by, now=now))
        steps.run("warn_of_ends", lambda: flow.perform(governance.warn_of_ends, by=by, now=now))
        steps.run("sweep_sessions", lambda: _sweep_sessions(by))
        steps.run("release_calls_of_leavers", lambda: flow.perform(contact.release_calls_of_leavers, by=by, now=now))
        steps.run("release_expired_calls", lambda: flow.perform(contact.release_expired_calls, by=by, now=now))
        steps.run("miss_due", lambda: _miss_due(by))
        steps.run("own_restricted", lambda: flow.perform(act.own_restricted, by=by, now=now))
        steps.run("follow_moves", lambda: flow.perform(act.follow_moves, by=by, now=now))
        steps.run("end_emergencies", lambda: _end_emergencies(by))
        if not trail.is_held(now=now):
            steps.run("tell_reviewers", lambda: telling.tell_reviewers(now=now))
            steps.run("warn_owners", lambda: telling.warn_owners(now=now))
            steps.run("tell_overdue", lambda: overdue.tell_overdue(now=now))
            steps.run("tell_practices", lambda: governance_letters.tell_practices(now=now))
            steps.run("send_who_saw_letters", lambda: governance_letters.send_who_saw_letters(now=now))
        steps.run("note_suspensions", lambda: flow.perform(governance.note_suspensions, by=by, now=now))
        steps.run("settle_lost", lambda: sending.settle_lost(now=now))
        steps.run("send_referral_links", lambda: sending.send_referral_links(now=now))
        steps.run("exports", lambda: exports.sweep(now=now))
        sent = steps.run("send_due", lambda: sending.send_due(now=now))
        steps.run("answer_why", lambda: explaining.sweep(now=now))  # reading takes seconds: no message waits for it
        steps.run("dispose", lambda: retention.dispose(now=now))
        steps.run("seal_audit", lambda: trail.seal(now=now))
        steps.run("anchor_audit", lambda: trail.anchor(now=now))
    return sent or 0


def record_day(*, now: datetime) -> None:
    """Write the ledger of the day for every programme that is on."""
    by = system("worker", now=now)
    with enter(by):
        on = programmes.switched_on()
    with independent() as steps:
        for programme in sorted(on):
            record = partial(flow.perform, learn.record_day, by=by, now=now, programme=programme)
            steps.run("record_day", record)


def _sweep_sessions(by: Scope) -> None:
    longest = timedelta(seconds=settings.STAFF_SESSION_SECONDS)
    flow.perform(governance.sweep_sessions, longest=longest, real_now=datetime.now(UTC), by=by, now=by.now)


def _miss_due(by: Scope) -> None:
    while flow.perform(check_in.miss_due, by=by, now=by.now, limit=BATCH) == BATCH:
        pass


def _end_emergencies(by: Scope) -> None:
    flow.perform(people.end_emergency_of_closed_records, by=by, now=by.now)
    flow.perform(governance.close_emergency_accesses, by=by, now=by.now)
    flow.perform(governance.escalate_emergency_reviews, by=by, now=by.now)
