"""What each construct of 1-cohort.yaml means: rows in, a rule, the people it makes members."""

from datetime import date

import pytest
from ibis.backends.duckdb import Backend

from openprotect.people.population import engine
from tests.spec.cohort import reference
from tests.spec.cohort.world import INDEX, World, definition, rule, run


@pytest.fixture(scope="module")
def backend():
    found = engine()
    yield found
    found.disconnect()


def d(text: str) -> date:
    return date.fromisoformat(text)


def event(person: str, day: str, code: str, value: float | None = None) -> tuple:
    return (person, d(day), code, "snomed", value)


def issue(person: str, day: str, code: str = "M1") -> tuple:
    return (person, d(day), code, "dmd")


def stay(person: str, day: str, code: str, system: str = "icd10") -> tuple:
    return (person, d(day), None, code, system)


# Everybody stands in the records; the index date is 30 March 2020.
CASES = [
    # any, ever
    ("any code of the list, ever", rule("{any: a, ever: true}"),
     World(events=[event("p1", "1950-01-01", "A1"), event("p2", "2020-01-01", "B1")]), {"p1"}),
    ("the index date itself counts", rule("{any: a}"),
     World(events=[event("p1", "2020-03-30", "A1")]), {"p1"}),
    ("what comes after the index date does not exist", rule("{any: a}"),
     World(events=[event("p1", "2020-03-31", "A1")]), set()),
    ("a code of another system is another code", rule("{any: a}"),
     World(events=[("p1", d("2020-01-01"), "A1", "ctv3", None)]), set()),
    ("several lists at once", rule("{any: [a, m]}"),
     World(events=[event("p1", "2020-01-01", "A1")], medicines=[issue("p2", "2020-01-01")]), {"p1", "p2"}),
    # windows
    ("within: the first day of the window counts", rule("{any: a, within: 6 months}"),
     World(events=[event("p1", "2019-09-30", "A1")]), {"p1"}),
    ("within: the day before it does not", rule("{any: a, within: 6 months}"),
     World(events=[event("p1", "2019-09-29", "A1")]), set()),
    ("after: the day itself does not count", rule("{any: a, after: 2020-01-01}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p2", "2020-01-02", "A1")]), {"p2"}),
    ("before: the day itself does not count", rule("{any: a, before: 2020-01-01}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p2", "2019-12-31", "A1")]), {"p2"}),
    # count
    ("count: records", rule("{count: m, at_least: 2, within: 6 months}"),
     World(medicines=[issue("p1", "2020-01-01"), issue("p1", "2020-01-01", "M2"), issue("p2", "2020-01-01")]), {"p1"}),
    ("count distinct days", rule("{count: m, at_least: 2, within: 6 months, distinct: date}"),
     World(medicines=[issue("p1", "2020-01-01"), issue("p1", "2020-01-01", "M2"),
                      issue("p2", "2020-01-01"), issue("p2", "2020-01-02")]), {"p2"}),
    ("count: what is outside the window is not counted", rule("{count: m, at_least: 2, within: 1 month}"),
     World(medicines=[issue("p1", "2020-03-01"), issue("p1", "2019-03-01")]), set()),
    ("a medicine recorded in SNOMED CT is a dm+d code too, in RxNorm not", rule("{any: m}"),
     World(medicines=[("p1", d("2020-01-01"), "M1", "snomed"), ("p2", d("2020-01-01"), "M1", "rxnorm")]), {"p1"}),
    # the latest decides
    ("latest_of: the latest decides", rule("{latest_of: [a, b], is: a}"),
     World(events=[event("p1", "2020-01-01", "B1"), event("p1", "2020-01-02", "A1"),
                   event("p2", "2020-01-01", "A1"), event("p2", "2020-01-02", "B1")]), {"p1"}),
    ("latest_of: on one day the higher value decides", rule("{latest_of: [a, b], is: a}"),
     World(events=[event("p1", "2020-01-01", "B1", 1), event("p1", "2020-01-01", "A1", 2)]), {"p1"}),
    ("latest_of: no value is the lowest", rule("{latest_of: [a, b], is: a}"),
     World(events=[event("p1", "2020-01-01", "B1"), event("p1", "2020-01-01", "A1", -5)]), {"p1"}),
    ("latest_of: then the higher code decides", rule("{latest_of: [a, b], is: b}"),
     World(events=[event("p1", "2020-01-01", "B1"), event("p1", "2020-01-01", "A1")]), {"p1"}),
    ("latest_of: nothing recorded is not true", rule("{latest_of: [a, b], is: a}"), World(), set()),
    # unless
    ("unless after evidence: strictly after", rule("{any: a}", "{any: b, after: evidence}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p1", "2020-01-02", "B1")]), set()),
    ("unless after evidence: the same day keeps the person", rule("{any: a}", "{any: b, after: evidence}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p1", "2020-01-01", "B1")]), {"p1"}),
    ("evidence is the latest record unless told", rule("{any: a}", "{any: b, after: evidence}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p1", "2020-01-02", "B1"),
                   event("p1", "2020-01-03", "A1")]), {"p1"}),
    ("evidence: first", rule("{any: a, evidence: first}", "{any: b, after: evidence}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p1", "2020-01-02", "B1"),
                   event("p1", "2020-01-03", "A1")]), set()),
    ("unless with any condition", rule("{any: a}", "{latest_of: [b, c], is: b}"),
     World(events=[event("p1", "2020-01-01", "A2"), event("p1", "2019-01-01", "B1")]), set()),
    # the person
    ("age: from the birthday on", rule("{age: {at_least: 70}}"),
     World(people=[("p1", d("1950-03-30"), "male"), ("p2", d("1950-03-31"), "male")]), {"p1"}),
    ("age: under", rule("{age: {under: 18}}"),
     World(people=[("p1", d("2002-03-30"), "male"), ("p2", d("2002-03-31"), "male")]), {"p2"}),
    ("age: not known is not true", rule("{age: {under: 130}}"), World(people=[("p1", None, "male")]), set()),
    ("sex", rule("{sex: [female, other]}"),
     World(people=[("p1", None, "female"), ("p2", None, "male"), ("p3", None, "other")]), {"p1", "p3"}),
    ("deprivation", rule("{imd_decile: {at_most: 2}}"),
     World(people=[("p1", None, "male", *[None] * 5, 2), ("p2", None, "male", *[None] * 5, 3),
                   ("p3", None, "male")]), {"p1"}),
    # hospital
    ("a short ICD-10 code stands for all below it", rule("{any: h}"),
     World(admissions=[stay("p1", "2020-01-01", "C819"), stay("p2", "2020-01-01", "C81"),
                       stay("p3", "2020-01-01", "C8"), stay("p4", "2020-01-01", "D570"),
                       stay("p5", "2020-01-01", "D571")]), {"p1", "p2", "p5"}),
    ("OPCS-4 and ICD-10 do not mix", rule("{any: o}"),
     World(admissions=[stay("p1", "2020-01-01", "M012", "opcs4"), stay("p2", "2020-01-01", "M012")]), {"p1"}),
    ("admitted, whatever for", rule("{admitted: any, within: 3 months}"),
     World(admissions=[stay("p1", "2019-12-30", "J189"), stay("p2", "2019-12-29", "J189")]), {"p1"}),
    # social care and lists
    ("a service on the index date", rule("{service: home_care}"),
     World(services=[("p1", "home_care", d("2020-01-01"), None), ("p2", "home_care", d("2020-01-01"), d("2020-03-30")),
                     ("p3", "home_care", d("2020-01-01"), d("2020-03-29")), ("p4", "home_care", d("2020-03-31"), None),
                     ("p5", "day_care", d("2020-01-01"), None)]), {"p1", "p2"}),
    ("on a list, also who is not in the records", rule("{on_list: spl}"),
     World(listed=[("spl", "p1", d("2020-03-21")), ("spl", "list:9990000018", d("2020-03-21")),
                   ("other", "p2", d("2020-03-21")), ("spl", "p3", d("2020-03-31"))]), {"p1", "list:9990000018"}),
    # all, any, of, not
    ("all", rule("{all: [a, b]}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p1", "2020-01-01", "B1"),
                   event("p2", "2020-01-01", "A1")]), {"p1"}),
    ("any of several conditions", rule("{any: [{sex: female}, {any: a}]}"),
     World(people=[("p1", None, "female")], events=[event("p2", "2020-01-01", "A1")]), {"p1", "p2"}),
    ("at least two of", rule("{of: [a, b, m], at_least: 2}"),
     World(events=[event("p1", "2020-01-01", "A1"), event("p2", "2020-01-01", "A1"), event("p2", "2020-01-01", "B1")],
           medicines=[issue("p1", "2020-01-01"), issue("p3", "2020-01-01")]), {"p1", "p2"}),
    ("not, and what is not known is not true", rule("{all: [a, {not: {age: {at_least: 18}}}]}"),
     World(people=[("p1", None, "male"), ("p2", d("1950-01-01"), "male")],
           events=[event("p1", "2020-01-01", "A1"), event("p2", "2020-01-01", "A1")]), {"p1"}),
    ("nesting", rule("{any: [{all: [a, {not: b}]}, {all: [m, {of: [{sex: female}, {age: {at_least: 80}}], at_least: 1}]}]}"),
     World(people=[("p1", None, "male"), ("p2", None, "female"), ("p3", d("1930-01-01"), "male")],
           events=[event("p1", "2020-01-01", "A1"), event("p4", "2020-01-01", "A1"), event("p4", "2020-01-01", "B1")],
           medicines=[issue("p2", "2020-01-01"), issue("p3", "2020-01-01"), issue("p1", "2020-01-01")]),
     {"p1", "p2", "p3"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "world", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_language(backend: Backend, text: str, world: World, expected: set[str]) -> None:
    everybody(world)
    cohort = definition(text)
    result = run(backend, cohort, world)
    assert set(result.members["person_id"].to_pylist()) == expected
    assert result.people == len(expected)
    assert {member[0] for member in reference.members(cohort, world, INDEX)} == expected


def everybody(world: World) -> None:
    """Whoever has a record is in the records."""
    known = {row[0] for row in world.people}
    about = {row[0] for table in (world.events, world.medicines, world.admissions, world.services) for row in table}
    about |= {row[1] for row in world.listed if not row[1].startswith("list:")} | {"p0"}
    world.people += [(person,) for person in sorted(about - known)]


def test_exclusions_come_first_and_each_person_is_counted_once(backend: Backend) -> None:
    died = ("dead", d("1950-01-01"), "male", d("2020-03-30"), None, None, d("2020-01-01"))
    world = World(
        people=[
            died,
            ("gone", None, "male", None, None, None, d("2020-03-30")),
            ("here",),
            ("late", None, "male", d("2020-03-31")),
        ],
        events=[event(person, "2020-01-01", "A1") for person in ("dead", "gone", "here", "late")],
    )
    exclude = "{died: {date_of_death: on_or_before index}, gone: {registration_ended: on_or_before index}}"
    result = run(backend, definition(rule("{any: a}"), exclude), world)
    assert result.excluded == {"died": 1, "gone": 1}
    assert result.attrition == (
        ("in the records or on a list", 4), ("left after: died", 3), ("left after: gone", 2), ("in at least one group", 2),
    )  # fmt: skip
    assert result.members["person_id"].to_pylist() == ["here", "late"]


def test_a_member_has_the_rule_the_record_and_the_reason(backend: Backend) -> None:
    world = World(people=[("p1",)], medicines=[issue("p1", "2020-01-05"), issue("p1", "2020-02-05", "M2")])
    text = (
        "  - id: TWO\n    group: g\n    reason: '{count} issues since {window_start}, last {term} on {date}'\n"
        "    when: {count: m, at_least: 2, within: 6 months, distinct: date}"
    )
    assert run(backend, definition(text), world).members.to_pylist() == [
        {
            "person_id": "p1", "rule": "TWO", "group": "g", "evidence_date": d("2020-02-05"), "code": "M2",
            "term": "Capsules", "count": 2, "reason": "2 issues since 30 September 2019, last Capsules on 5 February 2020",
        }
    ]  # fmt: skip


def test_a_part_that_is_not_true_as_a_whole_is_no_evidence(backend: Backend) -> None:
    world = World(people=[("p1", None, "female")], events=[event("p1", "2020-01-01", "A1")])
    cohort = definition(rule("{any: [{sex: female}, {all: [a, b]}]}"))
    assert run(backend, cohort, world).members.to_pylist()[0]["evidence_date"] is None
    assert reference.members(cohort, world, INDEX) == {("p1", "R", None, None)}


def test_a_rule_that_finds_nobody_is_said(backend: Backend) -> None:
    assert run(backend, definition(rule("{any: a}")), World(people=[("p1",)])).notes == ("Rule R found nobody.",)
