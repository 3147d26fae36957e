"""Ring people: take the next call, record what came of it.

A claimed call is leased: a handler who closes the laptop loses it when the lease runs out, and
it goes back to the list. Two handlers never have one call (row lock, then status).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from openprotect.governance.actions import permit, record
from openprotect.governance.queries import users_who_may
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey.contact import rules
from openprotect.journey.contact.errors import AnswersAreMissing, CallIsNotYours, NobodyToRing, UnknownOutcome
from openprotect.journey.contact.events import ContactedInError, ContactExhausted, WelfareConcern
from openprotect.journey.contact.models import Call, CallTry, Intent
from openprotect.lib.done import Done
from openprotect.lib.london import today
from openprotect.people import actions as people
from openprotect.people.models import ContactPoint
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.contact import CallOutcome, Contact

# Nobody is rung who has died, is restricted, has left, or asked for no contact, whatever told us so.
_NEXT = """
SELECT c.* FROM contact_call c
WHERE c.status = 'waiting' AND c.due_at <= %s AND c.pack_version_id = ANY(%s)
  AND EXISTS (SELECT 1 FROM people_person p WHERE p.id = c.person_id AND p.died_on IS NULL AND NOT p.restricted)
  AND EXISTS (SELECT 1 FROM identify_member m WHERE m.id = c.member_id AND m.left_at IS NULL)
  AND 'no_contact' IS DISTINCT FROM (
    SELECT kind FROM people_wish w WHERE w.person_id = c.person_id ORDER BY w.id DESC LIMIT 1)
ORDER BY c.due_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED
"""

_STOP = """
UPDATE contact_call c SET status = 'cancelled', claimed_by_id = NULL, claimed_until = NULL, ended_at = %(now)s
FROM people_person p, identify_member m
WHERE c.ended_at IS NULL AND p.id = c.person_id AND m.id = c.member_id
  AND (p.died_on IS NOT NULL OR p.restricted OR m.left_at IS NOT NULL OR 'no_contact' = (
      SELECT kind FROM people_wish w WHERE w.person_id = p.id ORDER BY w.id DESC LIMIT 1))
