from datetime import UTC, date, datetime, time

import pytest

from openprotect.web import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2020, 3, 30, 7, 5, tzinfo=UTC), "8:05am"),  # summer time began the day before
        (datetime(2020, 3, 28, 8, 5, tzinfo=UTC), "8:05am"),
        (datetime(2020, 1, 1, 12, 0, tzinfo=UTC), "midday"),
        (datetime(2020, 1, 1, 0, 0, tzinfo=UTC), "midnight"),
        (time(0, 30), "12:30am"),
        (time(12, 30), "12:30pm"),
        (time(20, 0), "8pm"),
        (None, ""),
    ],
)
def test_time(value: datetime | time | None, text: str) -> None:
    assert shown.shown_time(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2020, 3, 30), "30 March 2020"),
        (datetime(2020, 6, 30, 23, 30, tzinfo=UTC), "1 July 2020"),  # already the next day here
        (None, ""),
    ],
)
def test_date(value: date | None, text: str) -> None:
    assert shown.shown_date(value) == text


def test_moment() -> None:
    assert shown.shown_moment(datetime(2020, 3, 30, 7, 5, tzinfo=UTC)) == "30 March 2020 at 8:05am"


def test_nhs_number_is_read_in_three_groups() -> None:
    assert shown.shown_nhs_number("9990000018") == "999 000 0018"
    assert shown.shown_nhs_number(None) == ""


@pytest.mark.parametrize(
    ("born", "text"),
    [
        (date(1938, 3, 30), "82 years"),
        (date(1938, 3, 31), "81 years"),
        (date(2018, 3, 31), "23 months"),
        (date(2018, 3, 30), "2 years"),
        (date(2020, 2, 28), "1 month"),
    ],
)
def test_age(born: date, text: str) -> None:
    assert shown.shown_age(born, date(2020, 3, 30)) == text
