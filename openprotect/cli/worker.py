"""`openprotect worker`: the jobs and the timetable."""

import click


@click.command()
def worker() -> None:
    """Do the jobs and the timetable until stopped."""
    from openprotect.cli.session import ready

    with ready():
        from openprotect.jobs.worker import run

        run()
