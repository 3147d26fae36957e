"""Telephone numbers as they stand in cells: what they are, and what is wrong with them.

A wrong number never refuses a row: it is kept with its quality, because those
who cannot be phoned are the people a service loses (see docs/explanation).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType


class Kind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"  # a line, but no place for texts and none that rings at home: 03, 08, 09, 070


class Quality(StrEnum):
    """What had to be said about a cell. The values are the words people see."""

    TWO_NUMBERS = "two numbers"
    LOST_ZERO = "lost zero"
    WRONG_SHAPE = "wrong shape"
    LANDLINE_IN_MOBILE = "landline in mobile field"
    MOBILE_IN_LANDLINE = "mobile in landline field"


@dataclass(frozen=True, slots=True)
class Telephone:
    """One number that can be dialled: E.164 and its kind."""

    number: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class TelephoneCell:
    """What one cell held: the text as read, the numbers in it, and what must be said about it."""

    read: str = ""
    numbers: tuple[Telephone, ...] = ()
    quality: tuple[Quality, ...] = ()

    @property
    def first(self) -> str:
        """The first number in E.164, or '' if there is none that can be dialled."""
        return self.numbers[0].number if self.numbers else ""


EMPTY = TelephoneCell()

# Ofcom's national numbering plan: 071 to 075 and 077 to 079 are mobiles (070 is personal
# numbering, 076 pagers but for the Isle of Man). Newly allotted blocks are mobiles before any
# library's tables know them, and 07700 900 is Ofcom's range for drama, which none of them allow.
_MOBILE = re.compile(r"0(7[1-57-9][0-9]{8}|7624[0-9]{6})")
# Geographic numbers of full length likewise; the few shorter ones are looked up.
_LANDLINE = re.compile(r"0(1[1-9]|2[03489])[0-9]{8}")
_BETWEEN = re.compile(r"[/,;&|\n]|\b(?:or|and)\b", re.IGNORECASE)
_BEFORE_A_NUMBER = re.compile(r"\s+(?=\(?(?:0|\+44))")
_PUNCTUATION = re.compile(r"[\s().\-\u2010-\u2015]+")
_DIALLED = re.compile(r"\+?[0-9]+")
_ENOUGH_DIGITS = 9


@lru_cache(maxsize=65_536)
def read_telephones(text: str) -> TelephoneCell:
    """The numbers in a cell, each classified, with a lost leading zero put back.

    Never raises: what cannot be dialled is 'wrong shape'.
    """
    read = text.strip()
    if not read:
        return EMPTY
    numbers: list[Telephone] = []
    quality: list[Quality] = []
    parts = list(_parts(read))
    if len(parts) > 1:
        quality.append(Quality.TWO_NUMBERS)
    for part in parts:
        number, zero_was_lost = _dialled(part)
        if number is None:
            quality.append(Quality.WRONG_SHAPE)
        elif number not in numbers:
            numbers.append(number)
        if zero_was_lost:
            quality.append(Quality.LOST_ZERO)
    if not parts:
        quality.append(Quality.WRONG_SHAPE)
    return TelephoneCell(read, tuple(numbers), tuple(dict.fromkeys(quality)))


def format_telephone(number: str) -> str:
    """As it is shown to people in this country: 07700 900123."""
    return phonenumbers.format_number(phonenumbers.parse(number, "GB"), phonenumbers.PhoneNumberFormat.NATIONAL)


def _parts(text: str) -> Iterator[str]:
    """The pieces of a cell that are numbers of their own."""
    for piece in _BETWEEN.split(text):
        held = ""
        for word in _BEFORE_A_NUMBER.split(piece):
            if held and (_digits(held) < _ENOUGH_DIGITS or _digits(word) < _ENOUGH_DIGITS):
                held = f"{held} {word}"  # '01632 960 012' is one number, not two
                continue
            if held.strip():
                yield held
            held = word
        if held.strip():
            yield held


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _dialled(text: str) -> tuple[Telephone | None, bool]:
    """The number of one piece, and whether its leading zero had to be put back."""
    compact = _PUNCTUATION.sub("", text.replace("(0)", ""))
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if not _DIALLED.fullmatch(compact) or not compact.isascii():
        return None, False
    if compact.startswith("44") and len(compact) == 12:
        compact = f"+{compact}"
    if compact.startswith("+44"):
        compact = f"0{compact[3:].removeprefix('0')}"
    if found := _classified(compact):
        return found, False
    if compact[0] in "12378" and (found := _classified(f"0{compact}")):
        return found, True
    return None, False


def _classified(dialled: str) -> Telephone | None:
    if _MOBILE.fullmatch(dialled):
        return Telephone(f"+44{dialled[1:]}", Kind.MOBILE)
    if _LANDLINE.fullmatch(dialled):
        return Telephone(f"+44{dialled[1:]}", Kind.LANDLINE)
    if dialled[0] not in "0+" or not 9 <= len(dialled) <= 16:
        return None
    try:
        parsed = phonenumbers.parse(dialled, "GB")
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        return None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Telephone(number, _KINDS.get(kind, Kind.OTHER))


_KINDS = {
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE: Kind.LANDLINE,
    # In North America a number does not tell; it rings, so it is treated as a landline.
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.LANDLINE,
}
