"""The register of organisations: found by code or name, one of them with its relations, teams and their hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from openprotect.governance.facts.teams import Hours, Opening
from openprotect.governance.models import Organisation, OrganisationRelation, Team, TeamHours
from openprotect.governance.rules.opening import opening
from openprotect.governance.scope import Scope, require
from openprotect.lib.bank_holidays import bank_holidays

PAGE = 25


@dataclass(frozen=True)
class Found:
    """A page of organisations by name; `after` opens the next."""

    rows: Sequence[Organisation]
    after: str


@dataclass(frozen=True)
class TeamThere:
    """A team, its hours, and whether it is there now."""

    team: Team
    hours: Sequence[Hours]
    opening: Opening


@dataclass(frozen=True)
class Registered:
    """One organisation. `relations` are its own over time; `related` are the first of those that belong to it now."""

    organisation: Organisation
    relations: Sequence[OrganisationRelation]
    related: Sequence[OrganisationRelation]
    related_count: int
    teams: Sequence[TeamThere]


def find_organisations(text: str, *, scope: Scope, after: str = "") -> Found:
    """Organisations whose code begins with a text or whose name has it, in any case; all without one.

    Pages go by key (name, id). A text in the middle of a name is looked for in all of them: 15,000 take 10 ms.
    """
    require(scope)
    found = Organisation.objects.select_related("parent").order_by("name", "id")
    if text:
        found = found.filter(Q(code__istartswith=text) | Q(name__icontains=text))
    name, _, last = after.rpartition("~")
    if last.isdecimal() and len(last) < 19:
        found = found.filter(Q(name__gt=name) | Q(name=name, id__gt=int(last)))
    rows = list(found[: PAGE + 1])
    more = f"{rows[PAGE - 1].name}~{rows[PAGE - 1].id}" if len(rows) > PAGE else ""
    return Found(rows[:PAGE], more)


def registered(code: str, *, scope: Scope) -> Registered | None:
    """An organisation with what it was and is, or None."""
    require(scope)
    found = Organisation.objects.select_related("parent", "successor").filter(code=code.upper()).first()
    if found is None:
        return None
    related = OrganisationRelation.objects.filter(to=found, in_force=True)
    teams = list(Team.objects.filter(organisation=found).order_by("closed_at", "name", "id"))
    hours = _hours(team.id for team in teams)
    return Registered(
        organisation=found,
        relations=list(found.relations.filter(withdrawn_at=None).select_related("to").order_by("-starts_on", "-id")),
        related=list(related.select_related("organisation").order_by("organisation__name", "id")[:PAGE]),
        related_count=related.count(),
        teams=[
            TeamThere(team, hours.get(team.id, ()), _opening(team, hours.get(team.id, ()), scope.now)) for team in teams
        ],
    )


def relations_on(code: str, day: date, *, scope: Scope) -> list[OrganisationRelation]:
    """What an organisation was to others on a day, as far as is known now, by kind."""
    require(scope)
    held = OrganisationRelation.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), organisation__code=code.upper(), starts_on__lte=day, withdrawn_at=None
    )
    return list(held.select_related("to").order_by("kind", "id"))


def team_opening(team: Team, *, scope: Scope) -> Opening:
    """Whether a team is there now, and until when."""
    require(scope)
    return _opening(team, _hours([team.id]).get(team.id, ()), scope.now)


def _opening(team: Team, hours: Sequence[Hours], now: datetime) -> Opening:
    return opening(hours, holidays=bank_holidays(), on_holidays=team.open_on_bank_holidays, now=now)


def _hours(teams: Iterable[int]) -> dict[int, list[Hours]]:
    found: dict[int, list[Hours]] = {}
    for each in TeamHours.objects.filter(team__in=list(teams)).order_by("weekday", "opens"):
        found.setdefault(each.team_id, []).append(Hours(each.weekday, each.opens, each.closes))
    return found
