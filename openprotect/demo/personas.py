"""Who you can be in the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from openprotect.governance import queries as governance
from openprotect.governance.queries import StaffMember
from openprotect.governance.scope import Scope
from openprotect.interop.outbox import queries as outbox
from openprotect.journey.act import queries as act
from openprotect.journey.check_in import queries as check_in
from openprotect.people import queries as people

# How far back we look for a message whose link still leads somewhere.
NEWEST = 500
_LINK = re.compile(r"https?://\S+?(/[cr]/[\w-]+)")

STAFF = {
    "call-handler": "The next person to ring, what to say, one form, one place to put what came of it.",
    "practice-reviewer": "What needs action for the practice's patients, the most urgent first.",
    "locality-lead": "The locality's needs and backlog, and where everybody stands today.",
    "surveillance": "Whatever is about to miss its time, anywhere, seven days a week.",
    "council-worker": "What is referred to the council: a name, how to reach them, what is asked. Nothing else.",
    "central-team": "Where everybody stands, day by day, and where localities differ.",
    "ig-lead": "Who saw what, under which legal basis, and until when.",
    "caldicott-guardian": "What a practice asks to be stopped, and which legal bases want approval.",
    "siro": "The risks that want a decision, and those that were taken.",
    "practice-manager": "Who saw the practice's patients, and a way to ask that it stops.",
    "access-administrator": "Organisations, the people who work in them, and what their roles may do.",
}


@dataclass(frozen=True)
class WithLink:
    """A message whose link you can follow: where it leads, and the date of birth that the door asks for."""

    reference: UUID
    address: str
    date_of_birth: date | None = None


def staff(*, scope: Scope) -> list[tuple[StaffMember, str]]:
    """The people who work in the demo, each with what they come for."""
    ids = ((governance.user_id_of(username), what) for username, what in STAFF.items())
    members = ((governance.staff_member(id_, now=scope.now), what) for id_, what in ids if id_)
    return [(member, what) for member, what in members if member]


def invited(*, scope: Scope) -> WithLink | None:
    """The newest invitation of somebody whose check-in is open."""
    sent = [m for m in _newest(scope) if m.person_id and "/c/" in m.body]
    asked = check_in.asked_now([m.person_id for m in sent], scope=scope)
    for message in sent:
        if message.person_id in asked and (address := link_in(message.body)):
            born = people.date_of_birth(message.person_id, scope=scope)
            return WithLink(message.reference, address, born)
    return None


def referred(*, scope: Scope) -> WithLink | None:
    """The newest referral that a partner has not settled."""
    sent = [m for m in _newest(scope, "email") if "/r/" in m.body]
    waiting = act.with_partners([m.reference for m in sent], scope=scope)
    for message in sent:
        if message.reference in waiting and (address := link_in(message.body)):
            return WithLink(message.reference, address)
    return None


def link_in(text: str) -> str:
    """The path of the personal link or the partner's link in a message; "" where there is none."""
    found = _LINK.search(text)
    return found[1] if found else ""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A message in pieces of (text, path), the path empty where the text is no link of ours."""
    start = 0
    for found in _LINK.finditer(text):
        yield text[start : found.start()], ""
        yield found[0], found[1]
        start = found.end()
    yield text[start:], ""


def _newest(scope: Scope, channel: str = "") -> list[Any]:
    return outbox.messages(scope=scope, channel=channel, limit=NEWEST)
