"""examples/*.yaml: made-up people, and what must happen to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from openprotect.programmes.document import Node


@dataclass(frozen=True)
class Example:
    """A made-up person's answers, and the rows and calls to action that must come of them."""

    file: str
    about: str
    answers: Mapping[str, object]
    rows: tuple[str, ...]
    calls: Mapping[str, str]  # category -> urgency
    cannot_assess: tuple[str, ...]
    lines: Mapping[str, int]  # of "rows", "calls" and "answers", for faults


def parse_example(document: Node, file: str) -> Example:
    """The example in a document that has the shape of its schema."""
    raw, expect = document.value, document["expect"]
    return Example(
        file=file,
        about=raw["about"],
        answers=raw["answers"],
        rows=tuple(expect["rows"].value),
        calls=expect["calls"].value,
        cannot_assess=tuple(raw["expect"].get("cannot_assess", ())),
        lines={
            "answers": document["answers"].line,
            **{key: node.line for key, node in expect.items()},
        },
    )
