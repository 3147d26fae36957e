"""A rule that can never fire, or never matter, is a fault: it would be an empty cohort in silence."""

import pytest

from tests.spec.cohort.world import parsed

NEVER = "expected a condition that somebody can meet: these are never true together"
MATTERS = "expected an 'unless' that can take somebody out: take it out or correct it"


def faults_of(*rules: str) -> list[str]:
    texts = [f"  - id: R{at}\n    group: g\n    {text}" for at, text in enumerate(rules)]
    return [str(fault) for fault in parsed("\n".join(texts))[1]]


NEVER_TRUE = [
    "{all: [{age: {under: 18}}, {age: {at_least: 65}}]}",
    "{all: [{sex: male}, {any: [{sex: female}, {all: [a, {sex: other}]}]}]}",
    "{all: [{age: {at_least: 65}}, {not: {age: {at_least: 60}}}]}",
    "{all: [a, {none: a}]}",
    "{all: [{any: a, within: 6 months}, {none: [a, b]}]}",
    "{all: [{any: a, within: 1 month}, {none: a, within: 31 days}]}",
    "{all: [{count: m, at_least: 2, within: 6 months}, {none: m, within: 12 months}]}",
    "{all: [{count: m, at_least: 2}, {not: {count: m, at_least: 1}}]}",
    "{all: [{latest_of: [a, b], is: a}, {latest_of: [b, a], is: b}]}",
    "{all: [{latest_of: [a, b], is: a}, {none: a}]}",
    "{all: [{latest: a, unit: '%', under: 5}, {latest: a, unit: '%', at_least: 5}]}",
    "{all: [{latest: a, unit: '%', between: [1, 2]}, {not: {latest: a, unit: '%', under: 5}}]}",
    "{all: [{imd_decile: {at_most: 2, edition: '2019'}}, {imd_decile: {at_most: 2, edition: '2025'}}]}",
    "{all: [{practice: ['T01', 'T02']}, {practice: 'T03'}]}",
    "{all: [{lsoa: 'E01000001'}, {not: {lsoa: ['E01000001', 'E01000002']}}]}",
    "{all: [{admitted: any, nights: {at_least: 3}, within: 1 month}, {not: {admitted: any, within: 3 months}}]}",
    "{all: [{service: home_care}, {not: {service: [home_care, day_care]}}]}",
    "{all: [{then: {first: a, after: b}}, {none: a}]}",
    "{all: [{any: a, after: b}, {none: b}]}",
    "{of: [{all: [a, {none: a}]}, b, m], at_least: 2}",
    "{any: a, after: a}",
    "{any: a, after: {any: [a, b]}}",
    "{any: a, after: {any: a, within: 6 months}}",
    "{any: a, before: 2020-03-01, after: {any: a, before: 2020-03-01}}",
    "{any: a, after: {any: b, after: a}}",
    "{any: a, after: {count: a, at_least: 2}}",
    "{count: a, at_least: 2, after: {latest_of: [a, b], is: b}}",
    "{latest: a, unit: '%', under: 5, after: a}",
    "{any: a, before: {any: a, evidence: first}}",
    "{any: a, within: 1 month, before: {any: [a, b], evidence: first, within: 6 months}}",
    "{then: {first: a, after: {any: a}}}",
    "{then: {first: a, after: {any: b, after: {any: a}}}}",
    "{admitted: h, after: {admitted: any}}",
]


@pytest.mark.parametrize("condition", NEVER_TRUE)
def test_what_can_never_be_true_is_said_once(condition: str) -> None:
    (fault,) = faults_of(f"when: {condition}")
    assert NEVER in fault
    assert fault.startswith("1-cohort.yaml, line ")


def test_a_part_that_can_never_be_true_is_said_where_it_stands() -> None:
    rule = "when:\n      any:\n        - a\n        - all:\n          - {age: {under: 18}}\n          - {age: {at_least: 65}}"
    (fault,) = faults_of(rule)
    assert "age at_least 65 and age under 18, " + NEVER in fault.replace("'", "")
    assert "line 13" in fault


