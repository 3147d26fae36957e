"""4-triage.csv and 4-triage.yaml: a decision table that a clinician reads.

A cell says what it matches:
- empty: anything, also no value;
- `a` or `"a,b"`: one of these codes, or ordinary ways of having no value;
- `<=92`, `<1`, `>=3`, `>4`, `93..94` (both included), `7`: numbers;
- `true`, `false`.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node, line_of

NONE = "none"
ELSE = "else"
OUTPUTS = ("-> category", "-> urgency", "-> advice", "why")

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_COMPARED = re.compile(rf"(<=|<|>=|>)({_NUMBER})")
_BETWEEN = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")


@dataclass(frozen=True)
class Input:
    """A column of the table, and the question whose answer it reads.

    Without an answer a required column cannot be assessed; any other reads as `unanswered`.
    """

    column: str
    question: str
    type: Literal["choice", "number", "boolean"]
    required: bool
    no_value: tuple[str, ...]
    worse: tuple[str, ...]  # codes, best first; or ("higher",), ("lower",), ("true",), ("false",)
    ordered: bool = True  # false: its codes are neither better nor worse than each other

    @property
    def unanswered(self) -> str | None:
        """What no answer reads as; None where there must be one."""
        return None if self.required else self.no_value[0]


@dataclass(frozen=True)
class Condition:
    """What a cell matches: words (codes and ways of having no value), a range, or a truth."""

    cell: str
    words: frozenset[str] = frozenset()
    lowest: float | None = None
    above: float | None = None  # more than this, not this itself
    highest: float | None = None
    below: float | None = None
    truth: bool | None = None

    def matches(self, value: object) -> bool:
        """Whether the cell matches; a list of codes matches by any of them."""
        if isinstance(value, bool):
            return value is self.truth
        if isinstance(value, int | float):
            return self._holds(value)
        if isinstance(value, str):
            return value in self.words
        if isinstance(value, list | tuple):
            return any(one in self.words for one in value)
        return False

    def _holds(self, number: float) -> bool:
        bounds = (self.lowest, self.above, self.highest, self.below)
        return any(bound is not None for bound in bounds) and (
            (self.lowest is None or number >= self.lowest)
            and (self.above is None or number > self.above)
            and (self.highest is None or number <= self.highest)
            and (self.below is None or number < self.below)
        )


@dataclass(frozen=True)
class Row:
    """A row of the table. It matches when each of its conditions does."""

    id: str
    conditions: Mapping[str, Condition]  # by column; an empty cell is no condition
    is_else: bool
    category: str
    urgency: str
    advice: str
    why: str
    line: int


@dataclass(frozen=True)
class DecisionTable:
    """The rules of triage, as a clinician signed them."""

    inputs: tuple[Input, ...]
    rows: tuple[Row, ...]
    urgencies: tuple[str, ...]  # least urgent first; the first, none, raises nothing
    cannot_assess: tuple[str, str]  # category and urgency

    def rank(self, urgency: str) -> int:
        """How urgent: 0 for none, and the higher the more urgent."""
        return self.urgencies.index(urgency)


def parse_inputs(document: Node, file: str, faults: list[Fault]) -> DecisionTable:
    """The columns in a document that has the shape of its schema; the table has no rows yet."""
    raw = document.value

    def fault(path: list[str | int], read: str, expected: str) -> None:
        faults.append(Fault(file, f"line {line_of(document, path)}", "", read, expected))

    urgencies = tuple(raw["urgencies"])
    if urgencies[0] != NONE:
        fault(["urgencies"], urgencies[0], "'none' first: it raises nothing")
    if raw["cannot_assess"]["urgency"] not in urgencies[1:]:
        read = raw["cannot_assess"]["urgency"]
        fault(["cannot_assess", "urgency"], read, f"one of: {', '.join(urgencies[1:])}")
    inputs = []
    for column, one in raw["inputs"].items():
        worse = tuple([one["worse"]] if isinstance(one["worse"], str) else one["worse"])
        column_input = Input(
            column, one["question"], one["type"], one.get("required", False),
            tuple(one.get("no_value", ())), worse, one.get("ordered", True),
        )  # fmt: skip
        path: list[str | int] = ["inputs", column]
        if not column_input.required and not column_input.no_value:
            fault(path, column, "'required: true', or what no answer reads as, first in 'no_value'")
        orders = {"number": ("higher", "lower"), "boolean": ("true", "false")}.get(one["type"])
        if orders and (len(worse) != 1 or worse[0] not in orders):
            fault([*path, "worse"], ", ".join(worse), " or ".join(orders))
        if len(set(worse)) < len(worse):
            fault([*path, "worse"], ", ".join(worse), "each code once, best first")
        inputs.append(column_input)
    cannot = (raw["cannot_assess"]["category"], raw["cannot_assess"]["urgency"])
    return DecisionTable(tuple(inputs), (), urgencies, cannot)


def parse_table(text: str, table: DecisionTable, file: str, faults: list[Fault]) -> DecisionTable | None:
    """`table` with the rows of the CSV in `text`; None where its header is not the inputs'."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns = {one.column: one for one in table.inputs}
    header = ["id", *columns, *OUTPUTS]
    rows: list[Row] = []
    line = 1
    try:
        read_header = next(reader, [])
        if read_header != header:
            faults.append(_header_fault(file, read_header, header))
            return None
        line = reader.line_num + 1
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                read = f"{len(cells)} cells"
                expected = f"{len(header)} cells: put a cell that holds a comma in double quotes"
                faults.append(Fault(file, f"line {begins}", "", read, expected))
                continue
            values = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            rows.append(_row(values, columns, table, begins, file, faults))
    except csv.Error as error:
        faults.append(Fault(file, f"line {line}", "", str(error), "CSV with text in double quotes"))
        return None
    _check_rows(rows, file, faults)
    return DecisionTable(table.inputs, tuple(rows), table.urgencies, table.cannot_assess)


