"""Writes of check-in: open, prove at the door, save, submit, miss, withdraw."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import connection

from openprotect.governance.actions import permit, record
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey.check_in import door, rules
from openprotect.journey.check_in.errors import (
    AlreadyAnswered,
    AnswersIncomplete,
    AskingHasEnded,
    CheckInIsClosed,
    NoCheckInOpen,
)
from openprotect.journey.check_in.events import CheckInsMissed, CheckInsOpened, CheckInSubmitted
from openprotect.journey.check_in.models import AnswerSet, CheckIn, DoorTry, Draft
from openprotect.journey.contact import queries as contact
from openprotect.journey.contact.actions import hash_of
from openprotect.lib.done import Done
from openprotect.programmes import queries as programmes
from openprotect.programmes.rules import ASKING

# One check-in at a time: an earlier one that nobody settled gives way to the one now asked for.
_OPEN = """
WITH asked AS (
    SELECT member_id, person_id, pack_version_id, occurrence, min(due_at) AS opens_at, max(respond_by) AS missed_at
    FROM contact_intent WHERE batch = %(batch)s
    GROUP BY member_id, person_id, pack_version_id, occurrence
), gave_way AS (
    UPDATE check_in_checkin c SET status = 'withdrawn', settled_at = %(now)s
    FROM asked WHERE c.member_id = asked.member_id AND c.status = 'open' AND c.occurrence < asked.occurrence
    RETURNING c.id
)
INSERT INTO check_in_checkin (id, member_id, person_id, pack_version_id, occurrence, opens_at, missed_at,
                              status, missed_in_a_row)
SELECT gen_random_uuid(), member_id, person_id, pack_version_id, occurrence, opens_at, missed_at, 'open', 0
FROM asked WHERE (SELECT count(*) FROM gave_way) IS NOT NULL
ON CONFLICT (member_id, occurrence) DO NOTHING
"""

# In one statement, because every answer of everybody passes here.
_SUBMIT = """
WITH answered AS (
    UPDATE check_in_checkin SET status = 'answered', settled_at = %(now)s WHERE id = %(check_in)s
), no_draft AS (
    DELETE FROM check_in_draft WHERE check_in_id = %(check_in)s
)
INSERT INTO check_in_answerset (id, check_in_id, person_id, pack_version_id, answers, answered_by,
                                submitted_at, submitted_by, receipt, submission_key)
VALUES (%(id)s, %(check_in)s, %(person)s, %(version)s, %(answers)s::jsonb, %(answered_by)s,
        %(now)s, %(by)s, %(receipt)s, %(key)s)
"""

_MISS = """
WITH due AS (
    SELECT id FROM check_in_checkin WHERE status = 'open' AND missed_at <= %(now)s
    ORDER BY missed_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE check_in_checkin c SET status = 'missed', settled_at = %(now)s, sweep = %(sweep)s,
    missed_in_a_row = 1 + coalesce((
        SELECT before.missed_in_a_row FROM check_in_checkin before
        WHERE before.member_id = c.member_id AND before.occurrence = c.occurrence - 1), 0)
FROM due WHERE c.id = due.id
"""

RECEIPT_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Proof:
    """Somebody gave the date of birth that belongs to a link; `check_in` is the open one.

    `ended` says that the legal basis for asking them has ended: nothing can be answered any more.
    """

    link_id: str
    person_id: UUID
    check_in_id: UUID
    ended: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a person keeps: the code that finds their answers again."""

    code: str
    submitted_at: datetime
    answer_set: UUID


def open_planned(*, batch: UUID, by: Scope, now: datetime) -> Done[int]:
    """Open the check-ins that a batch of planned steps asks for; returns how many are new."""
    permit("open.check_ins", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"batch": batch, "now": now})
        opened = cursor.rowcount
    return Done(opened, (CheckInsOpened(batch, opened),))


def prove(*, token: str, date_of_birth: date, address: str, by: Scope, now: datetime) -> Done[Proof | None]:
    """Check a date of birth against a personal link.

    None for everything that is not right, and nothing says which: a wrong date, a link that
    nobody was given, one that has expired, one whose person has died, has opted out or has no
    open check-in, and a door that rests after too many wrong dates. A wrong date is written
    down for the door and for the address it came from (as a hash).
    """
    hashed = hash_of(token)
    address_hash = hashlib.sha256(address.encode()).hexdigest()
    with enter(system("door", now=now)) as as_door:
        wrong = DoorTry.objects.filter(door=hashed).order_by("-at").values_list("at", flat=True)
        tries = list(wrong[:32])
        rest = door.rests_until(len(tries), tries[0] if tries else None)
        opened = contact.link(hashed, scope=as_door)
        asking = programmes.may_ask(now=now)
        found = _behind(opened.member_id, date_of_birth, asking, now=now) if opened else None
        resting = rest is not None and now < rest
        if opened is None or found is None or resting:
            if not resting:
                DoorTry.objects.create(door=hashed, address=address_hash, at=now)
            record("door refused", by=as_door, of="link", id=hashed[:16])
            return Done(None)
        DoorTry.objects.filter(door=hashed).delete()
        record("door opened", by=as_door, person=opened.person_id, of="check-in", id=found.id)
        ended = found.pack_version_id not in asking
        return Done(Proof(link_id=hashed[:16], person_id=opened.person_id, check_in_id=found.id, ended=ended))


def save_page(*, check_in: UUID, answers: Mapping[str, object], by: Scope, now: datetime) -> Done[None]:
    """Keep all answers given so far, so that nothing is lost between pages."""
    found = _open_for_writing(check_in, now=now)
    Draft.objects.update_or_create(
        check_in=found,
        defaults={"answers": dict(answers), "saved_at": now},
        create_defaults={"person_id": found.person_id, "answers": dict(answers), "saved_at": now},
    )
    return Done(None)


