"""What a cell of a record table may hold, as expressions over whole columns of text.

A kind says what is expected, which cells are wrong, and how a right one is read. An empty cell
is null, and right unless the column is required.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class Column:
    """A column of a record file. `right` and `typed` take the cells as text; `right` also today's date."""

    name: str
    expected: str
    right: Callable[[ir.StringValue, date], ir.BooleanValue]
    typed: Callable[[ir.StringValue], ir.Value]
    required: bool = False  # no cell may be empty
    present: bool = True  # the column must be there

    def wrong(self, cell: ir.StringValue, today: date) -> ir.BooleanValue:
        """Whether the cell cannot be read; never null."""
        return ibis.ifelse(cell.isnull(), self.required, ~self.right(cell, today).fill_null(False))


def required(column: Column) -> Column:
    """The same column, in which no cell may be empty."""
    return replace(column, required=True)


def optional(column: Column) -> Column:
    """The same column, which may be missing altogether."""
    return replace(column, present=False)


def text(name: str, longest: int = 200) -> Column:
    """Any text without control characters."""
    return Column(
        name,
        f"text of at most {longest} characters, without control characters",
        lambda cell, _: (cell.length() <= longest) & ~cell.re_search(r"[\x00-\x1f\x7f]"),
        _stripped,
    )


def ignored(name: str) -> Column:
    """A column that is known and not used."""
    return optional(Column(name, "", lambda cell, _: ibis.literal(True), _stripped))


def day(name: str) -> Column:
    """An ISO date, or an ISO date and time in UTC, of which the day counts."""

    def right(cell: ir.StringValue, today: date) -> ir.BooleanValue:
        found = _date(cell)
        form = cell.re_search(r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$")
        return form & (found >= EARLIEST) & (found <= today + timedelta(days=1))

    return Column(name, "a date as YYYY-MM-DD (or YYYY-MM-DDThh:mm:ssZ), from 1900-01-01 to today", right, _date)


def number(name: str) -> Column:
    """A decimal number with a point."""
    return Column(
        name,
        "a number such as 48 or 7.5",
        lambda cell, _: cell.re_search(r"^-?\d{1,15}(\.\d{1,15})?$"),
        lambda cell: cell.try_cast("float64"),
    )


def whole(name: str, lowest: int, highest: int) -> Column:
    """A whole number in a range."""
    return Column(
        name,
        f"a whole number from {lowest} to {highest}",
        lambda cell, _: cell.re_search(r"^\d{1,9}$") & cell.try_cast("int64").between(lowest, highest),
        lambda cell: cell.try_cast("int64"),
    )


def choice(name: str, among: Iterable[str]) -> Column:
    """One of a few words."""
    words = tuple(among)
    return Column(name, f"one of: {', '.join(words)}", lambda cell, _: cell.isin(words), lambda cell: cell)


def like(name: str, pattern: str, expected: str) -> Column:
    """Text of one form."""
    return Column(name, expected, lambda cell, _: cell.re_search(pattern), lambda cell: cell)


def nhs_number(name: str) -> Column:
    """An NHS number, with or without the spaces in which it is written 3-3-4.

    The rule is that of `lib/nhs_number.py`, set for whole columns; a test holds the two together.
    """

    def right(cell: ir.StringValue, _: date) -> ir.BooleanValue:
        digits = _digits(cell)
        weighed = [digits.substr(place, 1).try_cast("int64") * (10 - place) for place in range(9)]
        check = (11 - reduce(operator.add, weighed) % 11) % 11
        form = cell.re_search(r"^(\d{10}|\d{3} \d{3} \d{4})$") & (digits != "0000000000")
        return form & (check == digits.substr(9, 1).try_cast("int64"))

    return Column(name, "an NHS number of 10 digits whose check digit is right", right, _digits)


def _stripped(cell: ir.StringValue) -> ir.StringValue:
    return cell.strip().nullif("")


def _digits(cell: ir.StringValue) -> ir.StringValue:
    return cell.replace(" ", "")


def _date(cell: ir.StringValue) -> ir.DateValue:
    return cell.left(10).try_cast("date")
