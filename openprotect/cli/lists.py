"""`openprotect import list`: a new version of a list of people."""

from pathlib import Path

import click


@click.command("list")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def people_list(path: Path) -> None:
    """Take in FILE, a shielded list as a council received it, as the list's next version.

    A file with a fault changes nothing: each fault is said, and the exit code is 2.
    """
    from openprotect.interop.feeds.shielded_list import read_shielded_list

    file = read_shielded_list(path)  # before any database is asked
    from openprotect.cli.session import ready

    with ready():
        from openprotect.cli.care import ensure_board
        from openprotect.governance import clock, scope
        from openprotect.interop.feeds.list_entries import entries
        from openprotect.journey import flow
        from openprotect.people.actions import receive_list

        now = clock.now()
        by = scope.system("command line", now=now)
        totals = flow.perform(
            receive_list,
            by=by,
            now=now,
            name=file.list_name,
            label=file.version,
            file_name=path.name,
            sha256=file.sha256,
            entries=entries(file),
            duplicates=file.duplicates,
            basis=ensure_board(now=now),
        )
    for note in file.notes:
        click.echo(note, err=True)
    click.echo(
        f"{path.name}: {totals.rows_in:,} rows = {totals.new:,} new + {totals.changed:,} changed"
        f" + {totals.unchanged:,} unchanged + {totals.duplicate:,} duplicate + {totals.rejected:,} rejected;"
        f" {totals.removed:,} taken off the list."
    )
