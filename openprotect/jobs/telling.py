"""Tell colleagues by e-mail of what waits for them. Ids and times, and nobody's name."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.urls import reverse

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.queries import NoticeToSend, WarningToSend
from openprotect.governance.scope import enter, system
from openprotect.jobs.sending import hand_over
from openprotect.journey import flow
from openprotect.journey.contact import ports
from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.london import moment_in_words

_SUBJECT = {
    "opened": "Emergency access {access} was opened",
    "overdue": "The review of emergency access {access} is overdue",
}
_BODY = """For whoever reviews emergency access.

{subject}. Review it by {due}:
{address}

No name stands in this message: sign in to see who opened the record and why."""

_WARNINGS = UUID("0c9d0f0e-54a8-4b0d-9a53-2f9c6f1a7d11")
# For how long a warning that nobody would carry is tried again. It stands on the page all the while.
_TRIED_FOR = timedelta(days=7)
_ENDING = """For whoever answers for legal basis {basis}.

It ends on {ends}, in {days} days or fewer, and what rests on it ends at that second. Say what happens: extend it, replace
it, stop and delete, or archive on hold. What is open is listed there, and can be handed over:
{address}"""


def tell_reviewers(*, now: datetime) -> int:
    """Write to whoever reviews emergency access about what they have not been written to about.

    A notice keeps its reference, so that one whose answer was lost is not carried twice.
    """
    by = system("worker", now=now)
    with enter(by):
        waiting = queries.emergency_notices(scope=by)
    if not waiting:
        return 0
    sent = hand_over([_message(each, now) for each in waiting])
    told: int = flow.perform(governance.settle_emergency_notices, by=by, now=now, sent=sent)
    return told


def _message(notice: NoticeToSend, now: datetime) -> OutgoingMessage:
    subject = _SUBJECT[notice.what].format(access=notice.access)
    address = settings.BASE_URL + reverse("oversight:emergency", args=[notice.access])
    return OutgoingMessage(
        reference=notice.reference,
        channel="email",
        to=notice.to,
        subject=subject,
        body=_BODY.format(subject=subject, due=moment_in_words(notice.due_at), address=address),
        person=None,
        language="en",
        at=now,
    )


def warn_owners(*, now: datetime) -> int:
    """Write to whoever was warned that a legal basis ends, once for each warning; returns how many left.

    Whoever carries messages knows what it has accepted: nothing of ours says that a warning was sent.
    """
    with enter(system("worker", now=now)) as by:
        given = {uuid5(_WARNINGS, str(each.id)): each for each in queries.warnings_since(now - _TRIED_FOR, scope=by)}
        sent = ports.provider().accepted(list(given)) if given else frozenset()
    waiting = [_warning(reference, each, now) for reference, each in given.items() if reference not in sent]
    return len(hand_over(waiting)) if waiting else 0


def _warning(reference: UUID, warning: WarningToSend, now: datetime) -> OutgoingMessage:
    address = settings.BASE_URL + reverse("oversight:basis", args=[warning.basis])
    ends = moment_in_words(warning.ends_at)
    return OutgoingMessage(
        reference=reference,
        channel="email",
        to=warning.to,
        subject=f"Legal basis {warning.basis} ends on {ends}",
        body=_ENDING.format(basis=warning.basis, ends=ends, days=warning.days, address=address),
        person=None,
        language="en",
        at=now,
    )
