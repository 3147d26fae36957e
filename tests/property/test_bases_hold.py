"""Never a view, a send or an export under a legal basis that is not in force: random bases, dates and changes.

10,000 cases as a trial, a tenth of them here; no failure in n cases shows a rate below 3/n only. Each case
has a basis, what was decided about its end in the course of time, a grant, and moments around all of them,
mostly on the very second of an end. What the database shows (`op_sees`, as the application's role) and what
the rules of sending and exporting say is held against a reckoning in whole seconds that shares no code with
either. At the end the rules are broken on purpose, and the test must see it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprotect.config.database_urls import Urls
from openprotect.governance import queries
from openprotect.governance.facts.bases import Option, Term
from openprotect.governance.models import BasisChange, LegalBasis, Organisation
from openprotect.governance.rules import agreements
from openprotect.governance.rules import bases as rules
from openprotect.governance.scope import Scope, enter, system

BATCH = 100
EPOCH = datetime(2020, 3, 20, tzinfo=UTC)
SOON = st.integers(0, 8)


@dataclass(frozen=True)
class Case:
    """Seconds since EPOCH. `changes` are decisions: when, and the end from then on. `awaits`: approval."""

    start: int
    end: int
    changes: tuple[tuple[int, int], ...]
    grant: tuple[int, int | None]
    moment: int
    awaits: bool = False


@st.composite
def cases(draw: st.DrawFn) -> Case:
    start = draw(SOON)
    end = start + 1 + draw(SOON)
    moment = draw(st.integers(0, 24))
    changes, known = [], end
    for at in sorted(draw(st.lists(st.integers(start, 24), max_size=3, unique=True))):
        later = at + 1 + draw(SOON)  # an extension, or an early end
        if at < known and later != known:
            changes.append((at, later))
            known = later
    begins = draw(SOON)
    return Case(
        start,
        end,
        tuple(changes),
        (begins, draw(st.none() | st.integers(begins + 1, 24))),
        moment,
        draw(st.integers(0, 4)) == 0,
    )


def expected_end(case: Case, moment: int) -> int:
    end = case.end
    for at, changed in case.changes:
        if at <= moment:
            end = changed
    return end


def in_force(case: Case) -> bool:
    return not case.awaits and case.start <= case.moment < expected_end(case, case.moment)


def seen(case: Case) -> bool:
    begins, ends = case.grant
    return in_force(case) and begins <= case.moment and (ends is None or case.moment < ends)


def wrong(batch: list[Case]) -> list[tuple[str, Case]]:
    """What the service decides otherwise than it should."""
    bases, people = _written(batch)
    found = []
    for case, person_sees in zip(batch, _views(batch, people), strict=True):
        if person_sees != seen(case):
            found.append(("view", case))
    now_of = {basis.id: at(case.moment) for basis, case in zip(bases, batch, strict=True)}
    with enter(system("test", now=EPOCH)):
        for basis, case in zip(bases, batch, strict=True):
            term = Term(basis.starts_at, basis.ends_at)
            option = Option(basis.id, frozenset({"evaluation"}), frozenset(), term)
            sends = rules.rests_on([option], purpose="evaluation", source=None, now=now_of[basis.id]) is not None
            if sends != in_force(case):
                found.append(("send", case))
            resting = queries.resting_on(basis)
            if resting.live(now_of[basis.id]) != in_force(case):
                found.append(("export", case))
        for basis, case in random.sample(list(zip(bases, batch, strict=True)), min(10, len(batch))):
            if queries.is_live(basis.id, now=now_of[basis.id]) != in_force(case):
                found.append(("is live", case))
            found.extend(
                ("end in force", case)
                for moment in {case.start, max(case.start, case.moment), *(when for when, _ in case.changes)}
                if queries.end_in_force(basis.id, at(moment)) != at(expected_end(case, moment))
            )
    return found


def at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _written(batch: list[Case]) -> tuple[list[LegalBasis], list[UUID]]:
    people = [uuid4() for _ in batch]
    with enter(system("test", now=EPOCH)), connection.cursor() as cursor:
        organisation = Organisation.objects.get(code="ONE").id
        bases = LegalBasis.objects.bulk_create(
            LegalBasis(key=f"case-{uuid4()}", title="A case", purpose="evaluation", owner="Somebody",
                       starts_at=None if c.awaits else at(c.start), asked_from=at(c.start), ends_at=at(expected_end(c, c.moment)))
            for c in batch
        )  # fmt: skip
        BasisChange.objects.bulk_create(
            BasisChange(basis=basis, what="stated" if n == 0 else "extend", at=at(when), by="test", words="",
                        ends_at=at(end))
            for basis, case in zip(bases, batch, strict=True)
            for n, (when, end) in enumerate([(case.start, case.end), *case.changes])
        )  # fmt: skip
        cursor.executemany(
            "INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at, ends_at)"
            " VALUES (%s, %s, 'programme', %s, %s, %s)",
            [
                (
                    person,
                    organisation,
                    basis.id,
                    at(case.grant[0]),
                    None if case.grant[1] is None else at(case.grant[1]),
                )
                for person, basis, case in zip(people, bases, batch, strict=True)
            ],
        )
    return bases, people


def _views(batch: list[Case], people: list[UUID]) -> list[bool]:
    """What somebody of the organisation sees, each at a moment of its own, in one statement."""
    with enter(system("test", now=EPOCH)):
        organisation = Organisation.objects.get(code="ONE").id
    by = Scope("staff", actor="1", now=EPOCH, organisations=(organisation,), organisation=organisation)
    with enter(by), connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN set_config('openprotect.now', c.moment::text, true) <> '' THEN op_sees(c.person) END"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS c(person, moment, n) ORDER BY n",
            [people, [at(case.moment) for case in batch]],
        )
        return [sees for (sees,) in cursor.fetchall()]


@pytest.fixture(scope="module")
def one_organisation(module_db: Urls) -> Urls:
    _register()
    return module_db


def _register() -> None:
    with enter(system("test", now=EPOCH)):
        Organisation.objects.create(code="ONE", name="One", kind="icb")


def never_under_an_ended_basis(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(cases(), min_size=BATCH, max_size=BATCH))
    def holds(batch: list[Case]) -> None:
        with transaction.atomic():
            assert wrong(batch) == []
            transaction.set_rollback(True)

    holds()


def test_never_under_an_ended_basis(one_organisation: Urls) -> None:
    never_under_an_ended_basis(1_000 // BATCH)


@pytest.mark.trial
def test_never_under_an_ended_basis_in_ten_thousand_cases(one_organisation: Urls) -> None:
    never_under_an_ended_basis(10_000 // BATCH)


# --- Tests of the test ---


def fixed_cases(number: int = 400) -> list[Case]:
    """Cases from a fixed seed: what is broken must be noticed every time."""
    draw = random.Random(7)
    made = []
    for _ in range(number):
        start = draw.randrange(8)
        end = start + 1 + draw.randrange(8)
        made.append(Case(start, end, (), (0, None), draw.choice([start - 1, start, end - 1, end, end + 1])))
    return [case for case in made if case.moment >= 0]


@pytest.fixture
def undone(one_organisation: Urls) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_unbroken_nothing_is_wrong(undone: None) -> None:
    assert wrong(fixed_cases()) == []


@pytest.mark.parametrize(
    ("right", "broken"),
    [
        ("b.ends_at > op_now()", "b.ends_at >= op_now()"),
        ("b.ends_at > op_now()", "true"),
        ("b.starts_at <= op_now()", "true"),
    ],
)
def test_a_policy_that_forgets_the_basis_is_noticed(committed_db: Urls, right: str, broken: str) -> None:
    _register()
    with psycopg.connect(committed_db.owner) as owner:
        (body,) = owner.execute("SELECT pg_get_functiondef('op_sees(uuid)'::regprocedure)").fetchone() or ("",)
        assert right in body
        owner.execute(body.replace(right, broken))
    assert {what for what, _ in wrong(fixed_cases())} == {"view"}


def test_a_rule_that_counts_the_last_second_in_is_noticed(undone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(term: Term, now: datetime) -> bool:
        return term.starts_at <= now and (term.ends_at is None or now <= term.ends_at)

    monkeypatch.setattr(rules, "is_live", late)
    assert {"send"} <= {what for what, _ in wrong(fixed_cases())} <= {"send", "is live"}


def test_an_export_that_forgets_the_end_is_noticed(undone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(self: Any, now: datetime) -> bool:
        return bool(self.starts_at <= now)

    monkeypatch.setattr(agreements.Resting, "live", for_ever)
    assert {what for what, _ in wrong(fixed_cases())} == {"export"}
