"""Triage holds for every answer set: against the shipped pack, and tables made up at random."""

import itertools
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from openprotect.journey.triage.rules import decide
from openprotect.programmes.definitions.decision_table import (
    Condition,
    DecisionTable,
    Input,
    Row,
)
from openprotect.programmes.loader import load_pack
from openprotect.programmes.worse import lowerings

PACK = load_pack(Path(__file__).parents[2] / "packs/covid-protect")
TABLE = PACK.triage
URGENCIES = TABLE.urgencies

anything = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 200), st.floats(), st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=3), st.dictionaries(st.text(max_size=2), st.none()),
)  # fmt: skip


def answer_to(one):
    real = {
        "choice": st.sampled_from(one.worse),
        "number": st.integers(0, 110),
        "boolean": st.booleans(),
    }[one.type]
    return st.one_of(real, real, st.none(), anything)


answer_sets = st.fixed_dictionaries({one.question: answer_to(one) for one in TABLE.inputs})


@given(answer_sets)
def test_every_answer_set_has_an_outcome_and_nothing_raises(answers):
    decision = decide(TABLE, answers)
    assert decision.fired or decision.cannot_assess
    assert decision == decide(TABLE, dict(reversed(answers.items())))


@given(answer_sets)
def test_each_category_gets_one_call_as_urgent_as_its_most_urgent_row(answers):
    decision = decide(TABLE, answers)
    fired = [(one.category, TABLE.rank(one.urgency)) for one in decision.fired]
    if decision.cannot_assess:
        category, urgency = TABLE.cannot_assess
        fired.append((category, TABLE.rank(urgency)))
    expected = {category: max(rank for name, rank in fired if name == category) for category, _ in fired}
    raised = {call.category: TABLE.rank(call.urgency) for call in decision.calls}
    assert raised == {category: rank for category, rank in expected.items() if rank}


@given(answer_sets, st.sampled_from([one.question for one in TABLE.inputs]))
def test_losing_an_answer_adds_and_never_takes_away_what_the_others_raise(answers, lost):
    # Rows that read the lost answer may fall silent; all the others fire as before.
    column = next(one.column for one in TABLE.inputs if one.question == lost)
    before = {one.row_id for one in decide(TABLE, answers).fired if column not in one.read}
    after = {one.row_id for one in decide(TABLE, {**answers, lost: object()}).fired}
    assert before - {"R00"} <= after


# Small tables at random: the search for a worse answer that lowers urgency against trying all.

COLUMNS = ("a", "b", "c")
CODES = ("0", "1", "2")
cells = st.one_of(st.none(), st.sets(st.sampled_from(CODES), min_size=1))
rows = st.tuples(st.tuples(cells, cells, cells), st.sampled_from(("x", "y")), st.sampled_from(URGENCIES))


def table_of(drawn):
    inputs = tuple(Input(name, name, "choice", True, (), CODES) for name in COLUMNS)
    made = []
    for number, (conditions, category, urgency) in enumerate(drawn):
        held = {
            name: Condition("", words=frozenset(words))
            for name, words in zip(COLUMNS, conditions, strict=True)
            if words
        }
        if held:
            made.append(Row(f"R{number}", held, False, category, urgency, "", "", number))
    made.append(Row("R", {}, True, "none", "none", "", "", 99))
    return DecisionTable(inputs, tuple(made), URGENCIES, ("x", "amber"))


def lowers_somewhere(table):
    for answers in itertools.product(CODES, repeat=len(COLUMNS)):
        for place, code in enumerate(answers):
            if code == CODES[-1]:
                continue
            worse = (*answers[:place], CODES[CODES.index(code) + 1], *answers[place + 1 :])
            first, second = (
                {
                    call.category: table.rank(call.urgency)
                    for call in decide(table, dict(zip(COLUMNS, one, strict=True))).calls
                }
                for one in (answers, worse)
            )
            if any(second.get(category, 0) < rank for category, rank in first.items()):
                return True
    return False


@settings(deadline=None)
@given(st.lists(rows, max_size=6).map(table_of))
def test_lowering_is_found_exactly_where_it_is(table):
    assert any(True for _ in lowerings(table)) == lowers_somewhere(table)


@given(st.lists(rows, max_size=6).map(table_of))
def test_what_is_found_is_shown_by_its_answers(table):
    for found in lowerings(table):
        others = dict.fromkeys(COLUMNS, CODES[0]) | dict(found.others)
        for name, condition in found.row.conditions.items():
            if name not in found.others and name != found.column:
                others[name] = min(condition.words)
        ranks = []
        for answer in (found.better, found.worse):
            calls = decide(table, {**others, found.column: answer}).calls
            ranks.append(
                max((table.rank(one.urgency) for one in calls if one.category == found.row.category), default=0)
            )
        assert ranks[1] < ranks[0]
