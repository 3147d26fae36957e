"""Reads of the outbox, for the demo's pages."""

from __future__ import annotations

from uuid import UUID

from openprotect.governance.scope import Scope, require
from openprotect.interop.outbox.models import Message


def messages(*, scope: Scope, channel: str = "", limit: int = 50) -> list[Message]:
    """The newest messages, of one channel or of all. System scope only."""
    require(scope)
    found = Message.objects.order_by("-accepted_at", "reference")
    return list((found.filter(channel=channel) if channel else found)[:limit])


def message(reference: UUID, *, scope: Scope) -> Message | None:
    """One message."""
    require(scope)
    return Message.objects.filter(reference=reference).first()
