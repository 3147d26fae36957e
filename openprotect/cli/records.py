"""`openprotect import records`: the records of a population."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openprotect.people.population import Population

FORMATS = ("synthea", "tables")


def population() -> "Population":
    """The population plane of this installation, in its data folder."""
    from openprotect.config import environment
    from openprotect.people.population import Population

    return Population(Path(environment.read(os.environ, home=Path.home()).data) / "population")


@click.command()
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What the files are.")
@click.option("--dataset", help="The name to keep them under; the format's name if left out.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def records(form: str, dataset: str | None, folder: Path) -> None:
    """Import the records in FOLDER, in place of what the dataset held.

    A file with a fault changes nothing: each fault is said, and the exit code is 2.
    """
    from openprotect.interop.feeds.records import import_records
    from openprotect.interop.feeds.synthea import SYNTHEA
    from openprotect.interop.feeds.tables import TABLES_FORMAT

    formats = {read.name: read for read in (SYNTHEA, TABLES_FORMAT)}
    imported = import_records(
        folder, form=formats[form], population=population(), dataset=dataset or form, now=datetime.now(UTC)
    )
    for note in imported.notes:
        click.echo(note, err=True)
    for name, totals in imported.manifest.files.items():
        click.echo(f"{name}: {totals.rows:,} rows = {totals.kept:,} kept + {totals.duplicate:,} duplicate")
    click.echo(f"{imported.manifest.tables['people']:,} people are in the dataset '{imported.manifest.dataset}'.")
