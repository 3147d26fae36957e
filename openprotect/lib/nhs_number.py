"""NHS numbers: ten digits of which the last checks the others.

Source: NHS Data Dictionary, NHS NUMBER. Weights 10 to 2; the check digit is
11 minus the sum modulo 11, where 11 is written 0 and 10 means that the number
is never issued. 999 000 0000 to 999 999 9999 is the range for tests.
"""

import re

TEST_RANGE = "999"
TEST_NUMBERS = 900_000
"""How many different numbers `number_for_tests` can make."""

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")
_DIGITS = re.compile(r"[0-9]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_SPREAD = 271_829  # has no factor in common with TEST_NUMBERS, so no number comes twice


class NotAnNhsNumber(ValueError):
    """The text is no NHS number; `expected` says what was wanted instead."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


def check_digit(nine: str) -> str:
    """The digit that belongs after the first nine, or '' where there is none (never issued)."""
    a, b, c, d, e, f, g, h, i = map(int, nine)
    total = 10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i
    check = -total % 11
    return "" if check == 10 else str(check)


def parse_nhs_number(text: str) -> str:
    """The ten digits of an NHS number written with or without spaces or dashes.

    Raises NotAnNhsNumber, whose `expected` is fit to be shown beside what was read.
    """
    digits = _SEPARATORS.sub("", text)
    if not _DIGITS.fullmatch(digits):
        if _SCIENTIFIC.fullmatch(digits):
            raise NotAnNhsNumber("an NHS number of 10 digits (a spreadsheet has rounded this one)")
        raise NotAnNhsNumber("an NHS number of 10 digits")
    if len(digits) < 10:
        raise NotAnNhsNumber(f"an NHS number of 10 digits (this has {len(digits)}: some are lost)")
    if len(digits) > 10:
        raise NotAnNhsNumber(f"an NHS number of 10 digits (this has {len(digits)})")
    if digits == "0000000000":
        raise NotAnNhsNumber("an NHS number, or an empty cell where there is none")
    if check_digit(digits[:9]) != digits[9]:
        raise NotAnNhsNumber("an NHS number whose check digit is right")
    return digits


def is_nhs_number(text: str) -> bool:
    """Whether `parse_nhs_number` would read it."""
    try:
        parse_nhs_number(text)
    except NotAnNhsNumber:
        return False
    return True


def is_test_number(digits: str) -> bool:
    """Whether it stands in the range that is given to nobody."""
    return digits.startswith(TEST_RANGE)


def format_nhs_number(digits: str) -> str:
    """As it is shown and read out: 3-3-4."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def number_for_tests(counter: int) -> str:
    """The number of the test range that belongs to a counter from 0 to TEST_NUMBERS - 1.

    Different counters give different numbers, and neighbours are far apart, so
    that a slip of the finger does not turn one made-up person into the next.
    """
    if not 0 <= counter < TEST_NUMBERS:
        raise ValueError(f"the test range is used up to {TEST_NUMBERS} numbers, not {counter}")
    # Of the ten ninth digits at most one has no check digit, so nine always have one.
    block, choice = divmod(counter * _SPREAD % TEST_NUMBERS, 9)
    stem = f"{TEST_RANGE}{block:05d}"
    issued = [nine for ninth in range(10) if check_digit(nine := f"{stem}{ninth}")]
    return issued[choice] + check_digit(issued[choice])