CAN_BE = [
    "{all: [{age: {under: 65}}, {age: {at_least: 18}}]}",
    "{all: [{any: a, within: 6 months}, {none: a, within: 30 days}]}",
    "{all: [{any: a, within: 1 month}, {none: a, within: 30 days}]}",
    "{all: [{not: {age: {under: 18}}}, {not: {age: {at_least: 18}}}]}",  # whose age is not known
    "{all: [{practice: pilot}, {practice: 'T03'}]}",
    "{all: [{any: a, after: b}, {none: a, within: 6 months}]}",
    "{all: [{count: m, at_least: 2}, {not: {count: m, at_least: 2, distinct: date}}]}",
    "{all: [{count: m, at_least: 2}, {not: {count: m, at_least: 2, within: 6 months}}]}",
    "{all: [{latest: a, unit: '%', under: 5}, {latest: a, unit: mmol/mol, at_least: 5}]}",
    "{all: [{service: [home_care, day_care]}, {not: {service: home_care}}]}",
    "{all: [{admitted: any, nights: {at_least: 3}}, {not: {admitted: any, nights: {at_least: 4}}}]}",
    "{any: a, after: {any: a, evidence: first}}",
    "{any: a, evidence: first, before: a}",
    "{any: [{any: a, after: b}, {any: b, after: a}]}",
    "{any: a, after: {any: a, before: 2020-03-01}}",
    "{any: a, after: {latest: a, unit: '%', under: 5}}",
    "{any: a, within: 6 months, before: {any: a, evidence: first, within: 1 month}}",
    "{any: a, after: {any: [{all: [a, b]}, m]}}",
    "{then: {first: a, after: {any: a, evidence: first}, within: 1 month}}",
    "{admitted: any, after: {admitted: any, nights: {at_least: 3}}}",
    "{admitted: any, nights: {at_least: 365}, within: 1 year}",
    "{admitted: any, nights: {at_least: 400}, after: 2020-01-01, before: 2020-01-10}",
    "{count: a, at_least: 367, distinct: date, within: 1 year}",
    "{count: a, at_least: 3, distinct: date, after: 2020-01-01, before: 2020-01-05}",
    "{any: a, within: 150 years}",
    "{any: a, after: 1900-01-01, before: 2200-12-31}",
]


@pytest.mark.parametrize("condition", CAN_BE)
def test_what_can_be_true_is_no_fault(condition: str) -> None:
    assert faults_of(f"when: {condition}") == []


def test_an_unless_that_is_always_or_never_true_with_when_is_said() -> None:
    (same,) = faults_of("when: a\n    unless: {any: [a, b]}")
    assert "expected an 'unless' that leaves somebody in: it is true wherever 'when' is" in same
    (apart,) = faults_of("when: {all: [a, {age: {at_least: 65}}]}\n    unless: {age: {under: 18}}")
    assert f"read 'age at_least 65 and age under 18', {MATTERS}" in apart
    (after,) = faults_of("when: {any: [a, b]}\n    unless: {any: a, after: evidence}")
    assert f"read 'evidence is the latest of these records', {MATTERS}" in after
    assert faults_of("when: {any: a, evidence: first}\n    unless: {any: a, after: evidence}") == []


def test_a_rule_that_is_true_of_everybody_is_said() -> None:
    (fault,) = faults_of("when: {any: [{age: {under: 65}}, {not: {age: {under: 65}}}]}")
    assert "expected a rule that asks for something: this one is true of everybody" in fault


def test_a_rule_that_says_what_another_says_is_said() -> None:
    (fault,) = faults_of("when: {any: a}", "when: a")
    assert "read 'R1', expected a rule that can matter: R0 says the same of the same group" in fault


def test_too_many_ways_of_being_true_are_not_judged() -> None:
    ages = ", ".join(f"{{age: {{at_least: {age}}}}}" for age in range(1, 31))
    assert faults_of(f"when: {{of: [{ages}], at_least: 15}}") == []
