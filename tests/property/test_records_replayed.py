"""Whatever extracts come in whatever order, the records are what a plain model that replays them says."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprotect.interop.feeds.records import Imported, RecordsHaveFaults
from openprotect.people import partitions
from openprotect.people.leaving import Leaving
from openprotect.people.population import NoSuchDataset, Population
from tests.factories.extracts import (
    PEOPLE,
    SEXES,
    TYPE_OF,
    Extract,
    Known,
    Row,
    bring_in,
    held,
    is_empty,
    number_of,
    told,
    written,
)


class Cut(Exception):
    """The import was broken off."""


names = st.sampled_from(PEOPLE)
numbers = st.sampled_from(("own", "own", "own", "none", "ann"))
entries = st.integers(0, 3)


@st.composite
def people(draw: st.DrawFn) -> tuple[str, str, str | None]:
    name, number = draw(names), draw(numbers)
    return name, draw(st.sampled_from(SEXES)), {"own": number_of(name), "ann": number_of("ann")}.get(number)


def rows(form: str) -> st.SearchStrategy[Row]:
    fhir = form == "fhir"
    return st.builds(
        Row,
        table=st.sampled_from(tuple(TYPE_OF)),
        person=st.integers(0, 3),
        day=st.integers(1, 3),
        entry=entries if fhir else st.none() | entries,
        by_number=st.booleans() if fhir else st.just(False),
        in_error=st.sampled_from((False, False, True)) if fhir else st.just(False),
        stranger=st.sampled_from((False,) * 15 + (True,)),
    )


def extracts(form: str) -> st.SearchStrategy[Extract]:
    fhir = form == "fhir"
    few = st.sampled_from((0, 0, 1, 2))
    return st.builds(
        Extract,
        form=st.just(form),
        changes=st.sampled_from((True, True, False)),
        people=st.lists(people(), max_size=4, unique_by=lambda each: each[0]).map(tuple),
        rows=st.lists(rows(form), max_size=6).map(tuple),
        removed=few.flatmap(lambda most: st.lists(names, max_size=most, unique=True)).map(tuple),
        deleted=st.lists(st.tuples(st.sampled_from(tuple(TYPE_OF)), entries), max_size=2 if fhir else 0).map(tuple),
        replaced=st.lists(st.tuples(names, names), max_size=1 if fhir else 0, unique_by=lambda each: each[0]).map(
            tuple
        ),
    )


HOW = st.sampled_from(("new", "new", "new", "again", "as a whole", "cut"))


@st.composite
def histories(draw: st.DrawFn, how: st.SearchStrategy[str] = HOW) -> list[tuple[Extract, str, int]]:
    """Extracts, how each comes (`again` is the one before it), and in how many partitions or where it is broken off."""
    form = draw(st.sampled_from(("tables", "fhir")))
    first = replace(draw(extracts(form)), changes=False, removed=(), deleted=(), replaced=())
    later = draw(st.lists(st.tuples(extracts(form), how, st.integers(1, 24)), min_size=2, max_size=5))
    return [(first, "new", draw(st.integers(1, 4))), *later]


@contextmanager
def cut_off_at(at: int) -> Iterator[None]:
    """The nth step that makes something last on the disk fails."""
    real = {name: getattr(os, name) for name in ("replace", "fsync")}
    count = 0

    def failing(name: str) -> object:
        def called(*given: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                raise Cut
            return real[name](*given, **named)

        return called

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(os, name, failing(name))
        yield


def replay(history: Sequence[tuple[Extract, str, int]], top: Path, *, kill: bool = False) -> None:
    """Each extract comes in, and after each the records are those of the model. With `kill` those that are cut off die."""
    population, known, is_there = Population(top / "population"), Known(), False
    before: tuple[Extract, Path] | None = None
    for at, (extract, how, number) in enumerate(history):
        if how in ("again", "as a whole") and before is not None:
            extract, folder = before
        else:
            extract = told(extract, known)
            folder = written(extract, top / f"extract-{at}")
        before = extract, folder
        if how == "as a whole":
            if not could_be_whole(extract, folder):
                continue
            extract = replace(extract, changes=False)
            before = extract, folder
        if extract.changes and is_empty(extract):
            continue
        expected = known.after(extract) if is_there or not extract.changes else None
        if how == "cut" and kill:
            imported = outcome_apart(folder, extract, population, number)
        else:
            imported = outcome(folder, extract, population, number, cut=how == "cut")
        if imported == "refused":
            assert expected is None, extract
        elif imported == "cut":
            assert expected is not None, extract
            is_there = bool(population.datasets())
            if is_there and agrees(population, expected):
                known = expected
        else:
            assert expected is not None, extract
            is_there, old, known = True, known, expected
            if isinstance(imported, Imported):
                counts_are_right(imported, extract, old, known)
        assert bool(population.datasets()) == is_there
        if is_there:
            assert (known.people, {name: known.rows(name) for name in TYPE_OF}) == held(population), extract
            if not (imported == "cut" and kill):  # what a killed import left is swept by the next one
                nothing_is_left_over(population)


def could_be_whole(extract: Extract, folder: Path) -> bool:
    """Whether what was written as changes has nothing that only changes have, and every file."""
    if extract.form == "fhir":
        return bool(extract.people) and not (extract.removed or extract.deleted or extract.replaced)
    return not extract.removed and all((folder / f"{name}.csv").exists() for name in ("people", *TYPE_OF))


def outcome(folder: Path, extract: Extract, population: Population, number: int, *, cut: bool) -> Imported | str:
    """What becomes of an import into so many partitions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "partitions_for", lambda _: 2 ** (number % 3))
        try:
            with cut_off_at(number) if cut else nullcontext():
                return bring_in(folder, extract, population)
        except (RecordsHaveFaults, NoSuchDataset):
            return "refused"
        except Cut:
            return "cut"


