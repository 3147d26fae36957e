"""Writes of teams: what they do, and when they are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from openprotect.governance import errors
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import may_change
from openprotect.governance.events import TeamsClosed
from openprotect.governance.models import Organisation, Team, TeamHours
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# What nobody else owns falls to the board's teams for these duties, so one of each stays.
SAFETY_NET = ("surveillance", "restricted_records")


def form_team(*, organisation: int, duty: str, name: str, by: Scope, now: datetime) -> Done[int]:
    """Make sure that an organisation has an open team for a duty; returns its id."""
    permit("manage.organisations", by=by)
    may_change(organisation, by=by)
    of = Organisation.objects.get(id=organisation)
    if of.closed_at is not None:
        raise errors.AlreadyClosed(code=of.code, closed=f"{of.closed_on:%-d %B %Y}")
    with enter(system("governance", now=now)):
        team, formed = Team.objects.get_or_create(
            organisation_id=organisation, duty=duty, closed_at=None, defaults={"name": name, "opened_at": now}
        )
    if formed:
        record("team formed", by=by, of="team", id=team.id)
    return Done(team.id)


def close_team(*, team: int, by: Scope, now: datetime) -> Done[None]:
    """A team is there no more; what it holds goes on to another. Raises TheSafetyNetStays."""
    permit("manage.organisations", by=by)
    found = _open(team)
    may_change(found.organisation_id, by=by)
    if found.organisation.kind == Organisation.Kind.INTEGRATED_CARE_BOARD and found.duty in SAFETY_NET:
        others = Team.objects.filter(
            duty=found.duty, closed_at=None, organisation__kind=Organisation.Kind.INTEGRATED_CARE_BOARD
        )
        if not others.exclude(id=team).exists():
            raise errors.TheSafetyNetStays(duty=found.duty.replace("_", " "))
    with enter(system("governance", now=now)):
        Team.objects.filter(id=team).update(closed_at=now)
    record("team closed", by=by, of="team", id=team)
    return Done(None, (TeamsClosed((team,)),))


def set_hours(
    *,
    team: int,
    hours: Sequence[tuple[int, time, time]],
    open_on_bank_holidays: bool,
    by: Scope,
    now: datetime,
) -> Done[None]:
    """Say when a team is there: (weekday, opens, closes) by London's clock, Monday is 0, midnight closes the day.

    It replaces what was said before; said again it changes nothing. Raises HoursOverlap.
    """
    permit("manage.organisations", by=by)
    found = _open(team)
    may_change(found.organisation_id, by=by)
    _follow_one_another(hours)
    there = sorted(TeamHours.objects.filter(team_id=team).values_list("weekday", "opens", "closes"))
    if (there, found.open_on_bank_holidays) == (sorted(hours), open_on_bank_holidays):
        return Done(None)
    with enter(system("governance", now=now)):
        Team.objects.filter(id=team).update(open_on_bank_holidays=open_on_bank_holidays)
        TeamHours.objects.filter(team_id=team).delete()
        TeamHours.objects.bulk_create(
            TeamHours(team_id=team, weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in hours
        )
    record("team hours set", by=by, of="team", id=team)
    return Done(None)


def _open(team: int) -> Team:
    found = Team.objects.filter(id=team, closed_at=None).select_related("organisation").first()
    if found is None:
        raise errors.NotThere()
    return found


def _follow_one_another(hours: Sequence[tuple[int, time, time]]) -> None:
    ended: dict[int, time] = {}
    for weekday, opens, closes in sorted(hours):
        before = ended.get(weekday)
        # Midnight closes the day: nothing may follow it.
        if (before is not None and (before == time() or opens < before)) or (closes != time() and closes <= opens):
            raise errors.HoursOverlap(day=DAYS[weekday])
        ended[weekday] = closes
