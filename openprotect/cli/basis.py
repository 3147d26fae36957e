"""`openprotect basis`: legal bases from files."""

from pathlib import Path

import click


@click.group()
def basis() -> None:
    """State legal bases from a file, and list them."""


@basis.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(path: Path) -> None:
    """State the legal bases in FILE, with the extensions that are known by now.

    A file with a fault changes nothing: each fault is said, and the exit code is 2. Loaded again it brings in
    what was announced since.
    """
    from openprotect.interop.feeds.legal_bases import read_bases

    found = read_bases(path)  # before any database is asked
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.governance.actions import load_bases
        from openprotect.journey import flow

        now = clock.now()
        new = flow.perform(load_bases, bases=found, by=scope.system("command line", now=now), now=now)
    click.echo(f"{path.name}: {len(found)} legal bases = {new} new + {len(found) - new} stated before.")


@basis.command("list")
def show() -> None:
    """Say which legal bases there are, and until when."""
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.governance.queries import basis_register

        with scope.enter(scope.system("command line", now=clock.now())) as by:
            views = basis_register(scope=by)
    for view in views:
        left = "" if view.days_left is None or view.state != "live" else f", ends in {view.days_left} days"
        click.echo(f"{view.state:<17} {view.basis.key:<24} {view.basis.title}{left}")
