"""Open one record in an emergency, end it, tell those who review, review it.

Whose record it is finds `people.actions.open_in_emergency`; here it is an id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from openprotect.governance import queries
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.bases import EMERGENCY_CARE
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.emergency_errors import (
    AlreadyReviewed,
    EmergencyAccessIsOpen,
    NobodyReviews,
    NothingAsked,
    NotSaidWhy,
    NotYours,
    OpenedTooOften,
    ReviewNeedsWords,
    TooManyLooks,
)
from openprotect.governance.errors import NotThere
from openprotect.governance.models import (
    EmergencyAccess,
    EmergencyNotice,
    EmergencyReview,
    EmergencyTry,
    User,
)
from openprotect.governance.rules import emergency as rules
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done

OBJECT = "emergency access"


def look_for_emergency(*, reason: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Count one look for a person by NHS number and date of birth.

    Everything that could be refused is refused here, before anybody is looked for, so that no
    refusal tells whether somebody is there. Raises TooManyLooks and what `open_emergency_access` raises.
    Whoever tries at the same time in two windows waits: the user's row is locked first.
    """
    _ready(reason, words, by, now)
    settings = rules.settings()
    with enter(system("emergency access", now=now)):
        user = User.objects.select_for_update().get(id=int(by.actor))
        since = settings.tries_within.before(now)
        if not rules.may_try(EmergencyTry.objects.filter(user=user, at__gt=since).count(), settings):
            raise TooManyLooks(minutes=int(settings.tries_within.length.total_seconds()) // 60)
        EmergencyTry.objects.create(user=user, at=now)
    return Done(None)


def open_emergency_access(*, person: UUID, reason: str, words: str, by: Scope, now: datetime) -> Done[int]:
    """Open one person's record to this user alone for a few hours; returns the access's id.

    Whoever reviews is told in the same transaction. Raises NotSaidWhy, EmergencyAccessIsOpen,
    OpenedTooOften, NoLiveBasis, NobodyReviews.
    """
    membership, basis, reviewers = _ready(reason, words, by, now)
    settings = rules.settings()
    with enter(system("emergency access", now=now)):
        before = EmergencyAccess.objects.filter(
            person_id=person, user_id=int(by.actor), starts_at__gt=settings.openings_within.before(now)
        ).exclude(reviews__outcome=EmergencyReview.Outcome.JUSTIFIED)
        if not rules.may_open(before.count(), settings):
            raise OpenedTooOften(openings=settings.openings)
        access = EmergencyAccess.objects.create(
            person_id=person,
            user_id=int(by.actor),
            membership_id=membership,
            basis_id=basis,
            reason=reason,
            words=words.strip(),
            starts_at=now,
            ends_at=rules.ends_at(now, settings),
            review_due_at=rules.review_due(now, settings),
        )
        _tell(access, reviewers, EmergencyNotice.What.OPENED, now=now)
    # As the one who sees by it, so that the event names the basis that it rests on.
    with enter(replace(by, emergency=person)) as opened:
        record("emergency access opened", by=opened, person=person, of=OBJECT, id=access.id, why=reason)
    return Done(access.id)


def _ready(reason: str, words: str, by: Scope, now: datetime) -> tuple[int, int, set[int]]:
    """The membership and the basis that it rests on, and who will review it; raises whatever stands against it."""
    permit("use.emergency_access", by=by)
    settings = rules.settings()
    if by.identity != "staff" or by.membership is None:
        raise NotThere()
    if reason not in settings.reasons or not rules.says_why(words, settings):
        raise NotSaidWhy(words=settings.words_at_least)
    with enter(system("emergency access", now=now)) as as_system:
        user = User.objects.select_for_update().get(id=int(by.actor))
        if EmergencyAccess.objects.filter(user=user, starts_at__lte=now, ends_at__gt=now).exists():
            raise EmergencyAccessIsOpen()
        basis = queries.live_basis(purpose=EMERGENCY_CARE, now=now)
        if basis is None:
            raise NoLiveBasis(what="emergency access")
        reviewers = queries.holders("review.emergency_access", scope=as_system) - {user.id}
        if not reviewers:
            raise NobodyReviews()
    return by.membership, basis, reviewers


def end_emergency_access(*, ended_by: str, by: Scope, now: datetime) -> Done[bool]:
    """End what this user has open, if anything; returns whether something was."""
    with enter(system("emergency access", now=now)) as as_system:
        open_now = EmergencyAccess.objects.select_for_update().filter(
            user_id=int(by.actor), starts_at__lte=now, ends_at__gt=now
        )
        return Done(bool(_end(open_now, ended_by, now, by=as_system)))


def end_emergency_access_to(*, people: Collection[UUID], by: Scope, now: datetime) -> Done[int]:
    """End what is open to these people's records: restricted now, or dead; returns how many were."""
    permit("manage.access", by=by)
    open_now = EmergencyAccess.objects.select_for_update().filter(
        person_id__in=people, starts_at__lte=now, ends_at__gt=now
    )
    return Done(_end(open_now, EmergencyAccess.EndedBy.RECORD, now, by=by))


def close_emergency_accesses(*, by: Scope, now: datetime) -> Done[int]:
    """Write down what has ended by itself: the time was up, or the membership or the account ended.

    Nobody sees anything by it since that second; this is the record of it.
    """
    permit("manage.access", by=by)
    left = EmergencyAccess.objects.select_for_update(of=("self",)).filter(
        Q(user__is_active=False) | Q(membership__ends_at__lte=now), ended_by="", ends_at__gt=now
    )
    closed = _end(left, EmergencyAccess.EndedBy.LEFT, now, by=by)
    over = EmergencyAccess.objects.select_for_update().filter(ended_by="", ends_at__lte=now)
    return Done(closed + _end(over, EmergencyAccess.EndedBy.TIME, now, by=by))


def _end(accesses: Iterable[EmergencyAccess], ended_by: str, now: datetime, *, by: Scope) -> int:
    ended = list(accesses)
    for access in ended:
        access.ends_at, access.ended_by = min(access.ends_at, now), ended_by
        access.save(update_fields=["ends_at", "ended_by"])
        record("emergency access ended", by=by, person=access.person_id, of=OBJECT, id=access.id, why=ended_by)
    return len(ended)


def escalate_emergency_reviews(*, by: Scope, now: datetime) -> Done[int]:
    """Tell those above of each review that is overdue, once; returns how many there were."""
    permit("manage.access", by=by)
    overdue = list(
        EmergencyAccess.objects.select_for_update().filter(settled_at=None, escalated_at=None, review_due_at__lte=now)
    )
    for access in overdue:
        above = queries.holders_of_roles(rules.settings().escalates_to, scope=by) - {access.user_id}
        _tell(access, above, EmergencyNotice.What.OVERDUE, now=now)
        access.escalated_at = now
        access.save(update_fields=["escalated_at"])
        record("emergency access: review overdue", by=by, person=access.person_id, of=OBJECT, id=access.id)
    return Done(len(overdue))


def _tell(access: EmergencyAccess, users: Iterable[int], what: str, *, now: datetime) -> None:
    EmergencyNotice.objects.bulk_create(
        EmergencyNotice(access=access, user_id=user, what=what, made_at=now) for user in sorted(users)
    )


def settle_emergency_notices(*, sent: Collection[UUID], by: Scope, now: datetime) -> Done[int]:
    """Write down which e-mails the provider accepted."""
    permit("send.messages", by=by)
    return Done(EmergencyNotice.objects.filter(reference__in=sent, sent_at=None).update(sent_at=now))


def review_emergency_access(*, access: int, outcome: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Write down what a reviewer found, or what they ask. Raises NotYours, AlreadyReviewed, ReviewNeedsWords."""
    permit("review.emergency_access", by=by)
    found = _locked(access, by, now)
    if not rules.may_review(reviewer=int(by.actor), opener=found.user_id):
        raise NotYours()
    if outcome not in rules.OUTCOMES or not words.strip():
        raise ReviewNeedsWords()
    if found.settled_at is not None:
        raise AlreadyReviewed()
    _review(found, outcome, words, by, now)
    if outcome in rules.FINAL:
        with enter(system("emergency access", now=now)):
            found.settled_at = now
            found.save(update_fields=["settled_at"])
    return Done(None)


def answer_emergency_review(*, access: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """What the one who opened a record answers to a reviewer's question. Raises NothingAsked, ReviewNeedsWords.

    Somebody else's access is not there: no answer tells how many there are.
    """
    permit("use.emergency_access", by=by)
    found = _locked(access, by, now)
    if found.user_id != int(by.actor):
        raise NotThere()
    last = EmergencyReview.objects.filter(access=found).order_by("-id").first()
    if found.settled_at or last is None or last.outcome != "ask":
        raise NothingAsked()
    if not words.strip():
        raise ReviewNeedsWords()
    _review(found, EmergencyReview.Outcome.ANSWER, words, by, now)
    return Done(None)


def _locked(access: int, by: Scope, now: datetime) -> EmergencyAccess:
    with enter(system("emergency access", now=now)):
        found = EmergencyAccess.objects.select_for_update().filter(id=access).first()
    if found is None:
        raise NotThere()
    return found


def _review(access: EmergencyAccess, outcome: str, words: str, by: Scope, now: datetime) -> None:
    with enter(system("emergency access", now=now)):
        EmergencyReview.objects.create(
            access=access, opener_id=access.user_id, user_id=int(by.actor), outcome=outcome, words=words.strip(), at=now
        )
    record(
        f"emergency access review: {outcome.replace('_', ' ')}",
        by=by,
        person=access.person_id,
        of=OBJECT,
        id=access.id,
    )
