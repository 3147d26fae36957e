"""Writes of legal bases."""

from __future__ import annotations

from datetime import datetime

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.models import LegalBasis
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def state_basis(
    *,
    key: str,
    title: str,
    purpose: str,
    owner: str,
    starts_at: datetime,
    ends_at: datetime | None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Write down a legal basis; returns its id."""
    permit("manage.bases", by=by)
    basis, _ = LegalBasis.objects.get_or_create(
        key=key,
        defaults={
            "title": title,
            "purpose": purpose,
            "owner": owner,
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
    )
    record("basis stated", by=by, of="basis", id=basis.id)
    return Done(basis.id)
