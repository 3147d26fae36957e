"""The ledger adds up in table and chart alike; the audit trail's address is read with care."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode
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
    assert (asked.search.person, asked.search.before) == (None, None)
    assert asked.errors[0].href == "#person"
    whole = audit_presenter.read(QueryDict("person=5d1c6a5e-6a3c-4f0e-9a55-0d4f1d6e5a10&before=12"))
    assert (whole.search.person, whole.search.before) == (UUID("5d1c6a5e-6a3c-4f0e-9a55-0d4f1d6e5a10"), 12)


def test_an_address_holds_ids_and_days_and_is_read_back_as_it_was() -> None:
    sent = "nhs_number=999+000+0018&who=Sam&organisation=T06&action=viewed&denials=yes&since-day=1&since-month=4"
    asked = audit_presenter.typed(QueryDict(sent + "&since-year=2020&until-day=2&until-month=4&until-year=2020"))
    assert (asked.nhs_number, dict(asked.faults)) == ("9990000018", {})
    address = audit_presenter.address(asked)
    assert address == {"action": "viewed", "denials": "yes", "since": "2020-04-01", "until": "2020-04-02"}
    again = audit_presenter.read(QueryDict(urlencode(address)))
    assert again.search == asked.search
    # London's days: 1 April begins an hour before Greenwich's
    assert asked.search.since == datetime(2020, 3, 31, 23, tzinfo=UTC)
    assert asked.search.until == datetime(2020, 4, 2, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("nhs_number=123", "nhs_number"),
        ("person=Ada", "person"),
        ("since-day=31&since-month=2&since-year=2020", "since"),
        ("since-day=2&since-month=4&since-year=2020&until-day=1&until-month=4&until-year=2020", "until"),
        ("until-day=%D9%A3%D9%A0%D9%A0&until-month=4&until-year=99999999999", "until"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(sent: str, field: str) -> None:
    assert list(audit_presenter.typed(QueryDict(sent)).faults) == [field]


def test_what_nobody_is_called_is_said_and_never_widens_the_search() -> None:
    asked = audit_presenter.resolved(audit_presenter.Asked(), {"nhs_number": None, "who": [], "organisation": None})
    assert set(asked.faults) == {"nhs_number", "who", "organisation"}
