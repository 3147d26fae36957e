"""`openprotect audit`: is the audit trail as it was sealed? Needs nothing of the service but its addresses."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from openprotect.governance import chain


@click.group()
def audit() -> None:
    """Verify and export the sealed audit trail."""


@audit.command()
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify this export instead of the database. Needs no database.",
)
@click.option(
    "--anchor",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that the head was written down in; OPENPROTECT_ANCHOR if left out.",
)
@click.option("--database", metavar="URL", help="Another database, as any role that may read the trail.")
@click.pass_context
def verify(ctx: click.Context, file: Path | None, anchor: Path | None, database: str | None) -> None:
    """Say whether any event or seal was changed, removed, put in or recomputed, and which.

    Exit codes: 0 intact; 1 broken, with a line for each finding; 2 it cannot be judged.
    """
    if file and database:
        raise click.UsageError("--file and --database do not go together.")
    anchor = anchor or _anchor()
    if file or database:
        ctx.exit(chain.run(click.echo, file=file, database=database, anchor=anchor))
    with _database() as url:
        ctx.exit(chain.run(click.echo, database=url, anchor=anchor))


@audit.command()
@click.argument("file", type=click.Path(exists=False, dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the trail with its seals to FILE, as JSON lines, to be verified elsewhere."""
    if os.path.lexists(file):
        raise click.UsageError(f"{file} is there already: give the name of a new file.")
    import psycopg

    with _database() as url, psycopg.connect(url) as connection:
        try:
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from None
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                sealed = chain.export(chain.Database(connection), out.write)
            Path(name).rename(file)
        finally:
            Path(name).unlink(missing_ok=True)
    click.echo(f"{sealed:,} sealed events are in {file}.")


@contextmanager
def _database() -> Iterator[str]:
    """The address of the database of the settings, or of the embedded one."""
    from openprotect.config import database

    with database.for_this_process() as urls:
        yield urls.app


def _anchor() -> Path | None:
    from openprotect.config import environment

    given = environment.read({"OPENPROTECT_MODE": _mode(), **_without_mode()}, home=Path.home()).anchor
    return given if given and given.exists() else None


def _mode() -> str:
    return os.environ.get("OPENPROTECT_MODE", "").strip() or "demo"


def _without_mode() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "OPENPROTECT_MODE"}
