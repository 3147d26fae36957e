"""Postcodes: one way of writing them, and whether they could be one.

The shape is that of BS 7666 as the Royal Mail's guide gives it; whether a
postcode is in use is a question for a register, not for a pattern.
"""

import re

_SHAPE = re.compile(
    # ZZ99 is how the Office for National Statistics writes no fixed address (ZZ99 3VZ) and abroad.
    r"GIR0AA|ZZ99[0-9][A-Z]{2}"
    r"|[A-Z]{1,2}[0-9][0-9A-HJKMNPR-Y]?[0-9][ABD-HJLNP-UW-Z]{2}"
)
_NOT_IN_IT = re.compile(r"[\s.,\-]+")


def normalise_postcode(text: str) -> str:
    """Capitals with one space before the last three characters, or '' if it has not the shape."""
    compact = _NOT_IN_IT.sub("", text).upper()
    if not _SHAPE.fullmatch(compact):
        return ""
    return f"{compact[:-3]} {compact[-3:]}"


def is_postcode(text: str) -> bool:
    """Whether the text has the shape of a postcode."""
    return bool(normalise_postcode(text))
