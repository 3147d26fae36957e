"""Writes of governance: the audit trail, organisations and people who work, who may see whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.errors import NotPermitted
from openprotect.governance.models import (
    LegalBasis,
    Membership,
    Organisation,
    Role,
    Team,
    User,
)
from openprotect.governance.scope import Scope, enter, require
from openprotect.lib.done import Done


def record(
    action: str,
    *,
    by: Scope,
    person: UUID | None = None,
    of: str = "",
    id: object = "",
    why: str = "",
) -> None:
    """Write one audit event in the transaction of what it records. Ids only, never values."""
    record_each(action, by=by, people=[person], of=of, ids=[str(id)], why=why)


def record_each(
    action: str,
    *,
    by: Scope,
    people: Sequence[UUID | None],
    of: str = "",
    ids: Sequence[str] | None = None,
    why: str = "",
) -> None:
    """One audit event for each person, in one statement; `ids` stand in the order of `people`."""
    require(by)
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT governance_record_events(%s, %s::uuid[], %s, %s::text[], %s)",
            [action, list(people), of, list(ids) if ids else [""] * len(people), why[:120]],
        )


def record_denial(*, by: Scope, refusal: str, route: str) -> None:
    """Write that somebody was refused, in a transaction of its own. `route` is a view's name."""
    with enter(by):
        record("refused", by=by, of="route", id=route[:60], why=refusal)


def permit(permission: str, *, by: Scope) -> None:
    """Raise NotPermitted unless the actor holds the permission: the first line of an action."""
    require(by)
    if not by.may(permission):
        raise NotPermitted()


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


def define_role(*, name: str, label: str, permissions: Sequence[str], by: Scope, now: datetime) -> Done[str]:
    """Write down what a role may do."""
    permit("manage.roles", by=by)
    Role.objects.update_or_create(name=name, defaults={"label": label, "permissions": list(permissions)})
    record("role defined", by=by, of="role", id=name)
    return Done(name)


def appoint(
    *,
    username: str,
    name: str,
    organisation: int,
    role: str,
    team: int | None,
    ends_at: datetime | None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Give a person who works a role in an organisation from now on; returns the user's id."""
    permit("manage.memberships", by=by)
    user, created = User.objects.get_or_create(username=username, defaults={"name": name})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    Membership.objects.get_or_create(
        user=user,
        organisation_id=organisation,
        role_id=role,
        defaults={"team_id": team, "starts_at": now, "ends_at": ends_at},
    )
    record("appointed", by=by, of="user", id=user.id, why=role)
    return Done(user.id)


def transfer(*, user: int, organisation: int, by: Scope, now: datetime) -> Done[None]:
    """Move somebody with their role to another organisation from now on; the past stays true."""
    permit("manage.memberships", by=by)
    for membership in Membership.objects.filter(user_id=user, ends_at=None).exclude(organisation_id=organisation):
        membership.ends_at = now
        membership.save(update_fields=["ends_at"])
        Membership.objects.create(user_id=user, organisation_id=organisation, role_id=membership.role_id, starts_at=now)
    record("transferred", by=by, of="user", id=user)
    return Done(None)


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


def grant_access(
    *,
    via: str,
    basis: int,
    people_and_organisations: Sequence[tuple[UUID, int]],
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Let organisations see people from now on. Pairs that may already see are left alone.

    One statement however many there are; returns how many grants are new.
    """
    permit("manage.access", by=by)
    if not people_and_organisations:
        return Done(0)
    people, organisations = zip(*people_and_organisations, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)"
            " SELECT p, o, %s, %s, %s FROM unnest(%s::uuid[], %s::bigint[]) AS t(p, o)"
            " ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING",
            [via, basis, now, list(people), list(organisations)],
        )
        return Done(cursor.rowcount)
