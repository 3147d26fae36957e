"""`openprotect organisation`: mergers and closings, and who could see whom."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from openprotect.lib import london
from openprotect.lib.dates import EARLIEST, LATEST


@click.group()
def organisation() -> None:
    """Merge and close organisations, and say who could see whom at a moment."""


DAY = click.DateTime(["%Y-%m-%d"])


def _perform(action: str, **arguments: Any) -> Any:
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import actions, clock, scope
        from openprotect.journey import flow

        now = clock.now()
        return flow.perform(getattr(actions, action), by=scope.system("command line", now=now), now=now, **arguments)


@organisation.command()
@click.argument("codes", metavar="CODES", nargs=-1, required=True)
@click.option("--into", required=True, help="The code of the successor.")
@click.option("--name", default="", help="Its name, if it is not there yet.")
@click.option("--from", "day", required=True, type=DAY, help="Its first day, such as 2020-04-01.")
def merge(codes: tuple[str, ...], into: str, name: str, day: datetime) -> None:
    """From a day on, one organisation does the work of CODES.

    On that day, to the minute, their grants, teams and memberships go on with it. What happened before stays as it was.
    """
    _perform("merge_organisations", codes=codes, into=into, name=name, starts_on=day.date())
    click.echo(f"{', '.join(codes)} go on as {into} from {day:%-d %B %Y}.")


@organisation.command()
@click.argument("code")
@click.option("--last-day", "day", required=True, type=DAY, help="Its last day, such as 2020-03-31.")
def close(code: str, day: datetime) -> None:
    """After its last day CODE is no more, and nobody succeeds it."""
    _perform("close_organisation", organisation=code, last_day=day.date())
    click.echo(f"{code} closes after {day:%-d %B %Y}.")


@organisation.command()
@click.argument("code")
@click.option("--on", "day", type=DAY, help="The day, such as 2020-03-31; today without it.")
def show(code: str, day: datetime | None) -> None:
    """What CODE was to other organisations on a day."""
    from openprotect.cli.session import ready

    with ready(change=False):
        from openprotect.governance import clock, queries, scope

        with scope.enter(scope.system("command line", now=clock.now())) as by:
            if queries.organisation_by_code(code) is None:
                from openprotect.governance.errors import UnknownOrganisation

                raise UnknownOrganisation(code=code[:20])
            found = queries.relations_on(code, day.date() if day else london.today(by.now), scope=by)
    for each in found:
        until = f" to {each.ends_on:%-d %B %Y}" if each.ends_on else ""
        click.echo(f"{each.get_kind_display()} {each.to.code} {each.to.name}, {each.starts_on:%-d %B %Y}{until}")
    if not found:
        click.echo("Nothing.")


@organisation.command()
@click.argument("code", required=False)
@click.option("--person", type=click.UUID, help="Of one person instead, by their id.")
@click.option("--at", "moment", required=True, help="When, by London's clock: 2020-03-31 or 2020-03-31T23:59.")
def access(code: str | None, person: UUID | None, moment: str) -> None:
    """Who could see whom at a moment: through CODE and what came of it, or of one person.

    Says which organisations had a grant, for how many people, through what and on which legal basis, and who worked
    there as what. Asking is written into the audit trail.
    """
    if (code is None) == (person is None):
        raise click.UsageError("Say either an organisation's code or --person with an id.")
    at = _moment(moment)
    from openprotect.cli.session import ready

    with ready(change=False):
        from openprotect.governance import clock, queries, scope
        from openprotect.governance.actions import record

        now = clock.now()
        with scope.enter(scope.system("command line", now=now)) as by:
            record(
                "asked who could see", by=by, person=person, of="organisation", id=(code or "")[:20], why=at.isoformat()
            )
            found = queries.who_could_see(at=at, organisation=code, person=person, scope=by)
    for line in found.grants:
        held = "" if line.live else ", which was not live"
        click.echo(f"{line.code} {line.name}: {line.people:,} people, {line.via}, on {line.basis}{held}")
    for worker in found.workers:
        title = f", {worker.title}" if worker.title else ""
        click.echo(f"  {worker.code}: {worker.name}, {worker.role}{title}")
    if not found.grants:
        click.echo("Nobody.")


def _moment(text: str) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"read '{text}', expected 2020-03-31 or 2020-03-31T23:59", param_hint="--at") from None
    if not EARLIEST <= given.date() <= LATEST:
        raise click.BadParameter(f"read '{text}', expected a day from {EARLIEST} to {LATEST}", param_hint="--at")
    return (given if given.tzinfo else given.replace(tzinfo=london.LONDON)).astimezone(UTC)
