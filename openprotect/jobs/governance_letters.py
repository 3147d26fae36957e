"""What governance owes by post: who saw somebody, and what became of a practice's request."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs.sending import hand_over
from openprotect.journey import flow
from openprotect.journey.contact import ports
from openprotect.people import queries as people
from openprotect.people import who_saw

_DECIDED = {"granted": "was granted", "in_part": "was granted in part", "refused": "was refused"}


def send_who_saw_letters(*, now: datetime) -> None:
    """Send every letter that was asked for and has not left."""
    by = system("worker", now=now)
    waiting = flow.perform(governance.waiting_who_saw_letters, by=by, now=now)
    with enter(by):
        letters = [_letter(each.reference, each.person_id, by) for each in waiting]
    sent = hand_over([letter for letter in letters if letter]) if waiting else frozenset()
    if sent:
        flow.perform(governance.settle_who_saw_letters, sent=sent, by=by, now=now)


def _letter(reference: UUID, person: UUID, by: Scope) -> ports.OutgoingMessage | None:
    """The letter, if there is an address by now: somebody may have become restricted since it was asked for."""
    to = people.by_post(person, scope=by)
    if to is None:
        return None
    paragraphs = [
        f"Dear {to.name}",
        "You asked who saw your record in this service. Here is who saw it or did something for you, by role and "
        "organisation.",
    ]
    days = who_saw.days(queries.who_saw(person, scope=by))
    paragraphs += ["\n".join((f"{day.date.day} {day.date:%B %Y}", *day.lines)) for day in days]
    paragraphs += [] if days else ["Nobody has opened your record."]
    paragraphs.append(who_saw.ONLY_BY_NAME)
    return ports.OutgoingMessage(
        reference=reference,
        channel="letter",
        to=f"{to.name}\n{to.address}",
        subject="Who saw your record",
        body="\n\n".join(paragraphs),
        person=person,
        language="en",
        at=by.now,
        large_print=to.large_print,
    )


def tell_practices(*, now: datetime) -> None:
    """Tell every practice that its request was decided; what was decided stands behind its sign-in."""
    by = system("worker", now=now)
    decided = flow.perform(governance.untold_decisions, by=by, now=now)
    if not decided:
        return
    sent = hand_over(
        [
            ports.OutgoingMessage(
                reference=each.reference,
                channel="email",
                to=each.practice.email,
                subject="Your request that access stops was decided",
                body=f"Your request about {each.organisation.name} {_DECIDED[each.status]}. Sign in to read why.",
                person=None,
                language="en",
                at=now,
            )
            for each in decided
            if each.practice.email
        ]
    )
    # A practice without an e-mail address reads it on its page.
    told = sent | {each.reference for each in decided if not each.practice.email}
    flow.perform(governance.settle_told, sent=told, by=by, now=now)
