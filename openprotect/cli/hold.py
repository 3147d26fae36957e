"""`openprotect hold`: nothing is sent while the database may be an older copy of itself."""

import getpass

import click


@click.group()
def hold() -> None:
    """Say whether sending is on hold, and lift it."""


@hold.command()
def status() -> None:
    """Say whether sending is on hold, since when and why."""
    from openprotect.cli.session import ready

    with ready(change=False):
        from openprotect.governance import clock, queries
        from openprotect.governance.scope import enter, system
        from openprotect.lib.london import moment_in_words

        with enter(system("command line", now=clock.now())) as scope:
            found = queries.sending_hold(scope=scope)
        if found is None:
            click.echo("Sending is not on hold.")
        else:
            click.echo(f"Nothing is sent since {moment_in_words(found.set_at)}: {found.because}.")


@hold.command()
@click.option("--why", required=True, help="Why this database is the one to go on with.")
def lift(why: str) -> None:
    """Let messages be sent again. Who lifted it and why stays written down."""
    if not why.strip():
        raise click.UsageError("Say why.")
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock
        from openprotect.jobs import trail

        trail.resume_sending(who=getpass.getuser(), why=why.strip(), now=clock.now())
        click.echo("Sending goes on, and the anchor says from where.")
