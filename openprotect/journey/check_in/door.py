"""How long the public door rests after wrong dates of birth.

The pack does not decide this: the door is the same for every programme, and for a link that
nobody was ever given. After five wrong dates each further one must wait twice as long as the
one before, from a minute up to a quarter of an hour: nobody who mistyped is kept out for longer.
What is given while the door rests is not looked at and does not prolong the rest.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_TRIES = 5
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)


def rests_until(wrong: int, latest: datetime | None) -> datetime | None:
    """Until when no date of birth is looked at; None while tries are free.

    `wrong` counts wrong dates since the last right one, `latest` is when the last was given.
    """
    if wrong < FREE_TRIES or latest is None:
        return None
    doublings = min(wrong - FREE_TRIES, 20)
    return latest + min(FIRST_REST * 2**doublings, LONGEST_REST)
