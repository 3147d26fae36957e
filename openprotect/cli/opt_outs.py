"""`openprotect opt-outs`: the exchange with the national data opt-out service."""

import os
from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("opt-outs")
def opt_outs() -> None:
    """Exchange NHS numbers with the national data opt-out service."""


@opt_outs.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def send(path: Path) -> None:
    """Write to FILE the NHS number of everybody held here or in imported records, one a line.

    It is what the national service takes. Everybody whose records could be used beyond their own care
    is in it. FILE must not be there yet.
    """
    from openprotect.people.errors import FileIsThere

    if path.exists():
        raise FileIsThere(name=path.name)
    from openprotect.cli.session import ready

    with ready():
        from openprotect.cli.records import population
        from openprotect.governance import clock, scope
        from openprotect.journey import flow
        from openprotect.people import opt_outs

        now = clock.now()
        by = scope.system("command line", now=now)
        with scope.enter(by):
            numbers = opt_outs.numbers_held(scope=by) | population().nhs_numbers()
            content = flow.perform(opt_outs.send, by=by, now=now, numbers=numbers)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                raise FileIsThere(name=path.name) from None
            except OSError as error:
                raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None
            with open(handle, "wb") as file:
                file.write(content)
    click.echo(f"{path.name}: {len(numbers):,} NHS numbers. Keep it: the answer is received together with it.")


@opt_outs.command()
@click.argument("sent", type=_FILE)
@click.argument("cleaned", type=_FILE)
def receive(sent: Path, cleaned: Path) -> None:
    """Take in CLEANED, the answer of the national service to the file SENT.

    Whoever is missing in it has opted out; whoever had and is in it has not any more. A file with a
    fault changes nothing: each fault is said, and the exit code is 2.
    """
    from openprotect.interop.feeds.number_lists import read_numbers

    files = read_numbers(sent), read_numbers(cleaned)  # before any database is asked
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.journey import flow
        from openprotect.people import opt_outs

        now = clock.now()
        by = scope.system("command line", now=now)
        done = flow.perform(opt_outs.receive, by=by, now=now, sent=files[0], cleaned=files[1])
    click.echo(
        f"{done.sent:,} sent = {done.cleaned:,} cleaned + {done.opted_out:,} opted out;"
        f" {done.newly:,} newly, {done.no_longer:,} no longer."
    )
