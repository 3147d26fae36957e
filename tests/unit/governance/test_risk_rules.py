"""Risks: nobody is named, reviews are bounded, what is not reviewed stands still at that second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.governance.rules import risks as rules
from openprotect.lib.nhs_number import format_nhs_number, number_for_tests

NOW = datetime(2020, 4, 7, 9, 0, tzinfo=UTC)


@given(st.integers(0, 899_999), st.sampled_from(["{}", "{} is hers", "Ring{}", "x {}\ny", "({})"]), st.booleans())
def test_an_nhs_number_is_found_however_it_is_written(counter: int, around: str, spaced: bool) -> None:
    number = number_for_tests(counter)
    assert rules.names_somebody(around.format(format_nhs_number(number) if spaced else number))


@pytest.mark.parametrize("text", ["", "12,500 people", "Ring 01632 960000", "123456789012", "9990000019", "2020-04-07"])
def test_other_numbers_are_no_nhs_numbers(text: str) -> None:
    assert not rules.names_somebody(text)


@pytest.mark.parametrize(
    ("state", "review_by", "suspended"),
    [
        ("open", None, False),
        ("going", NOW + timedelta(seconds=1), False),
        ("going", NOW, True),
        ("going", NOW - timedelta(days=1), True),
        ("stopped", None, True),
        ("closed", None, False),
    ],
)
def test_what_nobody_reviewed_stands_still_at_that_second(
    state: str, review_by: datetime | None, suspended: bool
) -> None:
    assert rules.is_suspended(state, review_by, NOW) is suspended


def test_a_review_is_later_than_now_and_within_the_bound() -> None:
    assert not rules.review_in_bounds(NOW, NOW)
    assert rules.review_in_bounds(NOW + timedelta(seconds=1), NOW)
    assert rules.review_in_bounds(datetime(2020, 10, 7, 9, 0, tzinfo=UTC), NOW)
    assert not rules.review_in_bounds(datetime(2020, 10, 7, 9, 0, 1, tzinfo=UTC), NOW)


def test_how_long_decisions_take() -> None:
    assert rules.time_taken([]) is None
    taken = rules.time_taken(timedelta(hours=hours) for hours in (1, 2, 30))
    assert taken == rules.Taken(3, timedelta(hours=2), timedelta(hours=30))
