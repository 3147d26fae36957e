"""Writes cohorts.md from the spec tables and the JSON Schema: `python docs/reference/generate_cohorts.py`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from openprotect.programmes.shape import schema

sys.path.insert(
    0, str(Path(__file__).parents[2])
)  # the spec tables lie among the tests, which hold the engines to them

from tests.spec.cohort.spec_tables import COLUMNS, DEFAULTS, Case, Part, parts

PAGE = Path(__file__).with_name("cohorts.md")
INTRODUCTION = """# What a cohort can ask

Made from the spec tables in `tests/spec/cohort/tables` and the JSON Schema of 1-cohort.yaml; do not edit it here. Every
case below is held against every engine and a plain reference in Python by `make test`, and generated cohorts besides.

Every window counts back from the index date, which is 30 March 2020 here; what happened after it does not exist. What is
not known is not true, and so `not` of it is. Records are ordered by (date, value, code).

In the tables below `-` is nothing, `p0` stands in the records with nothing recorded, and what is left out is not known.
List `a` has the codes A1 and A2, `b` B1 and B2, `c` C1 and A1 of SNOMED CT; `m` has M1 and M2 of dm+d; `h` C81 and D571
of ICD-10; `o` M01 of OPCS-4; `pilot` the practices T01 and T02, `coast` the area E01000001. T01 and T03 are in the
locality NORTH, T02 is in SOUTH.

[Every key of 1-cohort.yaml](packs.md) | [How to write a pack](../how-to/write-a-pack.md)
"""


def page() -> str:
    """The reference page as it should stand."""
    return INTRODUCTION + "".join("\n" + "\n".join(_part(part)) + "\n" for part in parts())


def _part(part: Part) -> Iterator[str]:
    described = schema("1-cohort")["$defs"]["condition"]["properties"]
    yield f"## {part.title}\n\n{part.says}\n"
    if part.words:
        yield "| key | what it says |\n|---|---|"
        for word in part.words:
            yield f"| `{word}` | {described[word]['description']} |"
        yield ""
    yield f"**Same day.** {part.same_day}"
    for case in part.cases:
        yield from _case(case)


def _case(case: Case) -> Iterator[str]:
    yield f"\n### {case.says[0].upper()}{case.says[1:]}\n\n```yaml"
    if case.exclude:
        yield f"population: {{exclude: {case.exclude}}}"
    yield f"{case.rule}\n```\n"
    for name, text in case.tables.items():
        header, *rows = (line.split() for line in text.strip().splitlines())
        yield f"{_named(name, header)}\n"
        yield from _table(header, rows)
    if case.shown:
        yield "Members, and the record that shows it\n"
        yield from _table(["person", "date", "code"], [line.split() for line in case.shown])
    else:
        yield f"Members: {', '.join(case.expected.split())}"


def _named(name: str, header: list[str]) -> str:
    """The table, with what holds for all its rows."""
    left_out = {column: value for column, value in DEFAULTS.get(name, {}).items() if column not in header}
    said = ", ".join(f"{column} {value}" for column, value in left_out.items() if column in COLUMNS[name].values())
    return f"{name.capitalize()} ({said})" if said else name.capitalize()


def _table(header: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |\n|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
