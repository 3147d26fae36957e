"""Answers, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass

# linkId -> a code, a list of codes, true or false, a number, or text. An absent key is no answer.
Answers = Mapping[str, object]


@dataclass(frozen=True)
class EmergencySign:
    """An answer that shows the 999 page at once."""

    link_id: str
    code: str
