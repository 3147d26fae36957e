"""When a team is there: London's clock, both nights of its changes, bank holidays, midnight."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from openprotect.governance.facts.teams import Hours
from openprotect.governance.rules.opening import opening
from openprotect.lib.bank_holidays import bank_holidays
from openprotect.web.shown import shown_opening

WEEKDAYS = [Hours(day, time(8), time(18, 30)) for day in range(5)]
ALWAYS = [Hours(day, time(), time()) for day in range(7)]
OVER_LUNCH = [Hours(3, time(8), time(12)), Hours(3, time(13), time(17))]
NIGHTS = [*(Hours(day, time(22), time()) for day in range(7)), *(Hours(day, time(), time(6)) for day in range(7))]


@pytest.mark.parametrize(
    ("hours", "on_holidays", "now", "says"),
    [
        # Thursday 9 April 2020; Good Friday and Easter Monday follow.
        (WEEKDAYS, False, "2020-04-09T06:59", "closed, opens at 8am"),
        (WEEKDAYS, False, "2020-04-09T07:00", "open until 6:30pm"),
        (WEEKDAYS, False, "2020-04-09T17:30", "closed, opens on Tuesday 14 April 2020 at 8am"),
        (WEEKDAYS, True, "2020-04-09T17:30", "closed, opens on Friday 10 April 2020 at 8am"),
        (WEEKDAYS, False, "2020-04-13T12:00", "closed, opens on Tuesday 14 April 2020 at 8am"),
        (WEEKDAYS, True, "2020-04-13T12:00", "open until 6:30pm"),
        (OVER_LUNCH, False, "2020-04-09T11:15", "closed, opens at 1pm"),
        (ALWAYS, True, "2020-04-10T02:00", "open all day and night"),
        (ALWAYS, False, "2020-04-09T12:00", "open until midnight"),
        # The clocks go forward at 1am on 29 March 2020 and back at 2am on 25 October.
        (NIGHTS, True, "2020-03-28T23:00", "open until Sunday 29 March 2020 at 6am"),
        (NIGHTS, True, "2020-03-29T04:59", "open until 6am"),
        (NIGHTS, True, "2020-03-29T05:00", "closed, opens at 10pm"),
        (NIGHTS, True, "2020-10-25T05:59", "open until 6am"),
        (NIGHTS, True, "2020-10-25T06:00", "closed, opens at 10pm"),
        ([], False, "2020-04-09T12:00", ""),
    ],
)
def test_a_team_says_until_when_it_is_there(hours: list[Hours], on_holidays: bool, now: str, says: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = opening(hours, holidays=bank_holidays(), on_holidays=on_holidays, now=moment)
    assert shown_opening(found, moment) == says
