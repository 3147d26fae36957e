"""Reads of contact: the call in hand, the calls that wait, what a link opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from openprotect.governance.scope import Scope, require
from openprotect.journey.contact.models import Attempt, Call, CallTry, Intent, Link
from openprotect.journey.contact.rules import CALL
from openprotect.people.models import ContactPoint, Need, PersonIdentity


@dataclass(frozen=True)
class CallView:
    """What a call handler needs: whom, why, how, what to mind, what was tried; not why at risk."""

    id: UUID
    member: UUID
    person: UUID
    pack_version: int
    given_name: str
    family_name: str
    date_of_birth: object
    language: str
    practice: str
    why: str
    tries: int
    claimed_by: int | None
    claimed_until: datetime | None
    ended: bool
    numbers: Sequence[ContactPoint]
    needs: Sequence[Need]
    history: Sequence[CallTry]


def call(call_id: UUID, *, scope: Scope) -> CallView | None:
    """One call, if it is in scope."""
    require(scope)
    found = Call.objects.select_related("person__practice").filter(id=call_id).first()
    if found is None:
        return None
    identity = PersonIdentity.objects.get(person_id=found.person_id)
    return CallView(
        id=found.id,
        member=found.member_id,
        person=found.person_id,
        pack_version=found.pack_version_id,
        given_name=identity.given_name,
        family_name=identity.family_name,
        date_of_birth=identity.date_of_birth,
        language=identity.language,
        practice=found.person.practice.name if found.person.practice else "",
        why=found.why,
        tries=found.tries,
        claimed_by=found.claimed_by_id,
        claimed_until=found.claimed_until,
        ended=found.ended_at is not None,
        numbers=list(
            ContactPoint.objects.filter(
                person_id=found.person_id, ends_at=None, kind__in=["mobile", "landline"]
            ).order_by("-kind", "id")
        ),
        needs=list(Need.objects.filter(person_id=found.person_id).order_by("kind")),
        history=list(CallTry.objects.filter(call_id=call_id).order_by("number")),
    )


@dataclass(frozen=True)
class CallsWaiting:
    """How many calls wait: due now, due later, in somebody's hand."""

    due: int
    later: int
    in_hand: int


def calls_waiting(*, scope: Scope) -> CallsWaiting:
    """The calls in scope that are not ended, counted."""
    require(scope)
    open_calls = Call.objects.filter(ended_at=None).values_list("status", "due_at")
    due = sum(status == "waiting" and due_at <= scope.now for status, due_at in open_calls)
    in_hand = sum(status == "being_phoned" for status, _ in open_calls)
    return CallsWaiting(due=due, later=len(open_calls) - due - in_hand, in_hand=in_hand)


def link(token_hash: str, *, scope: Scope) -> Link | None:
    """What a link's hash opens, if it is known and has not expired. System scope only."""
    require(scope)
    return Link.objects.filter(token_hash=token_hash, expires_at__gt=scope.now).first()


def next_message_due(*, scope: Scope) -> tuple[int, datetime | None]:
    """How many messages are planned, and when the first of them is due."""
    require(scope)
    planned = Intent.objects.filter(status=Intent.Status.PLANNED).exclude(step=CALL)
    found = planned.aggregate(number=Count("id"), first=Min("due_at"))
    return found["number"], found["first"]


def letters_to(people: Sequence[UUID], *, scope: Scope) -> list[UUID]:
    """The references of the letters that were sent to these people."""
    require(scope)
    sent = Attempt.objects.filter(person_id__in=people, channel="letter")
    return list(sent.values_list("reference", flat=True))
