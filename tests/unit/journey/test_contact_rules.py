"""When people are written to and rung: quiet hours, cadence, tries. All times are London's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.journey.contact import rules
from openprotect.lib.london import LONDON, at, today
from openprotect.programmes.loader import load_pack

CONTACT = load_pack(Path(__file__).parents[3] / "packs" / "covid-protect").contact
CALL = CONTACT.call
FORWARD, BACK = date(2020, 3, 29), date(2020, 10, 25)  # 01:00 becomes 02:00, and 02:00 becomes 01:00

moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda m: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
moments_at_clock_changes = st.builds(
    lambda day, minutes: at(day, time()) + timedelta(minutes=minutes),
    st.sampled_from([FORWARD, BACK]),
    st.integers(-24 * 60, 48 * 60),
)
any_moment = moments | moments_at_clock_changes


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%d %b %H:%M}"


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2020-04-07T07:59+01:00", "07 Apr 08:00"),
        ("2020-04-07T08:00+01:00", "07 Apr 08:00"),
        ("2020-04-07T19:59+01:00", "07 Apr 19:59"),
        ("2020-04-07T20:00+01:00", "08 Apr 08:00"),
        # In the night on which the clocks go forward, and 00:30 of it, quiet hours are an hour shorter,
        ("2020-03-28T20:00+00:00", "29 Mar 08:00"),
        ("2020-03-29T00:30+00:00", "29 Mar 08:00"),
        # and an hour longer when they go back: both times it is half past one.
        ("2020-10-25T01:30+01:00", "25 Oct 08:00"),
        ("2020-10-25T01:30+00:00", "25 Oct 08:00"),
    ],
)
def test_nothing_leaves_in_the_quiet_hours(moment: str, allowed: str) -> None:
    assert clock(rules.next_allowed(CONTACT, datetime.fromisoformat(moment))) == allowed


def test_quiet_hours_are_eleven_hours_in_march_and_thirteen_in_october() -> None:
    for day, hours in ((FORWARD, 11), (BACK, 13)):
        evening = at(day - timedelta(days=1), CONTACT.quiet_from)
        assert rules.next_allowed(CONTACT, evening) - evening == timedelta(hours=hours)


@given(any_moment)
def test_the_allowed_moment_is_the_first_one(moment: datetime) -> None:
    allowed = rules.next_allowed(CONTACT, moment)
    local = allowed.astimezone(LONDON).time()
    assert CONTACT.quiet_until <= local < CONTACT.quiet_from
    assert allowed == moment or local == CONTACT.quiet_until
    assert timedelta(0) <= allowed - moment <= timedelta(hours=13)
    assert rules.next_allowed(CONTACT, allowed) == allowed


@given(any_moment)
def test_every_step_of_a_ladder_is_outside_the_quiet_hours(opens_at: datetime) -> None:
    for planned in rules.steps_from(CONTACT, opens_at):
        assert rules.next_allowed(CONTACT, planned.due_at) == planned.due_at


def test_check_ins_are_daily_for_five_days_and_then_every_four() -> None:
    joined = at(date(2020, 3, 27), time(10))
    opened, now = [], joined
    for _ in range(10):
        now = rules.next_check_in(CONTACT, joined, now)
        opened.append(clock(now))
    assert opened == [
        "28 Mar 08:00", "29 Mar 08:00", "30 Mar 08:00", "31 Mar 08:00", "01 Apr 08:00", "02 Apr 08:00",
        "06 Apr 08:00", "10 Apr 08:00", "14 Apr 08:00", "18 Apr 08:00",
    ]  # fmt: skip


@given(any_moment, st.integers(0, 60 * 24 * 60))
def test_the_next_check_in_opens_on_a_later_day(joined: datetime, minutes: int) -> None:
    now = joined + timedelta(minutes=minutes)
    opens = rules.next_check_in(CONTACT, joined, now)
    assert today(opens) > today(now)
    assert opens.astimezone(LONDON).time() == CONTACT.quiet_until


def test_tries_cover_morning_afternoon_and_evening() -> None:
    raised = at(date(2020, 4, 7), time(10))
    tries = [raised]
    while again := rules.next_try(CALL, tries, raised, tries[-1]):
        tries.append(again)
    assert [clock(moment) for moment in tries] == ["07 Apr 10:00", "07 Apr 12:00", "07 Apr 17:00", "08 Apr 09:00"]


def test_trying_ends_with_the_days_for_it() -> None:
    raised = at(date(2020, 4, 7), time(10))
    latest = at(date(2020, 4, 9), time(19))
    assert rules.next_try(CALL, [raised], raised, latest) is None


@given(any_moment, st.lists(st.integers(1, 600), max_size=6))
def test_trying_always_ends_and_is_never_outside_calling_hours(raised: datetime, waits: list[int]) -> None:
    tries = [rules.first_try(CALL, raised)]
    for wait in waits:
        last = tries[-1] + timedelta(minutes=wait)
        again = rules.next_try(CALL, tries, raised, last)
        if again is None:
            return
        assert again > last
        assert CALL.hours_from <= again.astimezone(LONDON).time() < CALL.hours_until
        assert today(again) <= today(CALL.within.after(raised))
        tries.append(again)
    assert len(tries) <= CALL.tries


@given(any_moment)
def test_a_first_call_is_made_at_once_or_when_calling_begins(moment: datetime) -> None:
    first = rules.first_try(CALL, moment)
    assert CALL.hours_from <= first.astimezone(LONDON).time() < CALL.hours_until
    assert first == moment or first.astimezone(LONDON).time() == CALL.hours_from
    assert timedelta(0) <= first - moment <= timedelta(hours=14)