def submit(
    *,
    check_in: UUID,
    answers: Mapping[str, object],
    answered_by: str,
    submission_key: UUID,
    by: Scope,
    now: datetime,
) -> Done[Receipt]:
    """Take in a whole questionnaire: answers, receipt and audit in one transaction.

    What follows (decision, call to action, next check-in) is written in the same transaction by
    `flow`. The same submission key again gives the same receipt; another one for an answered
    check-in raises AlreadyAnswered. Raises AnswersIncomplete, CheckInIsClosed, NoCheckInOpen,
    AskingHasEnded.
    """
    try:
        found = _open_for_writing(check_in, now=now)
    except AlreadyAnswered:
        same = _receipt_of(check_in, now=now)
        if same and same[1] == submission_key:
            return Done(same[0])
        raise
    questionnaire = programmes.pack(found.pack_version_id).questionnaire
    kept = rules.kept(questionnaire, answers)
    errors = rules.validate_all(questionnaire, kept)
    if errors:
        raise AnswersIncomplete(errors=errors)
    answer_set, code = uuid4(), "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(8))
    with connection.cursor() as cursor:
        cursor.execute(
            _SUBMIT,
            {
                "id": answer_set,
                "check_in": check_in,
                "person": found.person_id,
                "version": found.pack_version_id,
                "answers": json.dumps(kept),
                "answered_by": answered_by,
                "now": now,
                "by": by.actor,
                "receipt": code,
                "key": submission_key,
            },
        )
    record("check-in submitted", by=by, person=found.person_id, of="answer set", id=answer_set)
    receipt = Receipt(code, now, answer_set)
    submitted = CheckInSubmitted(
        answer_set=answer_set,
        member=found.member_id,
        person=found.person_id,
        occurrence=found.occurrence,
    )
    return Done(receipt, (submitted,))


def receipt(*, check_in: UUID, by: Scope, now: datetime) -> Done[Receipt | None]:
    """The receipt of a check-in that is in the actor's scope and was answered."""
    if not CheckIn.objects.filter(id=check_in).exists():
        return Done(None)
    found = _receipt_of(check_in, now=now)
    return Done(found[0] if found else None)


def miss_due(*, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Mark check-ins that ran out, oldest first, at most `limit`; returns how many."""
    permit("open.check_ins", by=by)
    sweep = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_MISS, {"now": now, "limit": limit, "sweep": sweep})
        missed = cursor.rowcount
    return Done(missed, (CheckInsMissed(sweep, missed),) if missed else ())


def withdraw(*, by: Scope, now: datetime, person: UUID | None = None, member: UUID | None = None) -> Done[int]:
    """Close the open check-ins of a person, or of one member, whom we do not ask any more."""
    permit("open.check_ins", by=by)
    whose = {"member_id": member} if member else {"person_id": person}
    closed = CheckIn.objects.filter(status=CheckIn.Status.OPEN, **whose).update(
        status=CheckIn.Status.WITHDRAWN, settled_at=now
    )
    return Done(closed)


def withdraw_unasked(*, programme: str, by: Scope, now: datetime) -> Done[int]:
    """Close the open check-ins of those whom a programme may not ask any more."""
    permit("open.check_ins", by=by)
    closed = CheckIn.objects.filter(
        member__programme=programme, member__left_because="basis_ended", status=CheckIn.Status.OPEN
    ).update(status=CheckIn.Status.WITHDRAWN, settled_at=now)
    return Done(closed)


def withdraw_left(*, run: UUID, by: Scope, now: datetime) -> Done[int]:
    """Close the open check-ins of members whom a cohort run no longer found."""
    permit("open.check_ins", by=by)
    closed = CheckIn.objects.filter(
        member__left_run_id=run, member__left_at__isnull=False, status=CheckIn.Status.OPEN
    ).update(status=CheckIn.Status.WITHDRAWN, settled_at=now)
    return Done(closed)


def _open_for_writing(check_in: UUID, *, now: datetime) -> CheckIn:
    found = CheckIn.objects.select_for_update().filter(id=check_in).first()
    if found is None:
        raise NoCheckInOpen()
    if found.status == CheckIn.Status.ANSWERED:
        raise AlreadyAnswered()
    if found.status != CheckIn.Status.OPEN:
        raise CheckInIsClosed()
    if programmes.basis_for(found.pack_version_id, ASKING, now=now) is None:
        raise AskingHasEnded()
    return found


def _receipt_of(check_in: UUID, *, now: datetime) -> tuple[Receipt, UUID] | None:
    with enter(system("receipts", now=now)):
        found = AnswerSet.objects.filter(check_in_id=check_in).first()
    if found is None:
        return None
    return Receipt(found.receipt, found.submitted_at, found.id), found.submission_key


def _behind(member: UUID, date_of_birth: date, asking: Collection[int], *, now: datetime) -> CheckIn | None:
    """The open check-in of a living member with this date of birth; else the last one answered,
    whose receipt can be read again. Where we may not ask any more, the last one, whatever became of it.
    """
    theirs = CheckIn.objects.filter(
        member_id=member, person__died_on=None, person__personidentity__date_of_birth=date_of_birth
    )
    latest = theirs.filter(opens_at__lte=now).order_by("-occurrence").first()
    if latest and latest.pack_version_id not in asking:
        return latest
    is_open = theirs.filter(status=CheckIn.Status.OPEN, opens_at__lte=now).first()
    return is_open or theirs.filter(status=CheckIn.Status.ANSWERED).order_by("-occurrence").first()
