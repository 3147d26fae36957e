"""`openprotect cohort english`, `diff`, `runs` and `on`: what a definition says, what a change does, who was in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from openprotect.cli.days import Day
from openprotect.cli.published_lists import say_what_was_taken
from openprotect.lib.errors import Refusal
from openprotect.lib.london import today

if TYPE_CHECKING:
    from openprotect.governance.scope import Scope
    from openprotect.jobs.cohorts import MayBeRead
    from openprotect.journey.identify.facts import Change, Moves
    from openprotect.journey.identify.queries import Run
    from openprotect.programmes.codelists import CodeList
    from openprotect.programmes.definitions.cohort import Cohort

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_DAY = Day()
_AT_A_TIME = 1000


class NotComparable(Refusal):
    """A run can only be compared with another run of the same programme: '{before}' and '{after}' are not two of them."""


class NoSuchRun(Refusal):
    """There is no run '{run}'. 'openprotect cohort runs PROGRAMME' lists those there are."""


class NoRunYet(Refusal):
    """No cohort of '{programme}' had been run by the end of {day}."""


class NoSuchVersion(Refusal):
    """No version '{version}' is published. Name one as PROGRAMME@VERSION, or the folder of a pack."""


class NoSuchProgramme(Refusal):
    """No version of a programme '{programme}' is published here, so its cohort has no run."""


class RunsHaveRun(Refusal):
    """--effect is for two versions of a definition: what two runs did is said without it."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a definition, and the run that it is of, if it is of one."""

    name: str
    cohort: Cohort
    lists: Mapping[str, CodeList]
    version: int | None = None
    run: Run | None = None