def _header_fault(file: str, read: list[str], expected: list[str]) -> Fault:
    for column in read:
        if column not in expected or read.count(column) > 1:
            advice = f"each column once, and these: {', '.join(expected)}"
            return Fault(file, "line 1", column, column, advice)
    missing = [column for column in expected if column not in read]
    told = f"no column '{missing[0]}'" if missing else ", ".join(read)
    return Fault(file, "line 1", "", told, f"the columns, in this order: {', '.join(expected)}")


def _row(
    values: dict[str, str],
    columns: dict[str, Input],
    table: DecisionTable,
    line: int,
    file: str,
    faults: list[Fault],
) -> Row:
    def fault(column: str, expected: str) -> None:
        faults.append(Fault(file, f"line {line}", column, values[column], expected))

    if not re.fullmatch(r"[A-Z][A-Z0-9-]*", values["id"]):
        fault("id", "an id of capital letters, digits and -, such as R12")
    cells = {column: values[column] for column in columns if values[column]}
    is_else = ELSE in cells.values()
    if is_else and (len(cells) > 1 or (values["-> category"], values["-> urgency"]) != (NONE, NONE)):
        first = next(column for column, cell in cells.items() if cell == ELSE)
        fault(first, "'else' alone in its row, with category none and urgency none")
    if not cells:
        fault(next(iter(columns)), "at least one cell, or 'else' for when no other row fires")
    conditions = {}
    for column, cell in cells.items():
        if cell != ELSE and (condition := _condition(cell, columns[column], column, fault)):
            conditions[column] = condition
    if values["-> urgency"] not in table.urgencies:
        fault("-> urgency", f"one of: {', '.join(table.urgencies)}")
    for column in ("-> category", "why"):
        if not values[column]:
            fault(column, "some text")
    return Row(
        values["id"], conditions, is_else, values["-> category"], values["-> urgency"],
        values["-> advice"], values["why"], line,
    )  # fmt: skip


def _condition(cell: str, column: Input, name: str, fault: Callable[[str, str], None]) -> Condition | None:
    words = [word.strip() for word in cell.split(",")]
    if set(words) <= set(column.no_value):
        return Condition(cell, words=frozenset(words))
    if column.type == "choice":
        known = (*column.worse, *column.no_value)
        for word in words:
            if word not in known:
                fault(name, f"'{word}' to be one of: {', '.join(known)}")
                return None
        return Condition(cell, words=frozenset(words))
    if column.type == "boolean":
        if cell in ("true", "false"):
            return Condition(cell, truth=cell == "true")
        fault(name, "true, false" + "".join(f", {word}" for word in column.no_value))
        return None
    if match := _COMPARED.fullmatch(cell):
        bound = float(match[2])
        return {
            "<=": Condition(cell, highest=bound),
            "<": Condition(cell, below=bound),
            ">=": Condition(cell, lowest=bound),
            ">": Condition(cell, above=bound),
        }[match[1]]
    if (match := _BETWEEN.fullmatch(cell)) and float(match[1]) <= float(match[2]):
        return Condition(cell, lowest=float(match[1]), highest=float(match[2]))
    if re.fullmatch(_NUMBER, cell):
        return Condition(cell, lowest=float(cell), highest=float(cell))
    advice = "a number, or <=92, <1, >=3, >4, 93..94 with the smaller first"
    fault(name, advice + "".join(f", {word}" for word in column.no_value))
    return None


def _check_rows(rows: list[Row], file: str, faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.id in first:
            expected = f"each id once: it stands on line {first[row.id]} too"
            faults.append(Fault(file, f"line {row.line}", "id", row.id, expected))
        first.setdefault(row.id, row.line)
    otherwise = [row for row in rows if row.is_else]
    if not otherwise:
        expected = "one row with 'else' in its first cell: what happens when no other row fires"
        faults.append(Fault(file, "", "", "no else row", expected))
    for row in otherwise[1:]:
        expected = f"one else row: there is one on line {otherwise[0].line}"
        faults.append(Fault(file, f"line {row.line}", "id", row.id, expected))
