"""Working days: Monday to Friday without holidays, at the same time of London's clock."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from openprotect.governance.rules.access_stops import clock, due_at
from openprotect.lib.working_days import after_working_days


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        ("2020-04-07T09:00:00Z", 2, "2020-04-09T09:00:00Z"),
        ("2020-05-14T09:00:00Z", 2, "2020-05-18T09:00:00Z"),  # over a weekend
        ("2020-05-16T09:00:00Z", 2, "2020-05-19T23:00:00Z"),  # asked on a Saturday: counted from Monday morning
        ("2020-03-26T09:00:00Z", 2, "2020-03-30T08:00:00Z"),  # the clocks change in between
    ],
)
def test_weekends_do_not_count(asked: str, days: int, due: str) -> None:
    assert after_working_days(datetime.fromisoformat(asked), days) == datetime.fromisoformat(due)


def test_bank_holidays_do_not_count() -> None:
    # Maundy Thursday 2020: Good Friday and Easter Monday are in the way
    asked = datetime.fromisoformat("2020-04-09T09:00:00Z")
    assert date(2020, 4, 10) in clock().holidays
    assert due_at(asked, clock()) == datetime.fromisoformat("2020-04-15T09:00:00Z")
