"""What is said of one person: what shows a rule, and for somebody who is out the nearest miss."""

from datetime import date

import pytest
from ibis.backends.duckdb import Backend

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.explain import as_text, explain_over
from openprotect.people.population import engine
from tests.spec.cohort.engines import tables
from tests.spec.cohort.spec_tables import rows
from tests.spec.cohort.world import INDEX, LISTS, LOCALITIES, World, definition, rule


@pytest.fixture(scope="module")
def backend():
    found = engine()
    yield found
    found.disconnect()


HBA1C = "when: {latest: a, unit: mmol/mol, between: [42, 47], within: 12 months}"
STAY = "when: {admitted: any, nights: {at_least: 3}, within: 6 months}"
THEN = "when: {then: {first: a, after: b, within: 28 days}}"
AFTER = "when: {any: a, after: b}"

# What stands in the records of p1, the rule, and a line of the explanation.
SAID = [
    # a value
    ({"events": "date code value unit\n2020-01-05 A1 44 mmol/mol"}, HBA1C,
     "yes the latest a within 12 months is from 42 to 47 mmol/mol: 44 mmol/mol, First, 5 January 2020"),
    ({"events": "date code value unit\n2020-01-05 A1 48 mmol/mol"}, HBA1C, "48 mmol/mol on 5 January 2020, above 47"),
    ({"events": "date code value unit\n2020-01-05 A1 41.5 mmol/mol"}, HBA1C, "41.5 mmol/mol on 5 January 2020, below 42"),
    ({"events": "date code value unit\n2018-01-05 A1 44 mmol/mol"}, HBA1C,
     "outside the window; the latest 44 mmol/mol, 5 January 2018"),
    ({"events": "date code value unit\n2020-01-05 A1 6.2 %"}, HBA1C,
     "no value in mmol/mol; 6.2 % on 5 January 2020 is not read, since it is not in mmol/mol"),
    ({"events": "date code value unit\n2020-01-05 A1 44 mmol/mol\n2020-02-05 A1 6.2 %"}, HBA1C,
     "yes the latest a within 12 months is from 42 to 47 mmol/mol: 44 mmol/mol, First, 5 January 2020; "
     "6.2 % on 5 February 2020 is not read, since it is not in mmol/mol"),
    ({"events": "date code value unit\n2020-01-05 A1 44 -"}, HBA1C, "no value in mmol/mol; 44 in no unit on 5 January 2020"),
    ({}, HBA1C, "no value in mmol/mol"),
    ({"events": "date code\n2020-03-30 A1"}, "when: {any: a, within: 0 days}", "yes a recorded within 0 days: First, 30 March 2020"),
    # before and after
    ({"events": "date code\n2020-01-02 A1\n2020-01-01 B1"}, AFTER, "yes a recorded after this: First, 2 January 2020"),
    ({"events": "date code\n2020-01-02 A1\n2020-01-01 B1"}, AFTER, "    yes b recorded ever: Third, 1 January 2020"),
    ({"events": "date code\n2020-01-01 A1\n2020-01-01 B1"}, AFTER,
     "no  a recorded after this: none after 1 January 2020; the latest First, 1 January 2020"),
    ({"events": "date code\n2020-01-01 A1"}, AFTER,
     "there is nothing for it to come after; the latest First, 1 January 2020"),
    ({"events": "date code\n2020-01-01 A1"}, "when: {any: a, before: {any: b, evidence: first}}",
     "there is nothing for it to come before"),
    ({"events": "date code\n2020-01-01 B1\n2020-01-20 A1"}, THEN,
     "yes a recorded after this, within 28 days of it; the first: First, 20 January 2020"),
    ({"events": "date code\n2020-01-01 B1\n2020-02-20 A1"}, THEN,
     "the first after 1 January 2020 is First, 20 February 2020, 50 days later"),
    ({"events": "date code\n2020-01-01 B1\n2019-02-20 A1"}, THEN,
     "none after 1 January 2020; the latest First, 20 February 2019"),
    ({"events": "date code\n2020-01-05 A1\n2020-01-02 B1"}, "when: {any: a}\nunless: {any: b, after: evidence}",
     "no  b recorded after the evidence: none after 5 January 2020; the latest Third, 2 January 2020"),
    # how often
    ({"medicines": "date code\n2020-01-05 M1\n2018-01-01 M2"}, "when: {count: m, at_least: 2, within: 6 months}",
     "one issue of two within 6 months; the latest Tablets, 5 January 2020"),
    ({"medicines": "date code\n2020-01-05 M1\n2020-01-07 M1", "events": "date code\n2020-01-06 A1"},
     "when: {count: m, at_least: 2, after: a}", "one issue of two after this; the latest Tablets, 7 January 2020"),
    ({"events": "date code\n2018-01-05 A1"}, "when: {any: a, within: 6 months}",
     "outside the window; the latest First, 5 January 2018"),
    ({}, "when: {any: a, within: 6 months}", "no  a recorded within 6 months: nothing recorded"),
    # hospital
    ({"admissions": "admitted discharged code\n2020-01-05 2020-01-07 J189\n2020-02-05 2020-02-06 J189"}, STAY,
     "no  admitted to hospital for at least three nights within 6 months: "
     "the longest stay, from 5 January 2020: two nights"),
    ({"admissions": "admitted discharged code\n2020-03-29 - J189"}, STAY,
     "the longest stay, from 29 March 2020: one night so far"),
    ({"admissions": "admitted discharged code\n2019-01-05 2019-02-07 J189"}, STAY,
     "outside the window; the latest J189, 5 January 2019"),
    ({"admissions": "admitted discharged code\n2020-01-05 2020-01-09 J189"}, STAY, "J189, 5 January 2020, four nights"),
    ({"admissions": "admitted discharged code\n2020-01-05 2020-01-09 C819"},
     "when: {admitted: h, nights: {under: 2}}", "the shortest stay, from 5 January 2020: four nights"),
    # the person, and where
    ({"people": "born\n1955-03-31"}, "when: {age: {at_least: 65}}", "no  aged 65 or older: aged 64, born on 31 March 1955"),
    ({"people": "decile edition\n2 2025"}, "when: {imd_decile: {at_most: 2, edition: '2019'}}",
     "no  deprivation decile 2 or lower, by the index of 2019: decile 2 by the index of 2025"),
    ({"people": "practice\nT03"}, "when: {practice: pilot}", "no  registered at practice pilot: practice T03"),
    ({"people": "practice\nT02"}, "when: {locality: 'NORTH'}", "no  in locality NORTH: practice T02, in SOUTH"),
    ({"people": "practice\nT99"}, "when: {locality: 'NORTH'}", "practice T99, of no known locality"),
    ({"people": "area\nE01000009"}, "when: {lsoa: coast}", "no  living in area coast: area E01000009"),
    # lists and services
    ({"lists": "list version from\nspl - 2020-03-21"}, "when: {on_list: spl, version: '7'}",
     "no  on the list spl, version 7: on the latest version since 21 March 2020, not on that version"),
    ({}, "when: {on_list: spl}", "no  on the list spl: not on it"),
    ({"services": "service started ended\nhome_care 2020-01-01 2020-03-29"}, "when: {service: home_care}",
     "no  receives home care: ended on 29 March 2020"),
    ({"services": "service started ended\nhome_care 2020-04-01 -"}, "when: {service: home_care}", "starts on 1 April 2020"),
    ({"events": "date code\n2020-01-01 A1"}, "when: {none: a}", "    no  not this"),
    ({}, "when: {all: [a, {none: b}]}", "    no  all of these: one of two"),
    ({}, "when: {all: [a, b]}", "    no  all of these: none of two"),
    ({"events": "date code\n2020-01-01 A1"}, "when: {none: a}", "    yes a recorded ever: First, 1 January 2020"),
    ({"admissions": "admitted code\n2020-01-01 -"}, "when: {admitted: any}",
     "yes admitted to hospital ever: a stay without a code, 1 January 2020"),
    ({"admissions": "admitted code\n2020-01-01 -\n2020-01-01 C81"}, "when: {admitted: any}", "C81, 1 January 2020"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "text", "said"), SAID)
def test_what_shows_it_or_how_near_it_is(backend: Backend, written: dict[str, str], text: str, said: str) -> None:
    world = World()
    for name, table in written.items():
        header, *lines = table.splitlines()
        mine = "\n".join([f"person {header}", *(f"p1 {line}" for line in lines)])
        getattr(world, "listed" if name == "lists" else name).extend(rows(name, mine))
    world.people = world.people or [{"person_id": "p1"}]
    plan = Plan(definition(rule(text)), LISTS, INDEX, LOCALITIES)
    explanation = explain_over(plan, backend, *tables(backend, world), "p1")
    assert explanation is not None
    lines = as_text(explanation).splitlines()
    assert any(said in line for line in lines), lines
    assert not any("not this:" in line for line in lines)


def test_who_is_not_in_the_records_has_no_explanation(backend: Backend) -> None:
    plan = Plan(definition(rule("when: a")), LISTS, date(2020, 3, 30))
    assert explain_over(plan, backend, *tables(backend, World()), "p1") is None
