"""`openprotect cohort`: who is in a programme, and why."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openprotect.cli import comparing
from openprotect.cli.days import Day
from openprotect.cli.published_lists import say_what_was_taken
from openprotect.lib.london import today

if TYPE_CHECKING:
    from openprotect.jobs.cohorts import MayBeRead
    from openprotect.journey.identify.facts import CohortResult
    from openprotect.people.population import Population
    from openprotect.people.pseudonyms import Pseudonyms
    from openprotect.programmes.definitions.cohort import Cohort

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--dataset", help="Records to read; the last import if left out."),
        click.option("--codelists", type=_FOLDER, help="Folder of published code lists."),
        click.option("--as-of", type=Day(), help="The index date; today if left out."),
        click.argument("pack", type=_FOLDER),
    ):
        command = option(command)
    return command


@click.group()
def cohort() -> None:
    """Find who is in a programme, and say why."""


for command in (comparing.english, comparing.diff, comparing.runs, comparing.was_in):
    cohort.add_command(command)


@cohort.command()
@_options
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON: what was read on the last line but one, the figures on the last."
)
@click.option(
    "--preview",
    is_flag=True,
    help="Say who would be in, and write nothing. Reads what a run may read; without a database everything.",
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What computes it: in process, or the Spark that OPENPROTECT_SPARK names.",
)
def run(
    pack: Path,
    as_of: datetime | None,
    codelists: Path | None,
    dataset: str | None,
    as_json: bool,
    preview: bool,
    engine: str,
) -> None:
    """Who is in the cohort of PACK, by group, and who was left out.

    The people found become members and are planned to be contacted: `openprotect worker` does
    what is due.
    """
    from openprotect.journey.identify.words import tables_left_out

    population = _population()
    dataset = dataset or population.last()
    age = {table: day.isoformat() for table, day in population.manifest(dataset).data_age().items()}
    spark = os.environ.get("OPENPROTECT_SPARK") or "local[*]" if engine == "spark" else None
    result = (_computed if preview else _kept)(pack, codelists, population, dataset, _day(as_of), spark)
    for note in (*tables_left_out(result.left_out), *result.notes):
        click.echo(note, err=True)
    if as_json:
        from openprotect.journey.identify.facts import OPT_OUTS

        click.echo(json.dumps({"data_age": age, "left_out": result.left_out}))
        # Of opt-outs those that left somebody out: what a pack excludes is its own, and always said.
        excluded = {key: number for key, number in result.excluded.items() if number or key not in OPT_OUTS}
        click.echo(json.dumps({"people": result.people, "groups": result.groups, "excluded": excluded}))
    else:
        _show(result, age, population.pseudonyms(dataset))


@cohort.command()
@_options
@click.argument("person")
def explain(pack: Path, as_of: datetime | None, codelists: Path | None, dataset: str | None, person: str) -> None:
    """Why PERSON (an id in the records, or an NHS number) is in the cohort of PACK or not.

    It is a view of their record: where there is a database, it is written down there first, and read is what a
    run of the published programme may read: lists too, and no records of whoever opted out.
    """
    from dataclasses import replace

    from openprotect.journey.identify.explain import as_text, explain_person
    from openprotect.journey.identify.words import tables_left_out
    from openprotect.programmes.cohort_lists import read_cohort

    population = _population()
    dataset = dataset or population.last()
    found = read_cohort(pack, codelists)
    say_what_was_taken(found.cohort, codelists)
    known_as = population.find(dataset, person)
    may = _written_down(known_as, person, found.cohort, population.manifest(dataset).sources)
    given = (may.lists, may.known, may.localities, may.covered) if may else ()
    whom = known_as or person
    explanation = explain_person(found.cohort, found.lists, population, dataset, _day(as_of), whom, *given)
    for note in (*found.unlocked, *(tables_left_out(may.left_out) if may else ())):
        click.echo(note, err=True)
    click.echo(as_text(replace(explanation, person_id=person) if known_as else explanation))


def _written_down(
    known_as: str | None, person: str, definition: "Cohort", sources: Mapping[str, str]
) -> "MayBeRead | None":
    """Whoever works at this command line looked at somebody's record: what of it may be read.

    Without a database there is nowhere to say so; of a programme of which no version is published there is no
    legal basis to read lists on.
    """
    from openprotect.cli.session import has_database, ready

    if not has_database():
        return None
    with ready():
        from openprotect.governance import clock, scope
        from openprotect.jobs import cohorts
        from openprotect.journey import flow
        from openprotect.people import actions as people

        now = clock.now()
        by = scope.system("command line", now=now)
        flow.perform(people.explained_by_command, by=by, now=now, known_as=known_as or "", named=person)
        with scope.enter(by):
            version = comparing.published(definition)
            return cohorts.what_may_be_read(version, (definition,), sources, by=by) if version else None


def _computed(
    pack: Path, codelists: Path | None, population: "Population", dataset: str, day: date, spark: str | None
) -> "CohortResult":
    """The cohort alone: read is what a run may read, where there is a database that says what that is.

    There it is an event, too.
    """
    from dataclasses import replace

    from openprotect.cli.session import has_database, ready
    from openprotect.journey.identify.engine import run_cohort
    from openprotect.programmes.cohort_lists import read_cohort

    found = read_cohort(pack, codelists)
    for note in found.unlocked:
        click.echo(note, err=True)
    say_what_was_taken(found.cohort, codelists)
    said = "Without a database"
    if has_database():
        with ready():
            from openprotect.governance import clock, scope
            from openprotect.governance.actions import record
            from openprotect.jobs import cohorts

            with scope.enter(scope.system("command line", now=clock.now())) as by:
                if version := comparing.published(found.cohort):
                    sources = population.manifest(dataset).sources
                    may = cohorts.what_may_be_read(version, (found.cohort,), sources, by=by)
                    with scope.enter(replace(by, basis=may.basis)) as under:
                        record("cohort previewed", by=under, of="pack version", id=version, why=f"{dataset}, {day}")
                    return may.run(found.cohort, found.lists, population, dataset, day, spark=spark)
                record("cohort previewed", by=by, of="records", id=dataset, why=f"no version published, {day}")
        said = f"As no version of {found.cohort.name} is published here"
    click.echo(f"{said}, all records are read: no legal basis, opt-out or imported list is looked up.", err=True)
    return run_cohort(found.cohort, found.lists, population, dataset, day, spark=spark)


def _kept(
    pack: Path, codelists: Path | None, population: "Population", dataset: str, day: date, spark: str | None
) -> "CohortResult":
    """Publish the pack, switch it on, and hand the members to the care plane, where contact begins: all or nothing."""
    from openprotect.cli.pack import checked_pack

    checked = checked_pack(pack, codelists)
    from openprotect.cli.session import ready

    with ready():
        from openprotect.cli.care import ensure_board, ensure_opt_outs
        from openprotect.governance import clock, scope
        from openprotect.jobs import cohorts

        now = clock.now()
        by = scope.system("command line", now=now)
        ensure_board(now=now)
        ensure_opt_outs(population, now=now)
        built = cohorts.publish_and_run(
            pack=checked, population=population, dataset=dataset, index_date=day, now=now, spark=spark, by=by
        )
    click.echo(f"{built.joined:,} joined, {built.left:,} left.", err=True)
    return built.result


def _population() -> "Population":
    from openprotect.cli.records import population

    return population()


def _day(as_of: datetime | None) -> date:
    return as_of.date() if as_of else today(datetime.now(UTC))


def _show(result: "CohortResult", age: dict[str, str], pseudonyms: "Pseudonyms") -> None:
    _table("Step", "People", result.attrition)
    _table("Group", "People", result.groups.items())
    if result.excluded:
        _table("Left out", "People", result.excluded.items())
    for table, day in age.items():
        click.echo(f"The latest of the {table} is of {day}.")
    click.echo("First reasons")
    for member in result.members.slice(0, 5).to_pylist():
        known_as = member["person_id"]
        if known_as.startswith("list:"):  # on a list alone: the rest is an NHS number
            known_as = f"list:{pseudonyms.of(known_as)}"
        click.echo(f"  {known_as}  {member['rule']}  {member['reason']}")


def _table(left: str, right: str, rows: Iterable[tuple[str, int]]) -> None:
    lines = [(left, right), *((str(name), f"{number:,}") for name, number in rows)]
    width = max(len(name) for name, _ in lines)
    for name, number in lines:
        click.echo(f"{name:<{width}}  {number:>10}")
    click.echo()
