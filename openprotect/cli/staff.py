"""`openprotect staff`: appoint people who work here, let them sign in, and let them go.

For the first administrator, and for the day on which no administrator can sign in. Everything it
does is recorded, as done by `system:command line`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any

import click

from openprotect.lib.errors import Refusal

_USERNAME = click.argument("username")


class NobodyIsCalled(Refusal):
    """Nobody has the username {username}: appoint them first."""


class NoOrganisation(Refusal):
    """There is no organisation with the code {code}: bring it in first."""


@click.group()
def staff() -> None:
    """Appoint people who work here, and let them sign in."""


@staff.command()
@_USERNAME
@click.option("--name", required=True, help="What they are called.")
@click.option("--at", "organisation", metavar="CODE", required=True, help="The ODS code of where they work.")
@click.option("--role", required=True, help="One of `openprotect role list`.")
@click.option("--title", default="", help="What they are called in this work, if not as the role.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which they work there.")
def appoint(username: str, name: str, organisation: str, role: str, title: str, until: datetime | None) -> None:
    """Give somebody whom an organisation employs a role in it. Others are appointed on the page, with who vouches."""
    with _acting() as act:
        from openprotect.governance import actions, queries
        from openprotect.lib.london import at

        found = queries.organisation_by_code(organisation)
        if found is None:
            raise NoOrganisation(code=organisation[:20])
        ends_at = at(until.date(), time(23, 59)) if until else None
        given: dict[str, Any] = {"username": username, "name": name, "role": role, "title": title}
        act(actions.appoint, organisation=found.id, team=None, ends_at=ends_at, **given)
    click.echo(f"{name} works at {organisation} as {role}. Next: openprotect staff invite {username}")


@staff.command()
@_USERNAME
def invite(username: str) -> None:
    """Print a link by which USERNAME sets a password, once. What they signed in with before is gone."""
    with _acting() as act:
        from django.conf import settings

        from openprotect.governance import actions

        token = act(actions.hand_over_setup, user=_user(username), real_now=datetime.now(UTC))
        click.echo(f"{settings.BASE_URL}/sign-in/begin/{token}")


@staff.command()
@_USERNAME
@click.argument("address")
def email(username: str, address: str) -> None:
    """A provider's account that has verified ADDRESS is USERNAME's, from its next sign-in on."""
    with _acting() as act:
        from openprotect.governance import actions

        act(actions.enter_email, user=_user(username), email=address)
    click.echo(f"Known: {username}")


@staff.command()
@_USERNAME
@click.option("--provider", required=True, help="The provider's key in the file of providers.")
@click.option("--subject", required=True, help="What the provider calls them for good.")
def link(username: str, provider: str, subject: str) -> None:
    """A provider's account, by its subject, is USERNAME's."""
    with _acting() as act:
        from openprotect.governance import actions

        act(actions.link_account, user=_user(username), provider=provider, subject=subject)
    click.echo(f"Linked: {username}")


@staff.command(name="sign-out")
@_USERNAME
def sign_out(username: str) -> None:
    """Sign USERNAME out of every browser."""
    with _acting() as act:
        from openprotect.governance import actions

        act(actions.sign_out_everywhere, user=_user(username))
    click.echo(f"Signed out everywhere: {username}")


@staff.command()
@_USERNAME
def leave(username: str) -> None:
    """USERNAME has left: end every membership, close the account, sign them out."""
    with _acting() as act:
        from openprotect.governance import actions

        act(actions.deactivate, user=_user(username))
    click.echo(f"Closed: {username}")


@contextmanager
def _acting() -> Iterator[Callable[..., Any]]:
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.journey import flow

        now = clock.now()
        by = scope.system("command line", now=now)
        with scope.enter(by):
            yield lambda action, **given: flow.perform(action, by=by, now=now, **given)


def _user(username: str) -> int:
    from openprotect.governance import queries

    found = queries.any_user_id(username)
    if found is None:
        raise NobodyIsCalled(username=username[:80])
    return found
