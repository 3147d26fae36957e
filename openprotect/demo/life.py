"""Live the days of a demo: the service's own actions and worker code, with `now` passed in.

Nothing is inserted into history. Each day goes from hour to hour: the sweeper does what is due,
the made-up people answer what reached them, call handlers ring, reviewers and partners work.
What somebody does is decided by hashing who and what it is about (`behaviour.py`), so doing an
hour again after an interruption changes nothing, and the same seed lives the same days.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from tqdm import tqdm

from openprotect.demo import opt_outs, players, registers, seen, setting_up
from openprotect.demo.crowd import crowd, hurry
from openprotect.demo.living import Living
from openprotect.demo.synthesise.population import synthesise
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.facts.law import DIRECT_CARE
from openprotect.governance.queries import require_basis, user_id_of
from openprotect.governance.scope import Scope, enter, system
from openprotect.interop.feeds.list_entries import entries
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.shielded_list import read_shielded_list
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.jobs import cohorts, sweeper
from openprotect.jobs.worker import run_jobs
from openprotect.journey import flow
from openprotect.journey.learn import queries as learn
from openprotect.lib.errors import Refusal
from openprotect.lib.london import at
from openprotect.people import actions as people
from openprotect.people.errors import ListAlreadyReceived
from openprotect.people.population import Population
from openprotect.programmes import actions as programmes
from openprotect.programmes.definitions import Pack
from openprotect.programmes.loader import load_pack
from openprotect.programmes.queries import switched_on

DATASET = "demo"
HOURS = (8, 11, 14, 18)
MORNING = range(8, 13, 2)
COUNTED_AT = time(23, 0)
SECOND_LIST_AFTER = timedelta(days=7)


class AnotherDemo(Refusal):
    """There is a demo already, of {people} people from {start} on (seed {seed}). It goes on as it
    is; to make another one, run `make demo-reset` first.
    """


@dataclass(frozen=True)
class Made:
    """What a demo was asked to be."""

    people: int
    days: int
    seed: int
    start: str


def live(*, people: int, days: int, seed: int, start: date) -> list[dict[str, object]]:
    """Make the population and live its days, or go on where an earlier demo was interrupted.

    Returns the ledger of each day lived: date, listed, and people by state. Raises AnotherDemo.
    """
    folder = settings.DATA / "demo"
    made = _made(folder, Made(people, days, seed, start.isoformat()))
    files = folder / "files"
    population = Population(folder / "population")
    opening = at(start, time(HOURS[0]))
    ahead = [d for d in _days(start, made.days) if not _done(folder, d.isoformat())]
    playing = crowd(players.living_of, seed=seed, files=files, start=start) if ahead else nullcontext(_nobody)
    with playing as play:
        if not _done(folder, "made"):
            gc.freeze()  # all that was loaded so far: looked through again for each new thousand of people
            _make(made, files, population, opening)
            _tick_off(folder, "made")
        living = players.living_of(seed=seed, files=files, start=start)
        hurry()
        for day in tqdm(ahead, unit=" days", desc="Living", delay=2, leave=False):
            _live_day(day, start, living, play, files, population)
            _tick_off(folder, day.isoformat())
    if not _done(folder, "lived"):
        _leave_a_morning_of_work(living, start + timedelta(days=made.days))
        _tick_off(folder, "lived")
    else:
        clock.set_clock(clock.stood_at(), running=True)
    return ledger(made, start)


def ledger(made: Made, start: date) -> list[dict[str, object]]:
    """The recorded days, as the JSON of `openprotect demo --json`."""
    with enter(system("demo", now=clock.now())) as scope:
        lines = learn.ledger_by_day("covid-protect", scope=scope)
    last = start + timedelta(days=made.days)
    return [
        {"date": line.date.isoformat(), "listed": line.listed, "states": dict(line.states)}
        for line in lines
        if line.date < last
    ]


def _make(made: Made, files: Path, population: Population, now: datetime) -> None:
    codelists = next(players.PACK.glob("*/codelists"))
    with tqdm(total=made.people, unit=" people", unit_scale=True, desc="Making", delay=2, leave=False) as bar:
        start = date.fromisoformat(made.start)
        synthesise(files, people=made.people, seed=made.seed, start=start, codelists=codelists, progress=bar.update)
    clock.set_clock(now, running=False)
    pack = load_pack(players.PACK)
    by = system("demo", now=now)
    steps = (
        lambda: setting_up.set_up(organisations=files / "organisations.csv", pack=pack, now=now),
        lambda: registers.fill(now=now),
        lambda: _receive_list(files / "shielded-list-v1.csv", now),
        lambda: import_records(files, form=TABLES_FORMAT, population=population, dataset=DATASET, now=now),
        lambda: _switch_on(pack, by),
        lambda: _run_cohort(population, now),
    )
    for step in tqdm(steps, unit=" steps", desc="Importing the list and records, running the cohort", leave=False):
        step()


def _switch_on(pack: Pack, by: Scope) -> None:
    version = flow.perform(programmes.publish_pack, by=by, now=by.now, pack=pack)
    flow.perform(programmes.switch_on, by=by, now=by.now, version=version)


def _live_day(
    day: date,
    start: date,
    living: Living,
    play: Callable[[str, datetime], None],
    files: Path,
    population: Population,
) -> None:
    for hour in HOURS:
        now = at(day, time(hour))
        clock.set_clock(now, running=False)
        if hour == HOURS[0] and day == start + SECOND_LIST_AFTER:
            _receive_list(files / "shielded-list-v2.csv", now)
            _run_cohort(population, now)
        if hour == HOURS[0]:
            living.learn_of_deaths(day, now)
        sweeper.sweep(now=now)
        for what in ("answer", "ring", "work"):
            play(what, now)
        run_jobs()
    now = at(day, COUNTED_AT)
    clock.set_clock(now, running=False)
    sweeper.sweep(now=now)
    sweeper.record_day(now=now)


def _nobody(what: str, now: datetime) -> None:
    """Nobody does anything: no day is left to be lived."""


def _leave_a_morning_of_work(living: Living, day: date) -> None:
    """On the morning after, people have answered and nobody has worked: that is yours to do.

    The reviewer of the demo is moved to the practice that most is asked of.
    """
    for hour in MORNING:
        now = at(day, time(hour))
        clock.set_clock(now, running=False)
        sweeper.sweep(now=now)
        living.answer(now)
    by = system("demo", now=now)
    with enter(by):
        busiest = seen.busiest_practice(scope=by)
    reviewer = user_id_of("practice-reviewer")
    if busiest and reviewer:
        flow.perform(governance.transfer, by=by, now=now, user=reviewer, organisation=busiest)
    sweeper.record_day(now=now)
    clock.set_clock(now, running=True)


def _receive_list(path: Path, now: datetime) -> None:
    file = read_shielded_list(path)
    by = system("demo", now=now)
    with enter(by):
        basis = require_basis(purpose=DIRECT_CARE, now=now)
    with suppress(ListAlreadyReceived):  # the hour is lived again after an interruption
        flow.perform(
            people.receive_list,
            by=by,
            now=now,
            name=file.list_name,
            label=file.version,
            file_name=path.name,
            sha256=file.sha256,
            entries=entries(file),
            duplicates=file.duplicates,
            basis=basis,
        )


def _run_cohort(population: Population, now: datetime) -> None:
    with enter(system("demo", now=now)):
        version = switched_on()["covid-protect"]
    opt_outs.exchange(population, now=now)
    cohorts.run(pack_version=version, population=population, dataset=DATASET, index_date=now.date(), now=now)


def _days(start: date, days: int) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(days))


def _made(folder: Path, wanted: Made) -> Made:
    """What the demo in this folder is. A new one is noted down before anything is made."""
    note = folder / "demo.json"
    if note.exists():
        there = Made(**json.loads(note.read_text(encoding="utf-8")))
        if there != wanted:
            raise AnotherDemo(**asdict(there))
        return there
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    note.write_text(json.dumps(asdict(wanted)), encoding="utf-8")
    return wanted


def _done(folder: Path, step: str) -> bool:
    return (folder / "done" / step).exists()


def _tick_off(folder: Path, step: str) -> None:
    (folder / "done").mkdir(exist_ok=True)
    (folder / "done" / step).touch()
