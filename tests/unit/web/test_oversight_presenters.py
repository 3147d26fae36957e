"""The ledger adds up in table and chart alike; the audit trail's address is read with care."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from django.http import QueryDict

from openprotect.journey.learn.facts import STATES, LedgerLine
from openprotect.web.oversight import audit_presenter, ledger_presenter


def _day(number: int, **states: int) -> LedgerLine:
    every = dict.fromkeys(STATES, 0) | states
    return LedgerLine(date(2020, 3, number), sum(every.values()), every)


DAYS = [_day(30, invited=8, answered=2), _day(31, invited=3, answered=6, missed=1, died=1)]


def test_every_state_but_lost_stands_in_one_band() -> None:
    banded = [state for _, states in ledger_presenter.BANDS.values() for state in states]
    assert sorted(banded) == sorted(set(STATES) - {"lost"})


def test_a_bar_is_as_high_as_its_people() -> None:
    drawn = ledger_presenter.chart(DAYS)
    height: dict[float, float] = {}
    for bar in drawn["bars"]:
        height[bar["x"]] = height.get(bar["x"], 0) + bar["height"]
    first, second = height.values()
    assert second == pytest.approx(ledger_presenter.HEIGHT, abs=0.5)
    assert first == pytest.approx(ledger_presenter.HEIGHT * 10 / 11, abs=0.5)
    assert "Answered: 2 at first, 6 at last." in drawn["sentence"]


def test_the_lines_add_up_to_everybody_listed() -> None:
    page = ledger_presenter.ledger("p", {"p": "Protect"}, now=None, days=DAYS, localities=[])
    assert sum(state["people"] for state in page["states"]) == page["listed"] == 11
    for day in page["days"]:
        assert sum(day["people"]) == day["listed"]
    assert [day["date"] for day in page["days"]] == [date(2020, 3, 31), date(2020, 3, 30)]


def test_what_stands_now_comes_before_the_last_count() -> None:
    page = ledger_presenter.ledger("p", {"p": "Protect"}, now=_day(31, lost=1), days=DAYS, localities=[])
    assert (page["live"], page["listed"], page["lost"]) == (True, 1, 1)


def test_before_the_first_count_there_is_nothing_to_draw() -> None:
    page = ledger_presenter.ledger("", {}, now=None, days=[], localities=[])
    assert page["as_of"] is None
    assert page["chart"] == {}


def test_an_id_that_is_none_is_said_and_filters_nothing() -> None:
    asked = audit_presenter.read(QueryDict("person=abc&before=-1"))
    assert (asked.person, asked.before) == (None, None)
    assert asked.errors[0].href == "#person"
    whole = audit_presenter.read(QueryDict("person=5d1c6a5e-6a3c-4f0e-9a55-0d4f1d6e5a10&before=12"))
    assert (whole.person, whole.before) == (UUID("5d1c6a5e-6a3c-4f0e-9a55-0d4f1d6e5a10"), 12)
