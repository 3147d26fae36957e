"""Writes of people who work: their roles, where they work, until when, who answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.proofs import forget_proofs
from openprotect.governance.errors import (
    AlreadyEnded,
    GrantsToThemselves,
    HeldAlready,
    NoSuchPermission,
    NoSuchRole,
    NoSuchTeam,
    NotThere,
    OutsideYourOrganisation,
    SupervisesThemselves,
    UsernameBelongsToAnother,
)
from openprotect.governance.facts.staff import NOBODY, Vouched, Vouchers
from openprotect.governance.models import Membership, Organisation, Role, Team, User
from openprotect.governance.permissions import EVERYWHERE, PERMISSIONS
from openprotect.governance.queries.staff import covered_by
from openprotect.governance.rules import staff as rules
from openprotect.governance.rules.words import fits
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.london import today

_SHORTEST = timedelta(microseconds=1)


def define_role(*, name: str, label: str, permissions: Sequence[str], by: Scope, now: datetime) -> Done[str]:
    """Write down what a role may do. Nobody adds a permission to a role that they hold.

    Where it begins to reach beyond one organisation, whoever holds it proves who they are anew, as in `appoint`; and
    it is refused while somebody holds it elsewhere than at a board. Raises NoSuchPermission, GrantsToThemselves,
    ReachesEverywhere.
    """
    permit("manage.roles", by=by)
    if unknown := sorted(set(permissions) - PERMISSIONS.keys()):
        raise NoSuchPermission(names=", ".join(unknown))
    rules.definition(own=_holds(name, by=by, now=now), held=by.permissions, wanted=permissions)
    if by.identity == "staff":
        _widens(name, label, permissions, by=by, now=now)
    with enter(system("governance", now=now)):
        Role.objects.update_or_create(name=name, defaults={"label": label, "permissions": sorted(set(permissions))})
    record("role defined", by=by, of="role", id=name)
    return Done(name)


def _widens(role: str, label: str, permissions: Sequence[str], *, by: Scope, now: datetime) -> None:
    # Locked: nobody is given it meanwhile as a role that reaches no further than one organisation.
    with enter(system("governance", now=now)):
        before = Role.objects.select_for_update(no_key=True).filter(name=role).first()
    if before is None or not EVERYWHERE.intersection(permissions) or EVERYWHERE.intersection(before.permissions):
        return
    still = Q(ends_at=None) | Q(ends_at__gt=now)
    held = Membership.objects.filter(still, role=role).order_by("user_id")
    for kind in sorted(set(held.order_by().values_list("organisation__kind", flat=True))):
        rules.reach(kind=kind, label=label, permissions=permissions)
    for user in sorted(set(held.values_list("user_id", flat=True))):
        _forget_unless_reaching(user, role, by=by, now=now)


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
    title: str = "",
    home: int | None = None,
    supervisor: int | None = None,
    vouchers: Vouchers = NOBODY,
    starts_at: datetime | None = None,
) -> Done[int]:
    """Give a person who works a role in an organisation from now on or from a later time; returns the user's id.

    `home` is who employs somebody who is new here, this organisation where it is not said. Whoever
    holds the role there already is left as they are. Given a role that reaches beyond one organisation
    by an administrator, somebody proves who they are anew, outside the pages.
    """
    _may_manage(organisation, by=by)
    _may_give(role, team, organisation, by=by)
    fits("The username", username, 80)
    fits("The name", name, 120)
    fits("The title", title, 80, empty=True)
    user = User.objects.filter(username=username).first()
    if user is not None and user.name != name:
        raise UsernameBelongsToAnother(username=username, name=user.name)
    if user is not None and str(user.id) == by.actor:
        raise GrantsToThemselves()
    employer = user.home_id if user is not None and user.home_id else home or organisation
    begins = max(starts_at or now, now)
    if user is not None:
        held = Membership.objects.filter(user=user, organisation=organisation, role=role, team=team, ends_at=None)
        if held.exists():
            return Done(user.id)
    rules.terms(
        employer=employer,
        organisation=organisation,
        starts_at=begins,
        ends_at=ends_at,
        vouchers=vouchers,
        today=today(now),
    )
    if user is not None:
        _prove_anew(user.id, role, by=by, now=now)
    with enter(system("governance", now=now)):
        if user is None:
            user = User(username=username, name=name, home_id=employer)
            user.save()
        elif user.home_id is None:
            user.home_id = employer
            user.save(update_fields=["home"])
        made = _begin(
            user_id=user.id,
            organisation_id=organisation,
            role_id=role,
            team_id=team,
            title=title,
            employer_id=employer,
            supervisor_id=supervisor,
            starts_at=begins,
            ends_at=ends_at,
            **_columns(vouchers),
        )
    record("appointed", by=by, of="membership", id=made.id, why=role)
    return Done(user.id)


def change_membership(
    *,
    membership: int,
    role: str,
    team: int | None,
    title: str,
    ends_at: datetime | None,
    supervisor: int | None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """End a membership and begin one on other terms in its place, vouched for as before; returns the new one's id.

    What it says now stays true of until now. A role that reaches further is proven as in `appoint`. Raises GrantsToThemselves, NoSuchRole, NoSuchTeam, EndsTooEarly,
    EndMissing, HeldAlready, SupervisesThemselves.
    """
    old = _theirs(membership, by=by, now=now)
    if str(old.user_id) == by.actor:
        raise GrantsToThemselves()
    _may_give(role, team, old.organisation_id, by=by)
    fits("The title", title, 80, empty=True)
    columns = {name: getattr(old, name) for name in _VOUCHED}
    begins = max(now, old.starts_at) + _SHORTEST
    rules.terms(
        employer=old.employer_id,
        organisation=old.organisation_id,
        starts_at=begins,
        ends_at=ends_at,
        vouchers=_vouchers(old),
        today=today(now),
    )
    held = Membership.objects.filter(
        user=old.user_id, organisation=old.organisation_id, role=role, team=team, ends_at=None
    )
    if ends_at is None and held.exclude(id=old.id).exists():
        raise HeldAlready()
    _prove_anew(old.user_id, role, by=by, now=now)
    with enter(system("governance", now=now)):
        _end(old, now)
        made = _begin(
            user_id=old.user_id,
            organisation_id=old.organisation_id,
            role_id=role,
            team_id=team,
            title=title,
            employer_id=old.employer_id,
            supervisor_id=supervisor,
            starts_at=max(now, old.ends_at or now),
            ends_at=ends_at,
            **columns,
        )
    record("membership changed", by=by, of="membership", id=made.id, why=role)
    return Done(made.id)


def end_membership(*, membership: int, by: Scope, now: datetime) -> Done[None]:
    """From now on they do not work there. What they see and do under it ends with the next request."""
    old = _theirs(membership, by=by, now=now)
    with enter(system("governance", now=now)):
        _end(old, now)
    record("membership ended", by=by, of="membership", id=old.id)
    return Done(None)


def transfer(*, user: int, organisation: int, by: Scope, now: datetime) -> Done[None]:
    """Another organisation employs somebody from now on, in the same role; the past stays true.

    An administrator takes no role along that reaches further than this organisation. Raises ReachesEverywhere.
    """
    _may_manage(organisation, by=by)
    may_manage_user(user, by=by, now=now)
    with enter(system("governance", now=now)):
        leaving = list(Membership.objects.filter(user_id=user, ends_at=None).exclude(organisation_id=organisation))
    for membership in leaving:
        _may_give(membership.role_id, None, organisation, by=by)
    with enter(system("governance", now=now)):
        User.objects.filter(id=user).update(home=organisation)
        for membership in leaving:
            _end(membership, now)
            Membership.objects.create(
                user_id=user,
                organisation_id=organisation,
                role_id=membership.role_id,
                employer_id=organisation,
                starts_at=now,
            )
    record("transferred", by=by, of="user", id=user)
    return Done(None)


def _holds(role: str, *, by: Scope, now: datetime) -> bool:
    """Whether the actor holds a role, also under a membership that they do not act under now."""
    if by.identity != "staff":
        return False
    still = Q(ends_at=None) | Q(ends_at__gt=now)
    return by.role == role or Membership.objects.filter(still, user_id=int(by.actor), role=role).exists()


def _may_manage(organisation: int, *, by: Scope) -> None:
    permit("manage.memberships", by=by)
    if by.identity == "staff" and (by.organisation is None or organisation not in covered_by(by.organisation)):
        raise OutsideYourOrganisation()


def _may_give(role: str, team: int | None, organisation: int, *, by: Scope) -> None:
    """Refuse a role that there is not or that reaches further than this organisation, and another's team."""
    with enter(system("governance", now=by.now)):  # it stays as it is read until this transaction ends
        found = Role.objects.select_for_update(no_key=True).filter(name=role).first()
    if found is None:
        raise NoSuchRole(role=role)
    if team is not None and not Team.objects.filter(id=team, organisation=organisation, closed_at=None).exists():
        raise NoSuchTeam()
    if by.identity == "staff":
        kind = Organisation.objects.values_list("kind", flat=True).get(id=organisation)
        rules.reach(kind=kind, label=found.label, permissions=found.permissions)


