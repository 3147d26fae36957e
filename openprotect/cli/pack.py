"""openprotect pack: check the files of a programme, and publish them."""

from pathlib import Path

import click

from openprotect.cli.published_lists import say_what_was_taken
from openprotect.journey.triage.examples import run_examples
from openprotect.programmes.cohort_lists import read_cohort
from openprotect.programmes.definitions import Pack
from openprotect.programmes.loader import PackHasFaults, load_pack, lock_pack
from openprotect.programmes.lock import LOCK

_DIR = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
_CODELISTS = click.option(
    "--codelists",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Take the published code lists that the pack names from this folder.",
)


@click.group()
def pack() -> None:
    """Check and publish a programme's files."""


@pack.command()
@_DIR
@_CODELISTS
def check(directory: Path, codelists: Path | None) -> None:
    """Say every fault of the pack in DIR, by file and line. Needs no database."""
    checked = checked_pack(directory, codelists)
    click.echo("0 faults")
    click.echo(_summary(checked))
    if LOCK not in checked.files and any(use.published for use in checked.cohort.lists.values()):
        said = "The published lists are not locked: until this version is published they may change in silence."
        click.echo(f"{said} 'openprotect pack lock' holds them to what they are.", err=True)


@pack.command()
@_DIR
@_CODELISTS
def lock(directory: Path, codelists: Path | None) -> None:
    """Write codelists.lock, the hash of each code list of the pack in DIR.

    A list that changes afterwards needs a new version of the pack: the check says so.
    """
    if codelists:
        say_what_was_taken(read_cohort(directory, codelists).cohort, codelists)
    path, number = lock_pack(directory, codelists)
    click.echo(f"{number} {'list' if number == 1 else 'lists'} locked in {path}")


@pack.command()
@_DIR
@_CODELISTS
def publish(directory: Path, codelists: Path | None) -> None:
    """Check the pack in DIR, freeze it, and record its hash."""
    checked = checked_pack(directory, codelists)
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import clock, scope
        from openprotect.programmes.actions import publish_pack

        now = clock.now()
        by = scope.system("command line", now=now)
        with scope.enter(by):
            publish_pack(pack=checked, by=by, now=now)
    programme = checked.programme
    click.echo(f"{programme.key} {programme.version} is published and frozen: {checked.hash}")


def checked_pack(directory: Path, codelists: Path | None) -> Pack:
    """The pack, whose made-up people fare as it says, and what was taken from `codelists` said. Raises PackHasFaults."""
    checked = load_pack(directory, codelists)
    say_what_was_taken(checked.cohort, codelists)
    return faring_well(checked)


def faring_well(checked: Pack) -> Pack:
    """The same pack, where its made-up people fare as it says. Raises PackHasFaults."""
    if faults := run_examples(checked):
        raise PackHasFaults(faults)
    return checked


def _summary(checked: Pack) -> str:
    parts = (
        (len(list(checked.questionnaire.questions())), "questions"),
        (len(checked.triage.rows), "rows"),
        (len(checked.messages), "messages"),
        (len(checked.examples), "examples"),
    )
    counted = ", ".join(f"{number} {noun}" for number, noun in parts)
    programme = checked.programme
    return f"{programme.key} {programme.version}: {counted}, hash {checked.hash}"
