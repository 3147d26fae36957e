"""`openprotect worker`: the jobs and the timetable."""

import click


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
def worker(once: bool) -> None:
    """Do the jobs and the timetable until stopped."""
    from openprotect.cli.session import ready

    with ready():
        from openprotect.jobs import worker as working

        (working.work_once if once else working.run)()
