"""Refusals: what we say when we will not do what was asked.

The sentence a reader sees is the first paragraph of the class's docstring, so
that a refusal and its wording stand in one place and can be listed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import getdoc


class Refusal(Exception):
    """This cannot be done."""

    status = 409

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        paragraph = (getdoc(type(self)) or "").split("\n\n")[0]
        super().__init__(" ".join(paragraph.split()).format(**fields))


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was given: where it stands, what was read, what was expected.

    `where` is a row or a line ("row 12", "line 4"), `column` the column's name;
    either is empty where there is none.
    """

    file: str
    where: str
    column: str
    read: str
    expected: str

    def __str__(self) -> str:
        place = [self.file, self.where, f"column {self.column}" if self.column else ""]
        return f"{', '.join(filter(None, place))}: read '{self.read}', expected {self.expected}"


class BadInput(Refusal):
    """What was given has {count} fault(s), so nothing of it was used."""

    status = 422

    def __init__(self, faults: Iterable[Fault], **fields: object) -> None:
        self.faults = tuple(faults)
        super().__init__(count=len(self.faults), **fields)
