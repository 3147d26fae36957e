"""What a decision table means, as a table: answers in, rows and calls to action out."""

import pytest

from openprotect.journey.triage.rules import decide
from openprotect.programmes import yaml_lines
from openprotect.programmes.definitions.decision_table import parse_inputs, parse_table

INPUTS = """
urgencies: [none, amber, red, emergency]
cannot_assess: {category: clinical, urgency: amber}
inputs:
  breathless: {question: q1, type: choice, required: true, worse: ["no", on_exertion, at_rest]}
  oximetry: {question: q2, type: number, worse: lower, no_value: [not_asked, do_not_have]}
  days: {question: q3, type: number, worse: lower, no_value: [not_asked]}
  symptoms: {question: q4, type: choice, worse: [cough, fever], no_value: [not_asked]}
  worse: {question: q5, type: boolean, worse: "true", no_value: [not_asked]}
"""
ROWS = """id,breathless,oximetry,days,symptoms,worse,-> category,-> urgency,-> advice,why
R1,at_rest,,,,,clinical,emergency,call_999,At rest
R2,,<=92,,,,clinical,red,call_team,92 or under
R3,,93..94,,,,clinical,amber,,93 to 94
R4,,"not_asked,do_not_have",,,,clinical,none,,No oximeter is no finding
R5,,,<1,,,medicines,red,,Under a day
R6,,,>=1,,true,medicines,amber,,Some days and worse
R7,,,,"cough,fever",,clinical,amber,,Symptoms
R8,on_exertion,,,,,clinical,red,,On exertion
R0,else,,,,,none,none,,Nothing needed
"""
SPEC = [
    # answers, rows that fire, calls to action, what cannot be assessed, outcome
    ({"q1": "no", "q2": 97}, "R0", {}, "", "none"),
    ({"q1": "no"}, "R4", {}, "", "none"),  # not asked: a value that a row names
    ({"q1": "no", "q2": "do_not_have"}, "R4", {}, "", "none"),
    ({"q1": "no", "q2": 92}, "R2", {"clinical": "red"}, "", "red"),
    ({"q1": "no", "q2": 92.5}, "R0", {}, "", "none"),
    ({"q1": "no", "q2": 93}, "R3", {"clinical": "amber"}, "", "amber"),
    ({"q1": "no", "q2": 94}, "R3", {"clinical": "amber"}, "", "amber"),
    ({"q1": "at_rest", "q2": 94}, "R1 R3", {"clinical": "emergency"}, "", "emergency"),
    ({"q1": "no", "q2": 99, "q3": 0}, "R5", {"medicines": "red"}, "", "red"),
    ({"q1": "no", "q2": 99, "q3": 1}, "R0", {}, "", "none"),
    ({"q1": "no", "q2": 99, "q3": 1, "q5": True}, "R6", {"medicines": "amber"}, "", "amber"),
    ({"q1": "no", "q2": 99, "q3": 1, "q5": False}, "R0", {}, "", "none"),
    ({"q1": "no", "q2": 99, "q4": ["cough", "fever"]}, "R7", {"clinical": "amber"}, "", "amber"),
    # the most urgent wins in its category, and every category has its own call
    ({"q1": "on_exertion", "q2": 94, "q3": 0}, "R3 R5 R8",
     {"clinical": "red", "medicines": "red"}, "", "red"),
    # a required answer that is missing, and values of the wrong type: added, never in place of
    ({}, "R4", {"clinical": "amber"}, "breathless", "cannot_assess"),
    ({"q2": 99}, "", {"clinical": "amber"}, "breathless", "cannot_assess"),
    ({"q2": 92}, "R2", {"clinical": "red"}, "breathless", "red"),
    ({"q1": "no", "q2": "low"}, "", {"clinical": "amber"}, "oximetry", "cannot_assess"),
    ({"q1": "no", "q2": True}, "", {"clinical": "amber"}, "oximetry", "cannot_assess"),
    ({"q1": "no", "q2": float("nan")}, "", {"clinical": "amber"}, "oximetry", "cannot_assess"),
    ({"q1": 3, "q2": 97}, "", {"clinical": "amber"}, "breathless", "cannot_assess"),
    ({"q1": "sometimes", "q2": 97}, "", {"clinical": "amber"}, "breathless", "cannot_assess"),
    ({"q1": "no", "q2": 97, "q4": []}, "", {"clinical": "amber"}, "symptoms", "cannot_assess"),
    ({"q1": "no", "q2": 97, "q5": "true"}, "", {"clinical": "amber"}, "worse", "cannot_assess"),
    ({"q1": "no", "q3": 0, "q2": []}, "R5",
     {"medicines": "red", "clinical": "amber"}, "oximetry", "red"),
]  # fmt: skip


def a_table(inputs=INPUTS, rows=ROWS):
    faults = []
    document = yaml_lines.read(inputs, "4-triage.yaml", faults)
    table = parse_table(rows, parse_inputs(document, "4-triage.yaml", faults), "4-triage.csv", faults)
    assert not faults, [str(fault) for fault in faults]
    return table


TABLE = a_table()


@pytest.mark.parametrize(("answers", "rows", "calls", "cannot", "outcome"), SPEC)
def test_the_table_decides(answers, rows, calls, cannot, outcome):
    decision = decide(TABLE, answers)
    assert [fired.row_id for fired in decision.fired] == rows.split()
    assert {call.category: call.urgency for call in decision.calls} == calls
    assert list(decision.cannot_assess) == cannot.split()
    assert decision.outcome == outcome


def test_a_row_says_what_it_read():
    fired = decide(TABLE, {"q1": "no", "q2": 99, "q3": 3, "q5": True}).fired
    assert [one.read for one in fired] == [{"days": 3, "worse": True}]


def test_a_call_names_the_row_that_won():
    calls = decide(TABLE, {"q1": "on_exertion", "q2": 94}).calls
    assert [(call.row_id, call.why) for call in calls] == [("R8", "On exertion")]
