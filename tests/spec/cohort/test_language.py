"""What each construct of 1-cohort.yaml means: the spec tables, held against every engine and the reference."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

import pytest

from openprotect.programmes.shape import schema
from tests.spec.cohort import reference
from tests.spec.cohort.engines import ENGINES, Run
from tests.spec.cohort.spec_tables import Case, Part, parts, rows
from tests.spec.cohort.world import INDEX, World, definition, parsed, rule

PARTS = parts()
CASES = [
    pytest.param(part, at, id=f"{part.title}: {case.says}") for part in PARTS for at, case in enumerate(part.cases)
]

Found = set[tuple[str, date | None, str | None]]


@pytest.fixture(scope="module", params=ENGINES)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with ENGINES[request.param]() as found:
        yield found


@pytest.fixture(scope="module")
def found(run: Run) -> Callable[[Part], list[Found]]:
    """(person, evidence date, code) that an engine finds for each case of a part.

    All cases of a part are one cohort, with a rule and people of its own for each: an engine is asked once.
    """

    @cache
    def of(part: Part) -> list[Found]:
        world = World()
        for at, case in enumerate(part.cases):
            add(world, case, at)
        rules = "\n".join(rule(case.rule, f"R{at}") for at, case in enumerate(part.cases))
        cohort, faults = parsed(rules, part.cases[0].exclude)
        assert all(fault.expected.endswith("says the same of the same group") for fault in faults), faults
        members = run(cohort, world).members.to_pylist()
        each: list[Found] = [set() for _ in part.cases]
        for member in members:
            at, _, person = member["person_id"].partition(":")
            if member["rule"] == f"R{at}":
                each[int(at)].add((person, member["evidence_date"], member["code"]))
        return each

    return of


def add(world: World, case: Case, at: int) -> None:
    """The people and records of a case, who are nobody else's."""
    for name, table in vars(case.world).items():
        getattr(world, name).extend({**row, "person_id": f"{at}:{row['person_id']}"} for row in table)


@pytest.mark.parametrize(("part", "at"), CASES)
def test_spec_table(found: Callable[[Part], list[Found]], part: Part, at: int) -> None:
    case, members = part.cases[at], found(part)[at]
    assert {person for person, _, _ in members} == case.members
    if case.evidence is not None:
        assert members == case.evidence
    cohort = definition(rule(case.rule), case.exclude)
    assert {(person, day, code) for person, _, day, code in reference.members(cohort, case.world, INDEX)} == members


def test_exclusions_come_first_and_each_person_is_counted_once(run: Run) -> None:
    people = """
        person  died        left
        dead    2020-03-30  2020-01-01
        gone    -           2020-03-30
        here    -           -
        late    2020-03-31  -"""
    world = World(rows("people", people), [event(person) for person in ("dead", "gone", "here", "late")])
    exclude = "{died: {date_of_death: on_or_before index}, gone: {registration_ended: on_or_before index}}"
    result = run(definition(rule("when: {any: a}"), exclude), world)
    assert result.excluded == {"died": 1, "gone": 1}
    assert result.attrition == (
        ("in the records or on a list", 4), ("left after: died", 3), ("left after: gone", 2), ("in at least one group", 2),
    )  # fmt: skip
    assert result.members["person_id"].to_pylist() == ["here", "late"]


def test_a_member_has_the_rule_the_record_and_the_reason(run: Run) -> None:
    medicines = "person date code\np1 2020-01-05 M1\np1 2020-02-05 M2"
    world = World(people=[{"person_id": "p1"}], medicines=rows("medicines", medicines))
    text = (
        "  - id: TWO\n    group: g\n    reason: '{count} issues since {window_start}, last {term} on {date}'\n"
        "    when: {count: m, at_least: 2, within: 6 months, distinct: date}"
    )
    assert run(definition(text), world).members.to_pylist() == [
        {
            "person_id": "p1", "rule": "TWO", "group": "g", "evidence_date": INDEX.replace(month=2, day=5), "code": "M2",
            "term": "Capsules", "count": 2, "reason": "2 issues since 30 September 2019, last Capsules on 5 February 2020",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "written"), [("44", "44"), ("44.5", "44.5")])
def test_a_reason_may_give_the_value_with_its_unit(run: Run, value: str, written: str) -> None:
    events = f"person date code value unit\np1 2020-01-05 A1 {value} mmol/mol"
    world = World(people=[{"person_id": "p1"}], events=rows("events", events))
    text = (
        "  - id: R\n    group: g\n    reason: '{term}: {value} on {date}'\n"
        "    when: {all: [{latest: a, unit: mmol/mol, between: [42, 47]}, {none: b}]}"
    )
    (member,) = run(definition(text), world).members.to_pylist()
    assert member["reason"] == f"First: {written} mmol/mol on 5 January 2020"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when: {any: a}", "Rule R: no record has a code of a."),
        ("when: {all: [b, {any: [h, a]}, m]}", "Rule R: no record has a code of a or m."),
        ("when: {any: b, within: 1 day}", "Rule R found nobody."),
        ("when: {any: a, after: 2020-06-01}", "Rule R: no day is in a window of it on 30 March 2020, which would begin on 2 June 2020 and end on 30 March 2020."),
        ("when: {any: a, within: 1 month, before: 2020-01-01}", "Rule R: no day is in a window of it on 30 March 2020, which would begin on 29 February 2020 and end on 31 December 2019."),
    ],
)  # fmt: skip
def test_what_comes_out_empty_is_said(run: Run, text: str, said: str) -> None:
    events = rows("events", "person date code\np1 2019-01-01 B1")
    admissions = rows("admissions", "person admitted code\np2 2019-01-01 C819")
    world = World(people=[{"person_id": "p1"}], events=events, admissions=admissions)
    notes = run(definition(rule(text)), world).notes
    assert said in notes


def event(person: str) -> dict[str, object]:
    (row,) = rows("events", f"person date code\n{person} 2020-01-01 A1")
    return row


def test_every_word_of_the_language_has_a_spec_table() -> None:
    words = set(schema("1-cohort")["$defs"]["condition"]["properties"])
    assert {word for part in PARTS for word in part.words} == words
