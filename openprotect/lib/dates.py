"""Dates as lists write them. Every reader says which form it wants and takes no other."""

import re
from datetime import date, timedelta
from functools import lru_cache

_COMPACT = re.compile(r"[0-9]{8}")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_SERIAL = re.compile(r"([0-9]{1,5})(\.0+)?")
_EARLIEST, _LATEST = (
    1880,
    2100,
)  # nobody on a list was born earlier; later is a slip of the finger
EARLIEST, LATEST = date(_EARLIEST, 1, 1), date(_LATEST, 12, 31)
_FIRST_DAY_1900 = date(1899, 12, 30)  # the 1900 system counts a 29 February 1900 that never was
_FIRST_DAY_1904 = date(1904, 1, 1)


class NotADate(ValueError):
    """The text is no date in the form that was asked for; `expected` says which that is."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


@lru_cache(maxsize=65_536)
def parse_compact_date(text: str) -> date:
    """YYYYMMDD, as national lists write it. Raises NotADate."""
    expected = "a date as YYYYMMDD"
    if not _COMPACT.fullmatch(text):
        raise NotADate(expected)
    return _calendar_date(int(text[:4]), int(text[4:6]), int(text[6:]), expected)


def parse_slashed_date(text: str) -> date:
    """DD/MM/YYYY, only where a format says so. Raises NotADate."""
    expected = "a date as DD/MM/YYYY"
    found = _SLASHED.fullmatch(text)
    if not found:
        raise NotADate(expected)
    day, month, year = (int(part) for part in found.groups())
    return _calendar_date(year, month, day, expected)


def from_serial(serial: int, *, since_1904: bool = False) -> date:
    """The day that a spreadsheet keeps as a number: 44242 is 15 February 2021.

    Workbooks made on old Macintoshes count from 1 January 1904 instead. Only
    days after February 1900 are meant: before them the 1900 system is wrong by one.
    """
    return (_FIRST_DAY_1904 if since_1904 else _FIRST_DAY_1900) + timedelta(days=serial)


@lru_cache(maxsize=4_096)
def parse_date_or_serial(text: str, *, not_before: date) -> date:
    """YYYYMMDD, or a spreadsheet serial that is not before the given day. Raises NotADate.

    A serial of a 1904 workbook looks four years and a day too early: `not_before`
    is what keeps it from being taken for a date.
    """
    expected = f"a date as YYYYMMDD, or a spreadsheet's number for a day from {not_before} on"
    serial = _SERIAL.fullmatch(text)
    found = from_serial(int(serial[1])) if serial else None
    if found is None:
        try:
            found = parse_compact_date(text)
        except NotADate:
            raise NotADate(expected) from None
    if found < not_before:
        raise NotADate(expected)
    return found


def _calendar_date(year: int, month: int, day: int, expected: str) -> date:
    if not _EARLIEST <= year <= _LATEST:
        raise NotADate(f"{expected}, in the years {_EARLIEST} to {_LATEST}")
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate(f"{expected} that is in the calendar") from None
