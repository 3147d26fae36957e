"""Whatever is recorded in whatever order, what held on a day is what a plain model says, and the parent follows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprotect.governance import actions, errors, queries
from openprotect.governance.models import Organisation
from openprotect.governance.rules.relations import contradictions, overlap
from openprotect.governance.scope import enter, system
from openprotect.journey import flow

pytestmark = pytest.mark.django_db
BEGINS = date(2020, 3, 1)
CODES = ("P1", "P2", "C1", "C2", "C3")
KINDS = ("located_in", "commissioned_by", "part_of")  # in the order in which they say where somebody belongs

codes = st.sampled_from(CODES)
days = st.integers(0, 40).map(lambda number: BEGINS + timedelta(days=number))
steps = st.one_of(
    st.tuples(st.just("relate"), codes, st.sampled_from(KINDS), codes, days, st.none() | days),
    st.tuples(st.just("end"), codes, st.sampled_from(KINDS), days),
    st.tuples(st.just("merge"), codes, codes, days),
    st.tuples(st.just("wait"), st.integers(1, 9)),
)


@dataclass
class Span:
    to: str
    starts_on: date
    ends_on: date | None


@dataclass
class Model:
    """Relations as lists of spans; a refusal leaves them as they are."""

    held: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    closed: dict[str, date] = field(default_factory=dict)

    def relate(self, code: str, kind: str, to: str, starts: date, ends: date | None) -> bool:
        wanted, there = Span(to, starts, ends), self.held.setdefault((code, kind), [])
        if code == to or (ends is not None and ends < starts) or any(overlap(wanted, each) for each in there):
            return False
        there.append(wanted)
        return True

    def end(self, code: str, kind: str, on: date) -> bool:
        """The last to begin ends earlier than it would."""
        there = sorted(self.held.get((code, kind), []), key=lambda span: span.starts_on)
        if not there or on < there[-1].starts_on or (there[-1].ends_on is not None and there[-1].ends_on < on):
            return False
        there[-1].ends_on = on
        return True

    def merge(self, old: str, new: str, first: date) -> bool:
        if old == new or old in self.closed or new in self.closed:
            return False
        self.closed[old] = before = first - timedelta(days=1)
        for (code, _), spans in self.held.items():
            for span in list(spans):
                if old not in (code, span.to) or (span.ends_on is not None and span.ends_on < first):
                    continue
                if span.to == old and code != new:
                    spans.append(Span(new, max(span.starts_on, first), span.ends_on))
                if span.starts_on < first:
                    span.ends_on = before
                else:
                    spans.remove(span)
        return True

    def on(self, code: str, kind: str, day: date) -> str | None:
        spans = self.held.get((code, kind), [])
        return next((s.to for s in spans if s.starts_on <= day <= (s.ends_on or date.max)), None)

    def parent(self, code: str, day: date) -> str | None:
        return next(filter(None, (self.on(code, kind, day) for kind in KINDS)), None)


FREELY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
histories = st.lists(steps, min_size=1, max_size=9)


@settings(FREELY, max_examples=25)
@given(histories, days)
def test_what_held_on_a_day_is_what_the_model_says(db: None, history: list[tuple[Any, ...]], asked: date) -> None:
    follows_the_model(history, asked)


@pytest.mark.trial
@settings(FREELY, max_examples=500)
@given(histories, days)
def test_what_held_on_a_day_500_times(db: None, history: list[tuple[Any, ...]], asked: date) -> None:
    follows_the_model(history, asked)


def follows_the_model(history: list[tuple[Any, ...]], asked: date) -> None:
    model, today = Model(), BEGINS
    with transaction.atomic():
        made(today)
        for step in history:
            if step[0] == "wait":
                today += timedelta(days=step[1])
                perform("take_effect", today)
            else:
                assert recorded(step, today) == getattr(model, step[0])(*step[1:]), step
            with enter(system("test", now=noon(today))) as by:
                parents = dict(Organisation.objects.values_list("code", "parent__code"))
                assert parents == {code: model.parent(code, today) for code in CODES}, (step, today)
                for code in CODES:
                    held = {r.kind: r.to.code for r in queries.relations_on(code, asked, scope=by)}
                    held.pop("succeeded_by", None)
                    wanted = {kind: to for kind in KINDS if (to := model.on(code, kind, asked))}
                    assert held == wanted, (step, code)
        transaction.set_rollback(True)


@given(st.lists(st.builds(Span, codes, days, st.none() | days), max_size=8))
def test_contradictions_are_found_where_two_hold_on_one_day(spans: list[Span]) -> None:
    valid = [span for span in spans if span.ends_on is None or span.ends_on >= span.starts_on]
    clash = any(overlap(one, other) for at, one in enumerate(valid) for other in valid[at + 1 :])
    assert bool(contradictions(valid)) == clash


def test_the_database_excludes_two_relations_of_a_kind_on_one_day(db: None) -> None:
    made(BEGINS)
    perform("relate", BEGINS, organisation="P1", kind="part_of", to="C1", starts_on=BEGINS, ends_on=None)
    insert = (
        "INSERT INTO governance_organisationrelation (organisation_id, kind, to_id, starts_on, source, recorded_at,"
        " in_force) SELECT organisation_id, kind, to_id, starts_on + 5, source, recorded_at, false"
        " FROM governance_organisationrelation"
    )
    with pytest.raises(Exception, match="relation_one_part_of"), enter(system("test", now=noon(BEGINS))):
        connection.cursor().execute(insert)


def made(day: date) -> None:
    rows = [{"code": code, "name": code, "kind": "practice" if code[0] == "P" else "commissioner"} for code in CODES]
    perform("register_organisations", day, rows=rows)


def recorded(step: tuple[Any, ...], today: date) -> bool:
    """Whether it was taken down, and not refused."""
    verb, *given = step
    try:
        if verb == "relate":
            code, kind, to, starts, ends = given
            perform("relate", today, organisation=code, kind=kind, to=to, starts_on=starts, ends_on=ends)
        elif verb == "end":
            code, kind, on = given
            perform("end_relation", today, relation=latest(code, kind), ends_on=on)
        else:
            old, new, first = given
            perform("merge_organisations", today, codes=(old,), into=new, name="", starts_on=first)
    except errors.Refusal:
        return False
    return True


def latest(code: str, kind: str) -> int:
    with enter(system("test", now=noon(BEGINS))), connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM governance_organisationrelation r JOIN governance_organisation o"
            " ON o.id = r.organisation_id WHERE o.code = %s AND r.kind = %s AND r.withdrawn_at IS NULL"
            " ORDER BY r.starts_on DESC LIMIT 1",
            [code, kind],
        )
        row = cursor.fetchone()
        return row[0] if row else 0


def perform(action: str, today: date, **arguments: Any) -> Any:
    now = noon(today)
    return flow.perform(getattr(actions, action), by=system("test", now=now), now=now, **arguments)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
