"""6-learn.yaml: what is measured, and for whom it is shown apart."""

from dataclasses import dataclass

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node, line_of


@dataclass(frozen=True)
class Measure:
    """Something that is counted, out of what, and which way is better."""

    key: str
    label: str
    of: str
    better: str


@dataclass(frozen=True)
class Learn:
    """What the programme learns from."""

    measures: tuple[Measure, ...]
    comparison: str
    splits: tuple[str, ...]


def parse_learn(document: Node, file: str, faults: list[Fault]) -> Learn:
    """The measures in a document that has the shape of its schema."""
    raw = document.value
    keys = [measure["key"] for measure in raw["measures"]]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            line = line_of(document, ["measures", place])
            faults.append(Fault(file, f"line {line}", "", key, "each measure's key once"))
    return Learn(
        measures=tuple(Measure(**measure) for measure in raw["measures"]),
        comparison=raw["comparison"],
        splits=tuple(raw["splits"]),
    )
