"""What --codelists does for a pack is said: which lists came from the folder, and which are the pack's own."""

from pathlib import Path

import click

from openprotect.programmes.cohort_lists import NothingTaken, said_of_folder
from openprotect.programmes.definitions.cohort import Cohort


def say_what_was_taken(cohort: Cohort, codelists: Path | None, *, some: bool = True) -> None:
    """Beside what the command prints. With `some`, raises NothingTaken where the folder was of no use."""
    if codelists is None:
        return
    try:
        click.echo(said_of_folder(cohort, codelists), err=True)
    except NothingTaken as nothing:
        if some:
            raise
        click.echo(str(nothing), err=True)
