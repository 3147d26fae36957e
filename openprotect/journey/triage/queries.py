"""Reads of triage: why a call to action was raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openprotect.governance.scope import Scope, require
from openprotect.journey.triage.models import Decision


@dataclass(frozen=True)
class Explained:
    """A decision as a reviewer reads it: the rows, what they read, the version of the table."""

    id: UUID
    answer_set: UUID
    fired: Sequence[Mapping[str, object]]
    cannot_assess: Sequence[str]
    version: str
    decided_at: datetime


def explain(decision: UUID, *, scope: Scope) -> Explained | None:
    """One decision in scope."""
    require(scope)
    found = Decision.objects.select_related("pack_version").filter(id=decision).first()
    if found is None:
        return None
    return Explained(
        id=found.id,
        answer_set=found.answer_set_id,
        fired=found.fired,
        cannot_assess=found.cannot_assess,
        version=f"{found.pack_version.programme} {found.pack_version.version}",
        decided_at=found.decided_at,
    )