def outcome_apart(folder: Path, extract: Extract, population: Population, at: int) -> str:
    """What becomes of an import in a process that is killed at the nth step that makes something last."""
    given = population.folder.with_name("given")
    given.write_bytes(pickle.dumps((folder, extract, population.folder, at)))
    done = subprocess.run([sys.executable, "-c", KILLED, str(given)], cwd=Path(__file__).parents[2], check=False)
    return {-9: "cut", 0: "came", 3: "refused"}[done.returncode]


KILLED = """
import pickle, sys
from pathlib import Path
from openprotect.interop.feeds.records import RecordsHaveFaults
from openprotect.people import partitions
from openprotect.people.population import NoSuchDataset, Population
from tests.factories.extracts import bring_in
from tests.factories.killed import die_at
folder, extract, top, at = pickle.loads(Path(sys.argv[1]).read_bytes())
die_at(at)
partitions.partitions_for = lambda _: 2 ** (at % 3)
try:
    bring_in(folder, extract, Population(top))
except (RecordsHaveFaults, NoSuchDataset):
    sys.exit(3)
"""


def agrees(population: Population, known: Known) -> bool:
    return held(population) == (known.people, {name: known.rows(name) for name in TYPE_OF})


def counts_are_right(imported: Imported, extract: Extract, old: Known, new: Known) -> None:
    """What an import says has changed is the difference between before and after."""
    manifest = imported.manifest
    assert manifest.tables["people"] == len(new.people)
    if imported.same or extract.replaced or not extract.changes:
        return  # of partitions that are new all is counted, and of a row that moves to somebody else both
    for name in TYPE_OF:
        before, after = Counter(old.rows(name)), Counter(new.rows(name))
        added, removed = (after - before).total(), (before - after).total()
        assert manifest.changes[name] == {"added": added, "changed": 0, "removed": removed}, extract
    changed = sum(new.people[person][0] != old.people[person][0] for person in new.people.keys() & old.people.keys())
    assert manifest.changes["people"] == {
        "added": len(new.people.keys() - old.people.keys()),
        "changed": changed,
        "removed": len(old.people.keys() - new.people.keys()),
    }


def nothing_is_left_over(population: Population) -> None:
    """Every file is one of the dataset."""
    manifest = population.manifest("d")
    wanted = {population.path("d", name, part) for name, parts in manifest.parts.items() for part in parts}
    tops = (population.folder, population.identities)
    assert {path for top in tops for path in top.glob("*/*/*")} == wanted
    assert not [path for top in tops for path in top.glob(".work-*")]


def replay_apart(history: Sequence[tuple[Extract, str, int]], *, kill: bool = False) -> None:
    with tempfile.TemporaryDirectory() as top:
        replay(history, Path(top), kill=kill)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_the_records_are_what_came(history: list[tuple[Extract, str, int]]) -> None:
    replay_apart(history)


@pytest.mark.trial
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_the_records_are_what_came_in_many_histories(history: list[tuple[Extract, str, int]]) -> None:
    replay_apart(history)


@pytest.mark.trial
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(st.sampled_from(("new", "cut", "cut", "again"))))
def test_the_records_are_what_came_whenever_an_import_is_killed(history: list[tuple[Extract, str, int]]) -> None:
    replay_apart(history, kill=True)


ANN = ("ann", "female", number_of("ann"))
BEN = ("ben", "male", number_of("ben"))
FIRST = Extract("tables", False, (ANN, BEN), (Row("events", 0, 1, 0), Row("medicines", 0, 1, 0)), ())


def test_the_test_sees_a_row_that_stays_with_whom_it_was_wrongly_filed_under(monkeypatch: pytest.MonkeyPatch) -> None:
    then = Extract("tables", True, (), (Row("events", 1, 1, 0),), ())
    replay_apart([(FIRST, "new", 2), (then, "new", 2)])
    monkeypatch.setattr(Leaving, "tables_of", lambda *_: set())
    with pytest.raises(AssertionError):
        replay_apart([(FIRST, "new", 2), (then, "new", 2)])
