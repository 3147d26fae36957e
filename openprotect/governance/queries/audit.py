"""What was seen, done or refused."""

from __future__ import annotations

from uuid import UUID

from openprotect.governance.models import AuditEvent
from openprotect.governance.scope import Scope, require


def audit_events(
    *, scope: Scope, person: UUID | None = None, before: int | None = None, limit: int = 50
) -> list[AuditEvent]:
    """The latest events, newest first, from before an event id. Needs `see.audit`."""
    require(scope)
    events = AuditEvent.objects.order_by("-id")
    if person is not None:
        events = events.filter(person_id=person)
    if before is not None:
        events = events.filter(id__lt=before)
    return list(events[:limit])