"""


def claim_call(*, by: Scope, now: datetime) -> Done[UUID]:
    """Take the call that has waited longest among those this handler may make.

    A handler who already has one gets the same one again. Nobody is rung whose programme has no legal
    basis in force for asking them, or is suspended. Raises NobodyToRing.
    """
    permit("act.call", by=by)
    asking = programmes.may_contact(now=now)
    mine = Call.objects.filter(
        status=Call.Status.BEING_PHONED,
        claimed_by_id=int(by.actor),
        claimed_until__gt=now,
        pack_version_id__in=asking,
    ).first()
    if mine is None:
        mine = next(iter(Call.objects.raw(_NEXT, [now, asking])), None)
        if mine is None:
            raise NobodyToRing()
        contact = programmes.pack(mine.pack_version_id).contact
        if rules.first_try(contact.call, now) != now:
            raise NobodyToRing()
        mine.status = Call.Status.BEING_PHONED
        mine.claimed_by_id = int(by.actor)
        mine.claimed_until = contact.call.hold.after(now)
        mine.save(update_fields=["status", "claimed_by", "claimed_until"])
    record("call taken", by=by, person=mine.person_id, of="call", id=mine.id, why=mine.why)
    return Done(mine.id)


def record_call(*, call: UUID, outcome: str, contact_point: int | None, by: Scope, now: datetime) -> Done[str]:
    """Write down what came of a try and decide what follows; returns the call's status.

    `outcome` is a code of the pack. Raises CallIsNotYours, UnknownOutcome, and
    AnswersAreMissing where the outcome says that the check-in was completed and it was not.
    """
    permit("act.call", by=by)
    ringing = Call.objects.select_for_update().filter(id=call).first()
    if ringing is None or ringing.claimed_by_id != int(by.actor) or ringing.ended_at:
        raise CallIsNotYours()
    contact = programmes.pack(ringing.pack_version_id).contact
    try:
        chosen = contact.call.outcome(outcome)
    except KeyError:
        raise UnknownOutcome() from None
    theirs = ContactPoint.objects.filter(person_id=ringing.person_id)
    if contact_point is not None and not theirs.filter(id=contact_point).exists():
        raise UnknownOutcome()
    if chosen.next == "answered" and not _answered(ringing):
        raise AnswersAreMissing()
    ringing.tries += 1
    CallTry.objects.create(
        call=ringing,
        person_id=ringing.person_id,
        number=ringing.tries,
        at=now,
        by=by.actor,
        outcome=outcome,
        reached=chosen.reached,
        contact_point_id=contact_point,
    )
    record("call made", by=by, person=ringing.person_id, of="call", id=call, why=outcome)
    events = _what_follows(ringing, chosen, contact, contact_point, by=by, now=now)
    ringing.claimed_by = None
    ringing.claimed_until = None
    ringing.save(update_fields=["tries", "status", "due_at", "claimed_by", "claimed_until", "ended_at"])
    return Done(ringing.status, events)


def release_calls_of_leavers(*, by: Scope, now: datetime) -> Done[int]:
    """Put calls back on the list that are in the hands of people who no longer ring anybody here."""
    permit("send.messages", by=by)
    held = Call.objects.filter(status=Call.Status.BEING_PHONED)
    leavers = set(held.values_list("claimed_by", flat=True)) - users_who_may("act.call", now=now)
    if not leavers:
        return Done(0)
    # Their lease ends now: what becomes of the call is decided where every other lease's end is.
    return Done(held.filter(claimed_by__in=leavers).update(claimed_until=now))


def release_expired_calls(*, by: Scope, now: datetime) -> Done[int]:
    """Put calls whose lease ran out back on the list, unless the person has answered meanwhile,
    and end the calls of people who are not to be rung.
    """
    permit("send.messages", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_STOP, {"now": now})
    expired = Call.objects.filter(status=Call.Status.BEING_PHONED, claimed_until__lte=now)
    later = Intent.objects.filter(member_id=OuterRef("member_id"), occurrence__gt=OuterRef("occurrence"))
    expired.filter(Exists(later)).update(status=Call.Status.DONE, claimed_by=None, claimed_until=None, ended_at=now)
    released = expired.update(status=Call.Status.WAITING, claimed_by=None, claimed_until=None)
    return Done(released)


def _what_follows(
    call: Call,
    outcome: CallOutcome,
    contact: Contact,
    contact_point: int | None,
    *,
    by: Scope,
    now: datetime,
) -> tuple[object, ...]:
    match outcome.next:
        case "answered" | "stop":
            return _end(call, Call.Status.DONE, now)
        case "welfare":
            concern = WelfareConcern(call.member_id, f"call {call.id} {call.tries}", outcome.label)
            return (*_retry_or_end(call, outcome, contact, now), concern)
        case "wrong_number":
            if contact_point is not None:
                people.end_contact_point(
                    person=call.person_id, contact_point=contact_point, why=outcome.code, by=by, now=now
                )
            if _answered(call):
                return _end(call, Call.Status.DONE, now)
            if _numbers_left(call.person_id):
                call.status, call.due_at = Call.Status.WAITING, rules.first_try(contact.call, now)
                return ()
            return _exhausted(call, "no number left that is theirs", now)
        case "opt_out":
            _end(call, Call.Status.DONE, now)
            return people.record_wish(person=call.person_id, kind="no_contact", by=by, now=now).events
        case "died":
            _end(call, Call.Status.DONE, now)
            return people.record_death(person=call.person_id, died_on=today(now), by=by, now=now).events
        case "contacted_in_error":
            _end(call, Call.Status.DONE, now)
            return (ContactedInError(call.member_id),)
    return _retry_or_end(call, outcome, contact, now)


def _retry_or_end(call: Call, outcome: CallOutcome, contact: Contact, now: datetime) -> tuple[object, ...]:
    if outcome.ends or _answered(call):  # who answered while the phone rang is not rung again
        return _end(call, Call.Status.DONE, now)
    tries = list(CallTry.objects.filter(call=call).order_by("number").values_list("at", flat=True))
    again = rules.next_try(contact.call, tries, call.raised_at, now)
    if again is None:
        return _exhausted(call, f"rung {len(tries)} times without an answer", now)
    call.status, call.due_at = Call.Status.WAITING, again
    if call.tries in contact.call.text_after_tries:
        _plan_text(call, contact, now)
    return ()


def _exhausted(call: Call, why: str, now: datetime) -> tuple[object, ...]:
    _end(call, Call.Status.EXHAUSTED, now)
    return (ContactExhausted(call.member_id, source_id=f"call {call.id}", why=why),)


def _end(call: Call, status: Call.Status, now: datetime) -> tuple[object, ...]:
    call.status, call.ended_at = status, now
    return ()


def _plan_text(call: Call, contact: Contact, now: datetime) -> None:
    with enter(system("contact", now=now)):
        asked = Intent.objects.get(member_id=call.member_id, occurrence=call.occurrence, step=rules.CALL)
        Intent.objects.get_or_create(
            member_id=call.member_id,
            occurrence=call.occurrence,
            step=f"{rules.TEXT_AFTER_TRY}{call.tries}",
            defaults={
                "person_id": call.person_id,
                "pack_version_id": call.pack_version_id,
                "batch": asked.batch,
                "due_at": rules.next_allowed(contact, now),
                "respond_by": asked.respond_by,
            },
        )


def _answered(call: Call) -> bool:
    with enter(system("contact", now=call.raised_at)), connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM contact_intent WHERE member_id = %s AND occurrence > %s)",
            [call.member_id, call.occurrence],
        )
        return bool(cursor.fetchone()[0])


def _numbers_left(person: UUID) -> bool:
    kinds = [ContactPoint.Kind.MOBILE, ContactPoint.Kind.LANDLINE]
    return ContactPoint.objects.filter(Q(kind__in=kinds), person_id=person, ends_at=None).exists()
