"""Writes of organisations and their teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.models import Organisation, Team
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done


def register_organisations(rows: Iterable[Mapping[str, str]], *, by: Scope, now: datetime) -> Done[dict[str, int]]:
    """Take in organisations (code, name, kind, parent code, telephone, email); parents first.

    Returns their ids by code.
    """
    permit("manage.organisations", by=by)
    ids: dict[str, int] = {}
    for row in rows:
        organisation, _ = Organisation.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "kind": row["kind"],
                "parent_id": ids.get(row.get("parent", "")),
                "telephone": row.get("telephone", ""),
                "email": row.get("email", ""),
            },
        )
        ids[row["code"]] = organisation.id
    record("organisations registered", by=by, why=f"{len(ids)} organisations")
    return Done(ids)


def form_team(*, organisation: int, duty: str, name: str, by: Scope, now: datetime) -> Done[int]:
    """Make sure that an organisation has a team for a duty; returns its id."""
    permit("manage.organisations", by=by)
    team, _ = Team.objects.get_or_create(organisation_id=organisation, duty=duty, defaults={"name": name})
    return Done(team.id)
