"""The date that is typed at the door: whatever it is, the answer is a date or a sentence."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from openprotect.web.public.presenters import date_of_birth


def typed(day: str, month: str, year: str) -> QueryDict:
    sent = QueryDict(mutable=True)
    sent.update({"date-of-birth-day": day, "date-of-birth-month": month, "date-of-birth-year": year})
    return sent


def test_a_date_is_read() -> None:
    assert date_of_birth(typed("31", "3", "1945")) == (date(1945, 3, 31), ())


@pytest.mark.parametrize("year", ["0", "-1", "19 45", "x", "9" * 25, "9" * 5000, "\u00b2"])
def test_what_is_no_year_is_a_sentence(year: str) -> None:
    born, (fault,) = date_of_birth(typed("31", "3", year))
    assert born is None
    assert fault.text == "Enter a real date of birth, such as 31 3 1945"