def _prove_anew(user: int, role: str, *, by: Scope, now: datetime) -> None:
    # An administrator says how somebody is proven whose role reaches no further than one organisation, and
    # could sign in as them: what they said does not last into a role that does.
    reaching = Q(permissions__overlap=sorted(EVERYWHERE))
    if by.identity == "system" or not Role.objects.filter(reaching, name=role).exists():
        return
    _forget_unless_reaching(user, role, by=by, now=now)


def _forget_unless_reaching(user: int, role: str, *, by: Scope, now: datetime) -> None:
    still = Q(ends_at=None) | Q(ends_at__gt=now)
    reaching = Role.objects.filter(permissions__overlap=sorted(EVERYWHERE))
    if Membership.objects.filter(still, user_id=user, role__in=reaching).exists():
        return
    with enter(system("governance", now=now)):
        forget_proofs(user)
    record("proofs forgotten", by=by, of="user", id=user, why=role)


def may_manage_user(user: int, *, by: Scope, now: datetime) -> None:
    """Refuse an administrator who does not cover everything that this user works in, or who is the user."""
    permit("manage.memberships", by=by)
    if by.identity == "system":
        return
    if str(user) == by.actor:
        raise GrantsToThemselves()
    where = set(Membership.objects.filter(user_id=user).values_list("organisation_id", "ends_at"))
    live = {organisation for organisation, ends_at in where if ends_at is None or ends_at > now}
    if by.organisation is None or not live or live - covered_by(by.organisation):
        raise OutsideYourOrganisation()


