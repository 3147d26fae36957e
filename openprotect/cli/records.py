"""`openprotect import records`: the records of a population."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openprotect.people.population import Population

FORMATS = ("fhir", "synthea", "tables")
TAKE_OUT = ("deleted", "removed.csv", "removed.parquet")
"""What says which people and entries leave the records: `deleted` of a FHIR export, or a table of people."""


def population() -> "Population":
    """The population plane of this installation, in its data folder. Raises NotPrivate."""
    from openprotect.config import environment, keys
    from openprotect.people.population import Population

    settings = environment.read(os.environ, home=Path.home())
    key = settings.pseudonym_key or keys.kept_or_made(settings.data, environment.KEYS)["pseudonym_key"]
    found = Population(settings.data / "population", key=key)
    found.require_private()
    return found


@click.command()
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What the files are.")
@click.option("--dataset", help="The name to keep them under; the format's name if left out.")
@click.option("--changes", is_flag=True, help="Add what is in FOLDER to the dataset, instead of taking its place.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="TABLE=SOURCE",
    help="Where a table's records come from, for its basis.",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def records(form: str, dataset: str | None, changes: bool, sources: tuple[str, ...], folder: Path) -> None:
    """Import the records in FOLDER, in place of what the dataset held.

    A file with a fault changes nothing: each fault is said, and the exit code is 2.
    """
    from openprotect.interop.feeds.fhir import FHIR
    from openprotect.interop.feeds.records import RecordFormat, import_records, sources_given
    from openprotect.interop.feeds.synthea import SYNTHEA
    from openprotect.interop.feeds.tables import TABLES_FORMAT

    formats: dict[str, RecordFormat] = {read.name: read for read in (FHIR, SYNTHEA, TABLES_FORMAT)}
    imported = import_records(
        folder,
        form=formats[form],
        population=population(),
        dataset=dataset or form,
        now=datetime.now(UTC),
        changes=changes,
        sources=sources_given(sources),
    )
    for note in (*imported.notes, *_on_no_basis(sources_given(sources))):
        click.echo(note, err=True)
    manifest = imported.manifest
    for name, totals in manifest.files.items():
        skipped = "".join(f" + {number:,} {reason}" for reason, number in totals.skipped.items())
        kept = "taken out" if name in TAKE_OUT else "kept"
        click.echo(f"{name}: {totals.rows:,} rows = {totals.kept:,} {kept} + {totals.duplicate:,} duplicate{skipped}")
    if imported.same:
        click.echo("These are the files of the last import, and nothing has changed.")
    else:
        for name, counted in manifest.changes.items():
            said = ", ".join(f"{number:,} {what}" for what, number in counted.items() if number)
            click.echo(f"{name}: {said or 'nothing has changed'}")
    click.echo(f"{manifest.tables['people']:,} people are in the dataset '{manifest.dataset}'.")


def _on_no_basis(given: Mapping[str, str]) -> list[str]:
    """A sentence for each table that is said to come from where no legal basis reaches: a run leaves it out."""
    from openprotect.cli.session import has_database, ready
    from openprotect.people.population import SOURCES

    if not given:
        return []
    if not has_database():
        known = set(SOURCES.values())
        said = "{table}: a run reads them only where a legal basis names their source, {source}."
        return [said.format(table=table, source=source) for table, source in given.items() if source not in known]
    with ready():
        from openprotect.governance import clock, queries
        from openprotect.governance.scope import enter, system

        now = clock.now()
        with enter(system("command line", now=now)):
            covered = {each for each in set(given.values()) if queries.live_basis(source=each, now=now) is not None}
    return [
        f"{table}: no legal basis in force names their source, {source}. They are kept, and a run leaves all of them out."
        for table, source in given.items()
        if source not in covered
    ]
