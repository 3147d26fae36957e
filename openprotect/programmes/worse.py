"""Whether a worse answer ever lowers the urgency of a decision table.

Enumerated, but only as far as the table can tell answers apart: a number stands for every number
between the same thresholds of its column, and an answer is looked at only where a row that could
matter looks at it. For each row, and each step from an answer that it takes to the next worse one
that it does not, every combination of the other answers must be caught by a row of the same
category that is at least as urgent. That is exact: where it fails, the answers that show it are
given. Several ticked boxes fire what each of them fires, so ticking more never lowers anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from openprotect.programmes.definitions.decision_table import DecisionTable, Input, Row

# Steps for one table; a table that needs more cannot be overseen by people either.
MOST_STEPS = 500_000

Value = str | float | bool


class TooManyCombinations(Exception):
    """The table is too entangled to be enumerated."""


@dataclass(frozen=True)
class Lowering:
    """A row that stops firing when an answer gets worse, and nothing as urgent fires instead."""

    row: Row
    column: str
    better: Value
    worse: Value
    others: Mapping[str, Value]


def lowerings(table: DecisionTable) -> Iterator[Lowering]:
    """Each place at which a worse answer lowers urgency. Raises TooManyCombinations."""
    values = {one.column: _ordered(one, table) for one in table.inputs}
    answers = {one.column: [*values[one.column], *one.no_value] for one in table.inputs}
    ordered = {one.column for one in table.inputs if one.ordered}
    search = _Search(answers)
    for row in table.rows:
        rank = table.rank(row.urgency)
        if rank == 0:
            continue
        urgent = [one for one in table.rows if one.category == row.category and table.rank(one.urgency) >= rank]
        for column, condition in row.conditions.items():
            if column not in ordered:
                continue
            for better, worse in pairwise(values[column]):
                if condition.matches(better) and not condition.matches(worse):
                    catching = [one for one in urgent if _takes(one, column, worse)]
                    others = search.escape(row, {column}, catching, {})
                    if others is not None:
                        yield Lowering(row, column, better, worse, others)


def _takes(row: Row, column: str, value: Value) -> bool:
    condition = row.conditions.get(column)
    return not row.is_else and (condition is None or condition.matches(value))


class _Search:
    def __init__(self, answers: Mapping[str, Sequence[Value]]) -> None:
        self.answers = answers
        self.steps = 0

    def escape(
        self, row: Row, settled: set[str], catching: list[Row], chosen: dict[str, Value]
    ) -> dict[str, Value] | None:
        """Answers that `row` takes and none of `catching` does; None where there are none."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooManyCombinations
        if not catching:
            return chosen
        open_columns = [set(one.conditions) - settled for one in catching]
        if not all(open_columns):
            return None  # one of them takes whatever the rest is
        column = min(open_columns[0])
        for value in self.answers[column]:
            if _takes(row, column, value):
                left = [one for one in catching if _takes(one, column, value)]
                found = self.escape(row, settled | {column}, left, {**chosen, column: value})
                if found is not None:
                    return found
        return None


def _ordered(column: Input, table: DecisionTable) -> list[Value]:
    """The answers of the column that the table can tell apart, best first."""
    if column.type == "choice":
        return list(column.worse)
    if column.type == "boolean":
        return [False, True] if column.worse == ("true",) else [True, False]
    bounds = sorted(
        {
            bound
            for row in table.rows
            if (condition := row.conditions.get(column.column))
            for bound in (condition.lowest, condition.above, condition.highest, condition.below)
            if bound is not None
        }
    )
    if not bounds:
        return []
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    numbers = sorted([bounds[0] - 1, *bounds, *between, bounds[-1] + 1])
    return list(numbers) if column.worse == ("higher",) else list(reversed(numbers))