@click.command()
@click.option("--codelists", type=_FOLDER, help="Folder of published code lists.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("pack", type=_FOLDER)
def english(pack: Path, codelists: Path | None, as_json: bool) -> None:
    """Read aloud what the definition of PACK says, for who signs it."""
    from openprotect.journey.identify.english import as_text, read_definition
    from openprotect.programmes.cohort_lists import read_cohort

    found = read_cohort(pack, codelists)
    say_what_was_taken(found.cohort, codelists)
    definition = read_definition(found.cohort, found.lists)
    for note in found.unlocked:
        click.echo(note, err=True)
    pack_hash, faults = _hash(pack, codelists)
    if as_json:
        click.echo(_json({"version": found.version, "pack_hash": pack_hash, **asdict(definition)}))
        return
    draft = f"A draft, not a version to sign: 'openprotect pack check' finds {faults} fault{'s' * (faults != 1)}."
    click.echo(as_text(definition, found.version, f"SHA-256 of its files: {pack_hash}" if pack_hash else draft))


def _hash(pack: Path, codelists: Path | None) -> tuple[str | None, int]:
    """The hash under which a pack would be published, or why it would not be: the number of its faults."""
    from openprotect.cli.pack import faring_well
    from openprotect.programmes.loader import PackHasFaults, load_pack

    try:
        return faring_well(load_pack(pack, codelists)).hash, 0
    except PackHasFaults as refused:
        return None, len(refused.faults)


@click.command()
@click.option("--codelists", type=_FOLDER, help="Folder of published code lists.")
@click.option(
    "--effect", is_flag=True, help="Also who would come in and go out, over the same records. Nobody joins or leaves."
)
@click.option("--dataset", help="Records to read for --effect; the last import if left out.")
@click.option("--as-of", type=_DAY, help="The index date for --effect; today if left out.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("before")
@click.argument("after")
def diff(
    before: str,
    after: str,
    codelists: Path | None,
    effect: bool,
    dataset: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """What AFTER says that BEFORE does not, in words; between two runs also who came in and went out.

    Each is the folder of a pack, a published version (covid-protect@2026.1) or a run (covid-protect#3).
    """
    with _session(before, after, records=effect) as by:
        was, now = (_side(each, codelists, by) for each in (before, after))
        if was.name == now.name and before != after:  # a version and what is to follow it, with its number still
            was, now = (replace(side, name=f"{side.name} ({name})") for side, name in ((was, before), (now, after)))
        from openprotect.journey.identify.differences import compare

        changes = compare((was.cohort, was.lists), (now.cohort, now.lists))
        people = _moved(was, now, by)
        if effect and people is not None:
            raise RunsHaveRun
        if effect:
            people = _would_move(was, now, dataset, as_of, by)
    if as_json:
        told = {"before": was.name, "after": now.name, "definition": [asdict(change) for change in changes]}
        click.echo(_json({**told, "people": asdict(people) if people else None}))
    else:
        _tell(was, now, changes, people)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("programme")
def runs(programme: str, as_json: bool) -> None:
    """The runs of PROGRAMME's cohort, the latest first, and what each is pinned to."""
    from openprotect.cli.session import ready

    with ready(), _scope() as by:
        from openprotect.journey.identify import queries
        from openprotect.programmes import queries as programmes

        found = [_about(run) for run in queries.runs(programme, scope=by)]
        if not found and not programmes.versions(programme):
            raise NoSuchProgramme(programme=programme)
    if as_json:
        click.echo(_json(found))
    elif not found:
        click.echo(f"The cohort of {programme} has not been run.", err=True)
    for run in [] if as_json else found:
        said = f"{run['people']:,} people, {run['joined']:,} joined, {run['left']:,} left"
        click.echo(f"{run['run']}  {run['ran_at'][:16]}  index date {run['index_date']}  {run['version']}  {said}")


@click.command(name="on")
@click.option("--person", type=click.UUID, help="This person alone, by their id in the service.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("day", type=_DAY)
@click.argument("programme")
def was_in(day: datetime, programme: str, person: UUID | None, as_json: bool) -> None:
    """Who was in the cohort of PROGRAMME at the end of DAY, and why each of them, by their ids."""
    from openprotect.cli.session import ready

    with ready(), _scope() as by:
        from openprotect.governance.actions import record
        from openprotect.journey.identify import queries

        run = queries.run_on(programme, day.date(), scope=by)
        if run is None:
            raise NoRunYet(programme=programme, day=day.date())
        record("asked who was in", by=by, person=person, of="cohort run", id=run.id)
        members: list[dict[str, Any]] = []
        after = None
        while found := queries.who_was_in(run, after=after, person=person, limit=_AT_A_TIME, scope=by):
            after = found[-1].person
            members += [asdict(each) for each in found]
            if person is not None:
                break
    if as_json:
        click.echo(_json({**_about(run), "members": members}))
        return
    click.echo(f"{_about(run)['run']}, version {run.pack_version.version}, index date {run.index_date}")
    for member in members:
        for why in member["reasons"]:
            click.echo(f"{member['person']}  {why['rule']} ({why['group']})  {why['reason']}")
    click.echo(f"{len(members):,} people.")


@contextmanager
def _session(*names: str, records: bool) -> Iterator[Scope | None]:
    """The database where a name stands for something in it, or `records` are read and there is one."""
    from openprotect.cli.session import has_database, ready

    if not any("#" in name or "@" in name for name in names) and not (records and has_database()):
        yield None
        return
    with ready(), _scope() as by:
        yield by


@contextmanager
def _scope() -> Iterator[Scope]:
    from openprotect.governance import clock
    from openprotect.governance.scope import enter, system

    with enter(system("command line", now=clock.now())) as by:
        yield by


def _side(name: str, codelists: Path | None, by: Scope | None) -> Side:
    if "#" not in name and "@" not in name:
        from openprotect.programmes.cohort_lists import CohortHasFaults, NoCohort, read_cohort

        if not Path(name).is_dir():
            raise NoCohort(folder=name)
        try:
            found = read_cohort(Path(name), codelists)
        except CohortHasFaults as refused:  # of two packs, which
            raise CohortHasFaults([replace(fault, file=f"{name}: {fault.file}") for fault in refused.faults]) from None
        say_what_was_taken(found.cohort, codelists, some=False)
        for note in found.unlocked:
            click.echo(f"{name}: {note}", err=True)
        return Side(f"{found.cohort.name} {found.version}", found.cohort, found.lists)
    assert by is not None
    from openprotect.journey.identify import queries
    from openprotect.programmes import queries as programmes

    run, version = None, None
    if "#" in name:
        programme, _, number = name.partition("#")
        run = queries.run(programme, int(number), scope=by) if number.isdecimal() else None
        if run is None:
            raise NoSuchRun(run=name)
        version = run.pack_version_id
    else:
        version = programmes.version_id(*name.split("@", 1))
        if version is None:
            raise NoSuchVersion(version=name)
    cohort, lists = programmes.cohort_with_lists(version)
    return Side(name, cohort, lists, version, run)


def _moved(was: Side, now: Side, by: Scope | None) -> Moves | None:
    if was.run is None and now.run is None:
        return None
    if was.run is None or now.run is None or was.run.programme != now.run.programme:
        raise NotComparable(before=was.name, after=now.name)
    assert by is not None
    from openprotect.journey.identify import queries

    return queries.moves(was.run, now.run, queries.EVERYBODY, scope=by)


def _would_move(was: Side, now: Side, dataset: str | None, as_of: datetime | None, by: Scope | None) -> Moves:
    from openprotect.cli.records import population
    from openprotect.journey.identify.engine import run_cohort
    from openprotect.journey.identify.moves import would_move
    from openprotect.journey.identify.words import tables_left_out

    plane = population()
    dataset = dataset or plane.last()
    day = as_of.date() if as_of else today(by.now if by else datetime.now(UTC))
    may = _may_be_read(was, now, plane.manifest(dataset).sources, by)
    if may is None:
        before, after = (run_cohort(each.cohort, each.lists, plane, dataset, day) for each in (was, now))
        return would_move(before, after, plane, dataset, day)
    for note in tables_left_out(may.left_out):
        click.echo(note, err=True)
    before, after = (may.run(each.cohort, each.lists, plane, dataset, day) for each in (was, now))
    return would_move(before, after, plane, dataset, day, may.localities)


def _may_be_read(was: Side, now: Side, sources: Mapping[str, str], by: Scope | None) -> MayBeRead | None:
    """What a run would read, on the basis of the version that is published; of a programme that has none no list."""
    if by is None:
        click.echo("Without a database nobody stands on an imported list.", err=True)
        return None
    from openprotect.governance.actions import record
    from openprotect.governance.scope import enter
    from openprotect.jobs import cohorts

    version = now.version or was.version or published(now.cohort) or published(was.cohort)
    if version is None:
        said = f"No version of {now.cohort.name} is published here: nobody stands on an imported list for it."
        record("effect of a change counted", by=by, of="programme", id=now.cohort.name, why="no version published")
        click.echo(said, err=True)
        return None
    may = cohorts.what_may_be_read(version, (was.cohort, now.cohort), sources, by=by)
    with enter(replace(by, basis=may.basis)) as under:
        record(
            "effect of a change counted", by=under, of="pack version", id=version, why=f"{was.name} to {now.name}"[:120]
        )
    return may


def published(cohort: Cohort) -> int | None:
    """The version of a programme that runs, or the last one published: a folder rests on the same legal bases."""
    from openprotect.programmes import queries as programmes

    programme = cohort.name
    last = (version.id for version in programmes.versions(programme))
    return programmes.switched_on().get(programme) or next(last, None)


def _about(run: Run) -> dict[str, Any]:
    return {
        "run": f"{run.programme}#{run.number}",
        "ran_at": run.ran_at.isoformat(),
        "index_date": run.index_date.isoformat(),
        "dataset": run.dataset,
        "version": run.pack_version.version,
        "pack_hash": run.pack_version.hash,
        "codelists": run.codelists,
        "data_age": run.data_age,
        "left_out": run.left_out,
        "notes": run.notes,
        "people": run.people,
        "groups": run.groups,
        "excluded": run.excluded,
        "attrition": run.attrition,
        "joined": run.joined,
        "left": run.left,
    }


def _tell(was: Side, now: Side, changes: tuple[Change, ...], people: Moves | None) -> None:
    from openprotect.journey.identify.differences import change_lines

    click.echo(f"From {was.name} to {now.name}")
    click.echo()
    if not changes:
        click.echo("Both definitions say the same.")
    for change in changes:
        for line in change_lines(change):
            click.echo(line)
    if people is None:
        return
    click.echo()
    click.echo(f"{people.before:,} people before, {people.after:,} after:")
    click.echo(f"  {people.people.came:,} come in, {people.people.went:,} go out.")
    for dimension, flows in people.by.items():
        if flows:
            click.echo()
            width = max(len(dimension), *(len(value) for value in flows))
            click.echo(f"{dimension.capitalize():<{width}}  {'in':>8}  {'out':>8}")
            for value, flow in flows.items():
                click.echo(f"{value:<{width}}  {flow.came:>8,}  {flow.went:>8,}")


def _json(told: object) -> str:
    return json.dumps(told, default=str, ensure_ascii=False)
