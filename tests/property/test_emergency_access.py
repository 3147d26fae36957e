"""Emergency access: never longer than four hours, and reviewed in working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from openprotect.governance.rules import emergency as rules
from openprotect.lib.errors import BadInput
from openprotect.lib.london import LONDON
from openprotect.lib.working_days import bank_holidays, is_working_day

START = datetime(2019, 1, 1, tzinfo=UTC)
moments = st.integers(0, 16 * 365 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
FILE = 'lasts = "{}"\nwords_at_least=4\ntries=5\ntries_within="15 minutes"\nopenings=3\nopenings_within="7 days"\ntold_within="5 minutes"\n' \
       'review_working_days=3\nescalates_to=["siro"]\n[reasons]\na="b"\n'  # fmt: skip


@given(moments, st.integers(0, 100_000), st.sampled_from(["year", "month", "week", "day", "hour", "minute"]))
def test_never_longer_than_four_hours_whatever_the_file_says(opened: datetime, number: int, unit: str) -> None:
    try:
        settings = rules.parse(FILE.format(f"{number} {unit}"), file="f.toml")
    except BadInput:
        return
    assert opened < rules.ends_at(opened, settings) <= opened + timedelta(hours=4)


@given(moments)
def test_a_review_is_due_in_a_working_day_after_three_others(opened: datetime) -> None:
    settings = rules.settings()
    due = rules.review_due(opened, settings)
    first, last = (each.astimezone(LONDON).date() for each in (opened, due))
    assert is_working_day(last, bank_holidays())
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    counted = sum(is_working_day(day, bank_holidays()) for day in between)
    assert counted == settings.review_working_days + (not is_working_day(first, bank_holidays()))


def test_offices_are_shut_on_the_days_that_were_moved() -> None:
    assert not is_working_day(date(2020, 5, 8), bank_holidays())
    assert is_working_day(date(2020, 5, 4), bank_holidays())
    assert not is_working_day(date(2022, 9, 19), bank_holidays())
