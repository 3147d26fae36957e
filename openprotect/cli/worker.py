"""`openprotect worker`: the jobs and the timetable."""

from datetime import datetime

import click


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, say what was done, and end.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="With --once, in a demo: first set its clock to this time in London.",
)
def worker(once: bool, at: datetime | None) -> None:
    """Do the jobs and the timetable until stopped."""
    if at and not once:
        raise click.UsageError("--at goes with --once.")
    from openprotect.cli.session import ready

    with ready():
        from openprotect.cli.records import population
        from openprotect.jobs import worker as working

        population()  # refuses to start where others could read the records
        if not once:
            working.run()
            return
        if at:
            _set_clock(at)
        click.echo(f"{working.work_once():,} messages sent. {_next()}")


def _set_clock(at: datetime) -> None:
    from openprotect.governance import clock, queries
    from openprotect.governance.errors import NotADemo
    from openprotect.lib import london

    if not queries.is_demo():
        raise NotADemo
    clock.set_clock(london.at(at.date(), at.time()), running=True)


def _next() -> str:
    from django.conf import settings

    from openprotect.governance import clock
    from openprotect.governance.scope import enter, system
    from openprotect.journey.contact.queries import next_message_due
    from openprotect.lib.london import moment_in_words

    with enter(system("command line", now=clock.now())) as scope:
        planned, first = next_message_due(scope=scope)
    letters = f"Letters are in {settings.DATA / 'letters'}."
    return f"{planned:,} more are planned, the first for {moment_in_words(first)}. {letters}" if first else letters
