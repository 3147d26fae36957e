"""Tells who answers for a legal basis that it ends soon."""

from __future__ import annotations

from datetime import datetime

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.facts import law
from openprotect.governance.models import BasisWarning
from openprotect.governance.queries.bases import about_to_end, owners, term_of
from openprotect.governance.rules import bases as rules
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def warn_of_ends(*, by: Scope, now: datetime) -> Done[int]:
    """Tell the owners of each basis that it ends soon, once for each warning; returns how many are new."""
    permit("manage.bases", by=by)
    new: list[BasisWarning] = []
    for basis in about_to_end(now=now):
        assert basis.ends_at is not None
        given: dict[int, set[int]] = {}
        for user, days in BasisWarning.objects.filter(basis=basis, ends_at=basis.ends_at).values_list("user", "days"):
            given.setdefault(user, set()).add(days)
        for user in owners(basis, now=now):
            days_ahead = rules.warning_due(term_of(basis), law.WARNING_DAYS, given.get(user, ()), now)
            if days_ahead is not None:
                new.append(BasisWarning(basis=basis, user_id=user, ends_at=basis.ends_at, days=days_ahead, at=now))
    BasisWarning.objects.bulk_create(new, ignore_conflicts=True)
    for warning in new:
        record("warned of a basis's end", by=by, of="basis", id=warning.basis_id, why=f"{warning.days} days")
    return Done(len(new))
