"""Who somebody is, under which membership they act, and what they may see; who works where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from openprotect.governance.models import Membership, Organisation, Role, Team, User
from openprotect.governance.scope import Scope, require
from openprotect.lib import london

PAGE = 50


@dataclass(frozen=True)
class StaffMember:
    """A user as shown on screen, with the scope of the one membership they act under."""

    id: int
    username: str
    name: str
    role_label: str
    organisation_name: str
    scope: Scope
    title: str = ""

    @property
    def works_as(self) -> str:
        """The title of the membership, or its role where it has none of its own."""
        return self.title or self.role_label


def staff_member(user_id: int, *, now: datetime, membership: int | None = None) -> StaffMember | None:
    """The user and their scope at `now`, under this membership or the only one they have.

    None where they are not active, where it has not begun or has ended, and where nobody said which
    of several it is: the permissions of one are never joined with the people of another. Needs no
    scope: it is what makes one.
    """
    found = _live(now).filter(user_id=user_id, user__is_active=True)
    if membership is not None:
        found = found.filter(id=membership)
    memberships = list(found[:2])
    return _member(memberships[0], now) if len(memberships) == 1 else None


def memberships_of(user_id: int, *, now: datetime) -> list[StaffMember]:
    """What a user can act as now, one for each membership."""
    return [_member(each, now) for each in _live(now).filter(user_id=user_id, user__is_active=True)]


def users_who_may(permission: str, *, now: datetime) -> set[int]:
    """The ids of active users who have a membership now whose role holds the permission."""
    found = _live(now).filter(user__is_active=True, role__permissions__contains=[permission])
    return set(found.order_by().values_list("user_id", flat=True))


def user_id_of(username: str) -> int | None:
    """The id of an active user, for signing in."""
    return User.objects.filter(username=username, is_active=True).values_list("id", flat=True).first()


def user_names(actors: Iterable[str]) -> dict[str, str]:
    """Names by what stands as the actor of an event; those that are no users are left out."""
    ids = {int(actor) for actor in actors if actor.isdecimal()}
    return {str(id_): name for id_, name in User.objects.filter(id__in=ids).values_list("id", "name")}


def names_acting(done: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], str]:
    """By actor and moment: the name, and the title of what they did it as, if every membership then had it."""
    asked = {(actor, at) for actor, at in done if actor.isdecimal()}
    names = user_names(actor for actor, _ in asked)
    held: dict[str, list[tuple[datetime, datetime | None, str]]] = {}
    rows = Membership.objects.filter(user_id__in=[int(actor) for actor in names])
    for user, starts, ends, title in rows.values_list("user_id", "starts_at", "ends_at", "title"):
        held.setdefault(str(user), []).append((starts, ends, title))

    def acting(actor: str, at: datetime) -> str:
        titles = {title for starts, ends, title in held.get(actor, ()) if starts <= at and (ends is None or at < ends)}
        (title,) = titles if len(titles) == 1 else ("",)
        return f"{names[actor]}, {title}" if title else names[actor]

    return {(actor, at): acting(actor, at) for actor, at in asked if actor in names}


def membership_titles(ids: Iterable[int]) -> dict[int, str]:
    """The titles of memberships that have one of their own, by id."""
    return dict(Membership.objects.filter(id__in=set(ids)).exclude(title="").values_list("id", "title"))


def covered_by(organisation: int) -> frozenset[int]:
    """The ids of an organisation and of all below it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE covered(id) AS ("
            " SELECT %s::bigint UNION SELECT o.id FROM governance_organisation o JOIN covered c ON o.parent_id = c.id"
            ") SELECT id FROM covered",
            [organisation],
        )
        return frozenset(id_ for (id_,) in cursor.fetchall())


def roles() -> list[Role]:
    """Every role, by what it is called."""
    return list(Role.objects.order_by("label", "name"))


def people_who_work(*, scope: Scope, after: int = 0, ended: bool = False, limit: int = PAGE) -> list[Membership]:
    """Memberships in the reader's organisation and those below it, by id, after one; those now or those before."""
    require(scope)
    if scope.organisation is None or not scope.may("manage.memberships"):
        return []
    found = Membership.objects.filter(organisation_id__in=covered_by(scope.organisation), id__gt=after)
    now = Q(ends_at=None) | Q(ends_at__gt=scope.now)
    found = found.exclude(now) if ended else found.filter(now)
    related = found.select_related(
        "user", "role", "organisation", "team", "employer", "supervisor", "identity_of", "training_of", "dbs_of"
    )
    return list(related.order_by("id")[:limit])


def membership(membership: int, *, scope: Scope) -> Membership | None:
    """A membership in the reader's organisation or one below it."""
    require(scope)
    if scope.organisation is None or not scope.may("manage.memberships"):
        return None
    found = Membership.objects.filter(organisation_id__in=covered_by(scope.organisation), id=membership)
    return found.select_related("user", "role", "organisation", "team", "employer").first()


def covered_organisations(*, scope: Scope) -> list[tuple[int, str]]:
    """The ids and names of the reader's organisation and all below it."""
    require(scope)
    covered = covered_by(scope.organisation) if scope.organisation is not None else frozenset()
    return list(Organisation.objects.filter(id__in=covered).order_by("name").values_list("id", "name"))


def teams_to_join(*, scope: Scope, organisation: int | None = None) -> list[Team]:
    """The open teams of the reader's organisation and all below it, or of this one among them."""
    require(scope)
    covered = covered_by(scope.organisation) if scope.organisation is not None else frozenset()
    wanted = covered if organisation is None else covered & {organisation}
    open_ = Team.objects.filter(organisation_id__in=wanted, closed_at=None)
    return list(open_.select_related("organisation").order_by("organisation__name", "name", "id"))


def _live(now: datetime) -> QuerySet[Membership]:
    live = Membership.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        # From the first second after its last day nobody acts for an organisation, whenever the sweep comes.
        Q(organisation__closed_on=None) | Q(organisation__closed_on__gte=london.today(now)),
        starts_at__lte=now,
    )
    return live.select_related("user", "role", "organisation").order_by("id")


def _member(membership: Membership, now: datetime) -> StaffMember:
    scope = Scope(
        identity="staff",
        actor=str(membership.user_id),
        now=now,
        organisations=(membership.organisation_id,),
        permissions=frozenset(membership.role.permissions),
        role=membership.role_id,
        organisation=membership.organisation_id,
        membership=membership.id,
    )
    return StaffMember(
        id=membership.user_id,
        username=membership.user.username,
        name=membership.user.name,
        role_label=membership.role.label,
        organisation_name=membership.organisation.name,
        scope=scope,
        title=membership.title,
    )


def users_called(text: str) -> list[tuple[int, str]]:
    """Users by their username, or whose name is this, as (id, name): also those who have left."""
    found = User.objects.filter(Q(username__iexact=text) | Q(name__iexact=text))
    return list(found.order_by("id").values_list("id", "name")[:20])


def role_labels() -> dict[str, str]:
    """What each role is called on screen."""
    return dict(Role.objects.values_list("name", "label"))
