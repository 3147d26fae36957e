"""The audit trail, and who may do what: what every other action begins and ends with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted, WordsAreMissing
from openprotect.governance.models import PatternReview, WhoSawLetter
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.lib.done import Done


def record(
    action: str,
    *,
    by: Scope,
    person: UUID | None = None,
    of: str = "",
    id: object = "",
    why: str = "",
) -> None:
    """Write one audit event in the transaction of what it records. Ids only, never values."""
    record_each(action, by=by, people=[person], of=of, ids=[str(id)], why=why)


def record_each(
    action: str,
    *,
    by: Scope,
    people: Sequence[UUID | None],
    of: str = "",
    ids: Sequence[str] | None = None,
    why: str = "",
) -> None:
    """One audit event for each person, in one statement; `ids` stand in the order of `people`."""
    require(by)
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT governance_record_events(%s, %s::uuid[], %s, %s::text[], %s)",
            [action, list(people), of, list(ids) if ids else [""] * len(people), why[:120]],
        )


def record_denial(*, by: Scope, refusal: str, route: str) -> None:
    """Write that somebody was refused, in a transaction of its own. `route` is a view's name."""
    with enter(by):
        record("refused", by=by, of="route", id=route[:60], why=refusal)


def permit(permission: str, *, by: Scope) -> None:
    """Raise NotPermitted unless the actor holds the permission: the first line of an action."""
    require(by)
    if not by.may(permission):
        raise NotPermitted()


def review_pattern(
    *, pattern: str, actor: str, person: UUID | None, day: date, up_to: int, words: str, by: Scope, now: datetime
) -> Done[int]:
    """Write down that an unusual pattern was looked into, and what was found. Raises WordsAreMissing."""
    permit("see.audit", by=by)
    if not words.strip():
        raise WordsAreMissing()
    with enter(system("governance", now=now)):
        review = PatternReview.objects.create(
            pattern=pattern,
            actor=actor,
            person_id=person,
            day=day,
            up_to=up_to,
            reviewed_by=by.actor,
            reviewed_at=now,
            words=words.strip(),
        )
    record("unusual pattern looked into", by=by, person=person, of="pattern", id=review.id, why=pattern)
    return Done(review.id)


def ask_who_saw_letter(*, person: UUID, by: Scope, now: datetime) -> Done[UUID]:
    """Have a person told by letter who saw them; returns the letter's reference."""
    if not (by.may("act.rights") or by.may("see.audit")):
        raise NotPermitted()
    with enter(system("governance", now=now)):
        letter = WhoSawLetter.objects.create(person_id=person, asked_by=by.actor, asked_at=now)
    record("who saw me: letter asked for", by=by, person=person, of="letter", id=letter.reference)
    return Done(letter.reference)


def waiting_who_saw_letters(*, by: Scope, now: datetime) -> Done[list[WhoSawLetter]]:
    """Letters that have not left, the oldest first."""
    permit("send.messages", by=by)
    return Done(list(WhoSawLetter.objects.filter(sent_at=None).order_by("asked_at")[:100]))


def settle_who_saw_letters(*, sent: Collection[UUID], by: Scope, now: datetime) -> Done[None]:
    """Write down which letters left."""
    permit("send.messages", by=by)
    for letter in WhoSawLetter.objects.filter(reference__in=sent, sent_at=None):
        letter.sent_at = now
        letter.save(update_fields=["sent_at"])
        record("who saw me: letter sent", by=by, person=letter.person_id, of="letter", id=letter.reference)
    return Done(None)
