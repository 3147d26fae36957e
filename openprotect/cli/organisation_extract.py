"""`openprotect import organisations`: the national extract."""

from pathlib import Path

import click


@click.command("organisations")
@click.argument(
    "paths", metavar="FOLDER_OR_FILES", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
def organisations(paths: tuple[Path, ...]) -> None:
    """Take in FOLDER_OR_FILES, epraccur.csv and epcmem.csv of the national extract as published, or one of them.

    A file with a fault changes nothing: each fault is said, and the exit code is 2.
    """
    from openprotect.interop.feeds.organisation_extract import find_files, read_extract

    files = find_files(paths)
    extract = read_extract(*files)  # before any database is asked
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.governance.actions import take_in_extract
        from openprotect.journey import flow

        now = clock.now()
        totals = flow.perform(take_in_extract, extract=extract, by=scope.system("command line", now=now), now=now)
    for note in extract.notes:
        click.echo(note, err=True)
    for file, counted in zip(files, (totals.organisations, totals.relations), strict=True):
        if file:
            click.echo(f"{file.name}: {counted}.")
    click.echo(
        f"{totals.named:,} organisations are known by their code alone; {totals.withdrawn:,} relations withdrawn."
    )
