"""Tell whoever must answer of what is overdue, once each. Ids and days, and nobody's name.

Whoever carries messages knows what it has accepted, by a reference that follows from what is overdue: nothing
of ours says that it was told. What is answered falls out, and where there is no address the page says it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.urls import reverse

from openprotect.governance import queries
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs.sending import hand_over
from openprotect.journey.contact import ports
from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.london import today
from openprotect.people import rights

_TOLD = UUID("6d0a3f0b-5b1e-4c1c-8f43-0b7d1d2f6a52")


def tell_overdue(*, now: datetime) -> int:
    """Write about every request, letter and review that is overdue and was not written about; returns how many."""
    with enter(system("worker", now=now)) as by:
        late = {each.reference: each for each in _overdue(by) if each.to}
        sent = ports.provider().accepted(list(late)) if late else frozenset()
    waiting = [message for reference, message in late.items() if reference not in sent]
    return len(hand_over(waiting)) if waiting else 0


def _overdue(by: Scope) -> Iterator[OutgoingMessage]:
    for request in rights.overdue(scope=by):
        yield _message(
            f"request {request.request} {request.what} {request.due_on}",
            request.to,
            "A request about records is overdue",
            f"For whoever works requests of people about their records.\n\n"
            f"Request {request.request} was to be {request.what} by {_day(request.due_on)}. Whoever asked is owed an answer:",
            reverse("oversight:request", args=[request.request]),
            by,
        )
    letters = queries.letters_overdue(scope=by)
    reviews = queries.reviews_overdue(scope=by)
    users = {each.asked_by for each in letters} | {owner for each in reviews for owner in each.owners}
    to = queries.written_to(users, scope=by) if users else {}
    for letter in letters:
        yield _message(
            f"letter {letter.reference}",
            to.get(letter.asked_by, ""),
            "A letter about who saw a record has not left",
            f"For whoever works requests of people about their records.\n\nLetter {letter.reference}, which was asked for "
            f"on {_day(today(letter.asked_at))}, has not left. The person may have no address here:",
            reverse("oversight:who_saw_letter"),
            by,
        )
    for review in reviews:
        for address in sorted({to.get(owner, "") for owner in review.owners}):
            yield _message(
                f"review {review.basis} {review.review_date} {address}",
                address,
                f"Legal basis {review.basis} was to be reviewed",
                f"For whoever answers for legal basis {review.basis}.\n\nIt was to be reviewed by "
                f"{_day(review.review_date)}, and goes on. Say that it was, and when next, or end it:",
                reverse("oversight:basis", args=[review.basis]),
                by,
            )


def _message(name: str, to: str, subject: str, body: str, path: str, by: Scope) -> OutgoingMessage:
    return OutgoingMessage(
        reference=uuid5(_TOLD, name),
        channel="email",
        to=to,
        subject=subject,
        body=f"{body}\n{settings.BASE_URL}{path}",
        person=None,
        language="en",
        at=by.now,
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
