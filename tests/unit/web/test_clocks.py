"""How much of a time limit is left, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from openprotect.web.shown import shown_due, shown_span, shown_telephone

NOW = datetime(2020, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=1, minutes=40), "due in 1 hour 40 minutes"),
        (timedelta(hours=1, minutes=40, seconds=59), "due in 1 hour 40 minutes"),
        (timedelta(hours=2), "due in 2 hours"),
        (timedelta(minutes=1), "due in 1 minute"),
        (timedelta(days=1, hours=1, minutes=59), "due in 1 day 1 hour"),
        (timedelta(days=3, minutes=5), "due in 3 days"),
        (timedelta(seconds=59), "due now"),
        (timedelta(0), "due now"),
        (-timedelta(seconds=59), "due now"),
        (-timedelta(hours=3), "overdue by 3 hours"),
        (-timedelta(days=40), "overdue by 40 days"),
    ],
)
def test_a_clock_in_words(left: timedelta, words: str) -> None:
    assert shown_due(NOW + left, NOW) == words


def test_a_clock_counts_real_hours_when_the_clocks_change() -> None:
    # 00:30 UTC on the night the clocks go forward; two hours later the wall clock has moved three
    assert shown_due(NOW + timedelta(hours=2), NOW) == "due in 2 hours"


def test_a_span_without_minutes_says_nothing() -> None:
    assert shown_span(timedelta(0)) == ""


def test_a_number_is_shown_as_it_is_dialled_here() -> None:
    assert shown_telephone("+447700900123") == "07700 900123"
    assert shown_telephone(None) == ""
