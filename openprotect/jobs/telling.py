"""Tell colleagues by e-mail of what waits for them. Ids and times, and nobody's name."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.queries import NoticeToSend
from openprotect.governance.scope import enter, system
from openprotect.jobs.sending import hand_over
from openprotect.journey import flow
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
