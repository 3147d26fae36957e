"""From answers to calls to action, by the decision table of the pack.

Every row that matches fires; in each category the most urgent wins. A question that may go
unanswered reads as an ordinary way of having no value, which rows name like any other answer.
Only a required question without an answer, or a value of the wrong type, cannot be assessed:
that goes to a person, besides whatever fired. The else row fires when nothing else did.
"""

from collections.abc import Iterator, Mapping

from openprotect.journey.triage.facts import Call, Decision, Fired
from openprotect.programmes.definitions.decision_table import NONE, DecisionTable, Input, Row

CANNOT_ASSESS = "cannot_assess"


class _Unusable:
    """Stands where a value cannot be assessed; no cell matches it."""


_UNUSABLE = _Unusable()


def decide(table: DecisionTable, answers: Mapping[str, object]) -> Decision:
    """What these answers (linkId -> value) ask for. The same answers always give the same."""
    values = {one.column: _value(one, answers.get(one.question)) for one in table.inputs}
    unusable = tuple(column for column, value in values.items() if value is _UNUSABLE)
    fired = [_fired(row, values) for row in table.rows if _matches(row, values)]
    if not fired and not unusable:
        fired = [_fired(row, values) for row in table.rows if row.is_else]
    wanted = [Call(one.category, one.urgency, one.row_id, one.why) for one in fired]
    if unusable:
        why = f"Cannot assess: no usable answer for {', '.join(unusable)}"
        wanted.append(Call(*table.cannot_assess, CANNOT_ASSESS, why))
    outcome = max((one.urgency for one in fired), key=table.rank, default=NONE)
    if unusable and outcome == NONE:
        outcome = CANNOT_ASSESS
    return Decision(tuple(fired), tuple(_most_urgent(table, wanted)), unusable, outcome)


def _value(column: Input, answer: object) -> object:
    """The answer as the table reads it."""
    if answer is None:
        return _UNUSABLE if column.required else column.unanswered
    if isinstance(answer, str) and answer in column.no_value:
        return answer
    return answer if _has_type(column, answer) else _UNUSABLE


def _has_type(column: Input, answer: object) -> bool:
    if column.type == "boolean":
        return isinstance(answer, bool)
    if column.type == "number":
        # A NaN equals nothing, itself included, and compares with no threshold.
        is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
        return is_number and answer == answer
    chosen = answer if isinstance(answer, list | tuple) else [answer]
    known = (*column.worse, *column.no_value)
    return bool(chosen) and all(isinstance(code, str) and code in known for code in chosen)


def _matches(row: Row, values: Mapping[str, object]) -> bool:
    return not row.is_else and all(condition.matches(values[column]) for column, condition in row.conditions.items())


def _fired(row: Row, values: Mapping[str, object]) -> Fired:
    read = {column: values[column] for column in row.conditions}
    return Fired(row.id, row.category, row.urgency, row.advice, row.why, read)


def _most_urgent(table: DecisionTable, wanted: list[Call]) -> Iterator[Call]:
    """One call a category, the first of the most urgent; `none` raises nothing."""
    winners: dict[str, Call] = {}
    for call in wanted:
        winner = winners.get(call.category)
        if winner is None or table.rank(call.urgency) > table.rank(winner.urgency):
            winners[call.category] = call
    return (call for call in winners.values() if call.urgency != NONE)
