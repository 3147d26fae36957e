"""Clocks of people's requests, and the arithmetic of opt-outs."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.people.rules import acknowledge_by, due, extended, objects, opt_out_change, routes

NUMBERS = st.sets(st.integers(0, 30).map(str))


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (date(2020, 4, 7), date(2020, 5, 7)),
        (date(2020, 1, 31), date(2020, 3, 2)),  # 29 February was a Saturday
        (date(2021, 1, 31), date(2021, 3, 1)),  # 28 February was a Sunday
        (date(2020, 4, 8), date(2020, 5, 11)),  # 8 May 2020 was a bank holiday, then came the weekend
        (date(2020, 11, 25), date(2020, 12, 29)),  # Christmas, the weekend, Boxing Day's substitute
    ],
)
def test_a_month_ends_on_the_same_day_of_the_next_or_the_working_day_after(received: date, expected: date) -> None:
    assert due(routes()["access"], received) == expected


def test_three_months_is_the_longest() -> None:
    assert extended(routes()["access"], date(2020, 4, 7)) == date(2020, 7, 7)
    assert extended(routes()["complaint"], date(2020, 4, 7)) is None


def test_three_working_days_do_not_count_the_day_of_receipt_nor_bank_holidays() -> None:
    complaint = routes()["complaint"]
    assert acknowledge_by(complaint, date(2020, 4, 6)) == date(2020, 4, 9)
    assert acknowledge_by(complaint, date(2020, 4, 9)) == date(2020, 4, 16)  # Good Friday and Easter Monday
    assert acknowledge_by(routes()["access"], date(2020, 4, 6)) is None


@given(NUMBERS, NUMBERS, NUMBERS)
def test_the_arithmetic_of_an_exchange(sent: set[str], back: set[str], before: set[str]) -> None:
    cleaned = sent & back
    change = opt_out_change(sent=sent, cleaned=cleaned, before=before)
    after = (before | change.newly) - change.no_longer
    assert len(sent) == len(cleaned) + len(change.opted_out)
    assert after & sent == sent - cleaned
    assert after - sent == before - sent  # of whom nothing was asked, nothing is learnt
    assert change.newly.isdisjoint(before)
    assert change.no_longer <= before


def test_an_objection_to_everything_is_to_each() -> None:
    assert objects({"": "objects"}, ["evaluation"])
    assert objects({"": "objects", "evaluation": "withdrawn"}, ["evaluation"])
    assert not objects({"": "withdrawn", "risk_stratification": "objects"}, ["evaluation"])
    assert not objects({}, ["evaluation"])