def _theirs(membership: int, *, by: Scope, now: datetime) -> Membership:
    """A membership that this administrator may change, still running."""
    permit("manage.memberships", by=by)
    with enter(system("governance", now=now)):
        found = Membership.objects.select_for_update(no_key=True).filter(id=membership).first()
    if found is None:
        raise NotThere()
    _may_manage(found.organisation_id, by=by)
    if found.ends_at is not None and found.ends_at <= now:
        raise AlreadyEnded()
    return found


def _begin(**columns: Any) -> Membership:
    if columns["supervisor_id"] == columns["user_id"]:
        raise SupervisesThemselves()
    return Membership.objects.create(**columns)


def _end(membership: Membership, now: datetime) -> None:
    membership.ends_at = max(now, membership.starts_at + _SHORTEST)
    membership.save(update_fields=["ends_at"])


_VOUCHED = tuple(f"{kind.name}_{part}" for kind in fields(Vouchers) for part in ("by", "of_id", "on"))


def _columns(vouchers: Vouchers) -> dict[str, Any]:
    values: list[Any] = []
    for each in fields(Vouchers):
        vouched = getattr(vouchers, each.name)
        values += astuple(vouched) if vouched else ("", None, None)
    return dict(zip(_VOUCHED, values, strict=True))


def _vouchers(membership: Membership) -> Vouchers:
    values = [getattr(membership, name) for name in _VOUCHED]
    three = [tuple(values[at : at + 3]) for at in range(0, len(values), 3)]
    return Vouchers(*(Vouched(*each) if all(each) else None for each in three))
