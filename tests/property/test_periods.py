from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.lib.periods import Period

LONDON = ZoneInfo("Europe/London")
UNITS = ("years", "months", "weeks", "days", "hours", "minutes")
moments = st.datetimes(*(datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2000, 2037)))
days = st.dates(date(1930, 1, 1), date(2090, 12, 31))


@given(st.sampled_from(UNITS), st.integers(0, 999_999))
def test_what_is_written_is_read_back(unit, number):
    period = Period(**{unit: number})
    assert Period.parse(f"{number} {unit}") == period
    if number:
        assert Period.parse(str(period)) == period


@given(days, st.integers(0, 600))
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months):
    later = Period(months=months).after(day)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(days, st.integers(0, 600))
def test_months_back_and_forth_never_pass_the_day_they_began_on(day, months):
    period = Period(months=months)
    assert day - timedelta(days=3) <= period.after(period.before(day)) <= day


@given(moments, st.integers(0, 100))
def test_hours_are_hours_that_pass_also_when_the_clocks_change(naive, hours):
    moment = naive.replace(tzinfo=LONDON)
    later = Period(hours=hours).after(moment)
    assert later.timestamp() - moment.timestamp() == hours * 3600


@given(moments, st.integers(0, 100))
def test_days_keep_the_time_on_the_clock(naive, number):
    later = Period(days=number).after(naive.replace(tzinfo=LONDON))
    assert later.replace(tzinfo=None) == naive + timedelta(days=number)


@pytest.mark.parametrize(
    "written", ["", "1", "day", "1.5 days", "-1 days", "1  day", "01 day", "1 fortnight", "1 day "]
)
def test_anything_else_is_refused_with_an_example(written):
    with pytest.raises(ValueError, match="write a whole number and a unit"):
        Period.parse(written)


def test_hours_from_a_date_are_refused():
    with pytest.raises(ValueError, match="cannot be counted from a date"):
        Period(hours=2).after(date(2020, 3, 30))
