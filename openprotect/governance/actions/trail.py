"""Writes about the audit trail: its seals, where its head was written down, the hold on sending."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.errors import NothingIsHeld, SendingIsHeld
from openprotect.governance.models import AuditAnchor, SendingHold
from openprotect.governance.queries import sending_hold, trail_head
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def seal_events(*, limit: int, by: Scope, now: datetime) -> Done[int]:
    """Seal events that were committed and wait, in the order of their ids; returns how many.

    None where another sealer is at work.
    """
    permit("seal.audit", by=by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_seal_events(%s)", [limit])
        return Done(cursor.fetchone()[0])


def note_anchor(*, place: str, position: int, head: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that the head was written down outside: in the `file` or by `email`."""
    permit("seal.audit", by=by)
    AuditAnchor.objects.create(at=now, place=place, position=position, head=head)
    return Done(None)


def hold_sending(*, because: str, by: Scope, now: datetime) -> Done[bool]:
    """From now on nothing is sent; returns whether that is new."""
    permit("hold.sending", by=by)
    if sending_hold(scope=by) is not None:
        return Done(False)
    hold = SendingHold.objects.create(set_at=now, because=because)
    record("sending held", by=by, of="hold", id=hold.id)
    return Done(True)


def resume_sending(*, who: str, why: str, by: Scope, now: datetime) -> Done[tuple[int, str]]:
    """A person says that this database is the one to go on with; returns its head, to be anchored anew."""
    permit("hold.sending", by=by)
    hold = sending_hold(scope=by)
    if hold is None:
        raise NothingIsHeld
    hold.lifted_at, hold.lifted_by, hold.lifted_why = now, who[:80], why[:300]
    hold.save(update_fields=["lifted_at", "lifted_by", "lifted_why"])
    record("sending goes on", by=by, of="hold", id=hold.id, why=f"by {who}"[:120])
    return Done(trail_head(scope=by))


def refuse_while_held(*, by: Scope) -> None:
    """Raise SendingIsHeld while nothing may be sent: what everything that sends asks first."""
    hold = sending_hold(scope=by)
    if hold is not None:
        raise SendingIsHeld(because=hold.because)
