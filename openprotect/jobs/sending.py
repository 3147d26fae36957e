"""Hand messages to the provider between two transactions: claimed before, settled after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from openprotect.governance.queries import sending_hold
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs.steps import independent
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.contact import actions as contact
from openprotect.journey.contact import ports

BATCH = 500
# After this long without an answer the worker that claimed a message is taken for dead.
ANSWER_LOST = timedelta(minutes=5)


def send_due(*, now: datetime) -> int:
    """Send everything that is due, in batches; returns how many messages left."""
    sent = 0
    by = system("worker", now=now)
    if _held(by):
        return 0
    while True:
        messages = flow.perform(contact.claim_due, by=by, now=now, limit=BATCH)
        accepted = hand_over(messages)
        claimed = [m.reference for m in messages]
        flow.perform(contact.settle, by=by, now=now, sent=accepted, claimed=claimed)
        sent += len(accepted)
        if len(messages) < BATCH:
            return sent


def send_referral_links(*, now: datetime) -> None:
    """Send every partner the link to a referral that has not left yet, whether or not its job ran."""
    by = system("worker", now=now)
    if _held(by):
        return
    waiting = flow.perform(act.unsent_referrals, by=by, now=now, older_than=ANSWER_LOST)
    with independent() as steps:
        for referral in waiting:
            steps.run("send_referral_link", partial(send_referral_link, referral=referral, now=now))


def send_referral_link(*, referral: UUID, now: datetime) -> None:
    """Send a partner the link to a referral, unless the provider has it already."""
    by = system("worker", now=now)
    if _held(by):
        return
    lost = flow.perform(act.unsettled_links, by=by, now=now, referral=referral)
    if lost:
        with enter(by):
            accepted = ports.provider().accepted(lost)
        flow.perform(act.settle_referral_links, by=by, now=now, sent=accepted)
    messages = flow.perform(act.send_referral_link, by=by, now=now, referral=referral, older_than=ANSWER_LOST)
    if messages:
        flow.perform(act.settle_referral_links, by=by, now=now, sent=hand_over(messages))


def _held(by: Scope) -> bool:
    with enter(by):
        return sending_hold(scope=by) is not None


def hand_over(messages: Sequence[ports.OutgoingMessage]) -> frozenset[UUID]:
    """Give messages to the provider; returns the references it accepted."""
    return ports.provider().send(messages)


def settle_lost(*, now: datetime) -> int:
    """Ask the provider about messages whose answer was lost; returns how many were settled."""
    by = system("worker", now=now)
    lost = flow.perform(contact.unsettled, by=by, now=now, older_than=ANSWER_LOST)
    if lost:
        with enter(by):
            accepted = ports.provider().accepted(lost)
        flow.perform(contact.settle, by=by, now=now, sent=accepted, claimed=lost)
    return len(lost)
