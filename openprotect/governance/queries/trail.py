"""How the seal of the audit trail stands, and whether sending is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from openprotect.governance import chain
from openprotect.governance.models import (
    AuditAnchor,
    AuditCheckpoint,
    AuditSeal,
    AuditUnsealed,
    Installation,
    SendingHold,
)
from openprotect.governance.scope import Scope, require


@dataclass(frozen=True)
class TrailState:
    """How far the trail is sealed and anchored. `unsealed` are the events that wait for their seal."""

    position: int
    head: str
    sealed_at: datetime | None
    unsealed: int
    in_file: AuditAnchor | None
    by_email: AuditAnchor | None
    begins_after: int
    hold: SendingHold | None


def installation(*, scope: Scope) -> str:
    """The id of this installation, which the anchor speaks of."""
    require(scope)
    return str(Installation.objects.values_list("uid", flat=True).get(id=1))


def trail_head(*, scope: Scope) -> tuple[int, str]:
    """The last position that was sealed and its hash."""
    require(scope)
    last = AuditSeal.objects.order_by("-position").values_list("position", "chain_hash").first()
    if last is None:
        last = AuditCheckpoint.objects.order_by("-position").values_list("position", "chain_hash").first()
    return (last[0], bytes(last[1]).hex()) if last else (0, chain.start_of(installation(scope=scope)).hex())


def head_at(position: int, *, scope: Scope) -> str | None:
    """The hash at a position; None where the trail does not reach so far, or no longer."""
    require(scope)
    if position == 0:
        return chain.start_of(installation(scope=scope)).hex()
    found = AuditSeal.objects.filter(position=position).values_list("chain_hash", flat=True).first()
    if found is None:
        found = AuditCheckpoint.objects.filter(position=position).values_list("chain_hash", flat=True).first()
    return bytes(found).hex() if found is not None else None


def last_anchor(place: str, *, scope: Scope) -> AuditAnchor | None:
    """When the head was last written down in a place, and what it was."""
    require(scope)
    return AuditAnchor.objects.filter(place=place).order_by("-id").first()


def sending_hold(*, scope: Scope) -> SendingHold | None:
    """The hold in force; None where messages may be sent."""
    require(scope)
    return SendingHold.objects.filter(lifted_at=None).first()


def trail_state(*, scope: Scope) -> TrailState:
    """How the seal of the trail stands. Needs `see.audit`."""
    position, head = trail_head(scope=scope)
    cut = AuditCheckpoint.objects.order_by("-position").values_list("position", flat=True).first()
    last = AuditSeal.objects.order_by("-position").values_list("sealed_at", flat=True).first()
    return TrailState(
        position=position,
        head=head,
        sealed_at=last,
        unsealed=AuditUnsealed.objects.count(),
        in_file=last_anchor(AuditAnchor.Place.FILE, scope=scope),
        by_email=last_anchor(AuditAnchor.Place.EMAIL, scope=scope),
        begins_after=cut or 0,
        hold=sending_hold(scope=scope),
    )
