"""Work a call to action: accept it, write a note, close it with an outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from openprotect.governance.actions import permit, record
from openprotect.governance.errors import NotThere
from openprotect.governance.scope import Scope
from openprotect.journey.act import rules
from openprotect.journey.act.errors import NoteIsEmpty, NotPossibleNow, UnknownOutcome
from openprotect.journey.act.events import CaseClosed
from openprotect.journey.act.models import CallToAction, Case, Note, Step
from openprotect.lib.done import Done
from openprotect.programmes import queries as programmes


def record_view(*, call_to_action: UUID, by: Scope, now: datetime) -> Done[None]:
    """Write down that a call to action, and so a person's record, was looked at."""
    call = CallToAction.objects.filter(id=call_to_action).first()
    if call is None:
        raise NotThere()
    record("viewed", by=by, person=call.person_id, of="call to action", id=call.id)
    return Done(None)


def acknowledge(*, call_to_action: UUID, by: Scope, now: datetime) -> Done[None]:
    """Accept a call to action: from now on its owner team answers for it, not the surveillance team."""
    call = take(call_to_action, "acknowledge", by=by)
    call.accepted_by, call.accepted_at = by.actor, now
    move(call, "acknowledge", by=by, now=now)
    return Done(None)


def add_note(*, call_to_action: UUID, text: str, by: Scope, now: datetime) -> Done[None]:
    """Write something for the next reader. Raises NoteIsEmpty."""
    if not text.strip():
        raise NoteIsEmpty()
    call = take(call_to_action, "note", by=by)
    Note.objects.create(call_to_action=call, person_id=call.person_id, at=now, by=by.actor, text=text.strip())
    record("note added", by=by, person=call.person_id, of="call to action", id=call.id)
    return Done(None)


def close(*, call_to_action: UUID, outcome: str, by: Scope, now: datetime) -> Done[None]:
    """Close a call to action with one of its category's outcomes; the case closes with the last."""
    Case.objects.select_for_update(of=("self",)).filter(calltoaction=call_to_action).first()
    call = take(call_to_action, "close", by=by)
    category = programmes.pack(call.pack_version_id).act.categories[call.category]
    if outcome not in {o.code for o in category.outcomes}:
        raise UnknownOutcome()
    call.outcome, call.closed_at = outcome, now
    move(call, "close", by=by, now=now, detail=outcome)
    case = call.case
    still_open = CallToAction.objects.filter(case=case).exclude(status=CallToAction.Status.CLOSED)
    if still_open.exists():
        return Done(None)
    case.closed_at = now
    case.save(update_fields=["closed_at"])
    return Done(None, (CaseClosed(case=case.id, member=call.member_id),))


def take(call_to_action: UUID, verb: str, *, by: Scope) -> CallToAction:
    """The call to action, locked, if this actor may act on it and its state allows the verb."""
    permit("act.calls_to_action", by=by)
    call = CallToAction.objects.select_for_update().filter(id=call_to_action).first()
    if call is None:
        raise NotThere()
    if (call.status, verb) not in rules.TRANSITIONS:
        raise NotPossibleNow(status=call.get_status_display().lower(), verb=verb)
    return call


def move(call: CallToAction, verb: str, *, by: Scope, now: datetime, detail: str = "") -> None:
    """Write the next state of a call to action, its history and the audit event."""
    before = call.status
    call.status = rules.TRANSITIONS[before, verb]
    call.version += 1
    changed = ["status", "version", "owner_team", "due_at", "accepted_by", "accepted_at", "closed_at", "outcome"]
    call.save(update_fields=changed)  # the columns that the application may change at all
    Step.objects.create(
        call_to_action=call,
        person_id=call.person_id,
        at=now,
        by=by.actor,
        what=verb,
        from_status=before,
        to_status=call.status,
        detail=detail,
    )
    record(f"call to action: {verb}", by=by, person=call.person_id, of="call to action", id=call.id, why=detail)
