"""A practice asks that somebody's access to its patients stops; the Caldicott guardian decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import is_between_others
from openprotect.governance.errors import (
    AlreadyDecided,
    DecisionIsIncomplete,
    KeepsTheSafetyNet,
    NotAnotherOrganisation,
    NotThere,
    NotYourPatient,
    ReasonIsMissing,
    StopAlreadyAsked,
    StopNotInForce,
)
from openprotect.governance.events import AccessStopped
from openprotect.governance.models import AccessGrant, AccessStop, AccessStopRequest, Organisation, Team
from openprotect.governance.rules import access_stops as rules
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done

SAFETY_NET = "surveillance"  # the duty of the team that answers for what nobody has accepted

_END_GRANTS = """
UPDATE governance_accessgrant g SET ends_at = %(now)s
WHERE g.organisation_id = %(organisation)s AND g.ends_at IS NULL AND g.starts_at < %(now)s
  AND op_stopped(g.organisation_id, g.person_id)
"""


def ask_access_stop(
    *, organisation: int | None, person: UUID | None, reason: str, by: Scope, now: datetime
) -> Done[int]:
    """Ask that an organisation no longer sees the practice's patients, or one of them; returns the request.

    Raises ReasonIsMissing, NotAnotherOrganisation, NotYourPatient, StopAlreadyAsked.
    """
    permit("ask.access_stop", by=by)
    if by.organisation is None or organisation is None or organisation in by.organisations:
        raise NotAnotherOrganisation()
    if not reason.strip():
        raise ReasonIsMissing()
    practice = by.organisation
    with enter(system("access stops", now=now)):
        if not Organisation.objects.filter(id=organisation).exists():
            raise NotAnotherOrganisation()
        if person is not None and not _registered(practice, person, now):
            raise NotYourPatient()
        waiting = AccessStopRequest.objects.filter(
            practice_id=practice, organisation_id=organisation, person_id=person, status="open"
        )
        if waiting.exists():
            raise StopAlreadyAsked()
        request = AccessStopRequest.objects.create(
            practice_id=practice,
            organisation_id=organisation,
            person_id=person,
            reason=reason.strip(),
            asked_by=by.actor,
            asked_at=now,
            due_at=rules.due_at(now, rules.clock()),
        )
    record("access stop: asked", by=by, person=person, of="access stop request", id=request.id)
    return Done(request.id)


def decide_access_stop(
    *, request: int, verdict: str, words: str, spared: Collection[UUID] = (), by: Scope, now: datetime
) -> Done[None]:
    """Grant a request, in part or whole, or refuse it, in words that the practice reads.

    In part: the organisation goes on seeing the people in `spared`. What it has open for all others
    goes to another team by what follows from the event, in the same transaction.
    Raises NotThere, for another board's request too, DecisionIsIncomplete, AlreadyDecided, KeepsTheSafetyNet.
    """
    permit("decide.access_stop", by=by)
    if rules.missing(verdict, words, spared):
        raise DecisionIsIncomplete()
    events: Sequence[object] = ()
    with enter(system("access stops", now=now)):
        found = AccessStopRequest.objects.select_for_update(of=("self",)).filter(id=request).first()
        if found is None or is_between_others(found.practice_id, found.organisation_id, by=by):
            raise NotThere()
        if found.status != AccessStopRequest.Status.OPEN:
            raise AlreadyDecided()
        found.status, found.words = verdict, words.strip()
        found.decided_by, found.decided_at = by.actor, now
        found.save(update_fields=["status", "words", "decided_by", "decided_at"])
        if verdict != "refused":
            events = (AccessStopped(_stop(found, spared if verdict == "in_part" else (), now)),)
    record(f"access stop: {verdict}", by=by, person=found.person_id, of="access stop request", id=request)
    return Done(None, tuple(events))


def _stop(request: AccessStopRequest, spared: Collection[UUID], now: datetime) -> int:
    if Team.objects.filter(organisation_id=request.organisation_id, duty=SAFETY_NET).exists():
        raise KeepsTheSafetyNet(organisation=request.organisation.name)
    stop = AccessStop.objects.create(
        request=request,
        practice_id=request.practice_id,
        organisation_id=request.organisation_id,
        person_id=request.person_id,
        spared=list(spared),
        starts_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(_END_GRANTS, {"organisation": request.organisation_id, "now": now})
    return stop.id


def lift_access_stop(*, request: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """End the stop that a request led to. Nothing is given back: the organisation sees again whom it has access to.

    That is whoever a run, a list or a referral gave it access to meanwhile, and from their next one on
    everybody else. Raises NotThere, for another board's request too, StopNotInForce, ReasonIsMissing.
    """
    permit("decide.access_stop", by=by)
    if not words.strip():
        raise ReasonIsMissing()
    with enter(system("access stops", now=now)):
        asked = AccessStopRequest.objects.filter(id=request).first()
        if asked is None or is_between_others(asked.practice_id, asked.organisation_id, by=by):
            raise NotThere()
        stop = (
            AccessStop.objects.select_for_update(of=("self",), no_key=True).filter(request=asked, ends_at=None).first()
        )
        if stop is None:
            raise StopNotInForce()
        stop.ends_at = max(now, stop.starts_at)
        stop.lifted_by, stop.lifted_because = by.actor, words.strip()
        stop.save(update_fields=["ends_at", "lifted_by", "lifted_because"])
    record("access stop: lifted", by=by, person=asked.person_id, of="access stop request", id=request)
    return Done(None)


def untold_decisions(*, by: Scope, now: datetime) -> Done[list[AccessStopRequest]]:
    """Decided requests whose practice has not been told, the oldest first."""
    permit("send.messages", by=by)
    decided = AccessStopRequest.objects.select_related("practice", "organisation")
    return Done(list(decided.exclude(status="open").filter(told_at=None).order_by("id")[:100]))


def settle_told(*, sent: Collection[UUID], by: Scope, now: datetime) -> Done[None]:
    """Write down which practices were told."""
    permit("send.messages", by=by)
    AccessStopRequest.objects.filter(reference__in=sent, told_at=None).update(told_at=now)
    return Done(None)


def _registered(practice: int, person: UUID, now: datetime) -> bool:
    grants = AccessGrant.objects.filter(person_id=person, organisation_id=practice, via="registration")
    return grants.filter(starts_at__lte=now, ends_at=None).exists()
