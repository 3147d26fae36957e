"""A rule that found nobody because no record has a code of its list says so, in the run that the product makes."""

from collections.abc import Iterator

import pytest

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.engine import run_cohort, unseen
from openprotect.journey.identify.passes import at_once, gathered
from openprotect.people.population import Population, engine
from openprotect.programmes.codelists import CodeList
from tests.factories.record_tables import bring_in, write_tables
from tests.spec.cohort.engines import tables
from tests.spec.cohort.spec_tables import rows
from tests.spec.cohort.world import INDEX, LISTS, LOCALITIES, World, definition, rule

KNOWN = {
    "a": CodeList("a", "snomed", (("84114007", "Heart failure"),), ""),
    "b": CodeList("b", "snomed", (("44054006", "Diabetes"),), ""),
    "m": CodeList("m", "dmd", (("39113611000001102", "Inhaler"),), ""),
    "h": CodeList("h", "icd10", (("N18", "Kidney disease"), ("C81", "Lymphoma")), ""),
    "o": CodeList("o", "opcs4", (("M01", "Kidney transplant"),), ""),
}
RULES = [
    ("when: {all: [a, b]}", ["Rule R: no record has a code of b."]),
    ("when: {all: [{any: [m, b]}, h, o]}", ["Rule R: no record has a code of b, m or o."]),
    ("when: {any: a, within: 1 day}", []),
    ("when: {any: [a, b]}", []),  # somebody is found
]


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    folder = tmp_path_factory.mktemp("unseen")
    found = Population(folder / "population")
    bring_in(write_tables(folder / "tables"), found)
    return found


@pytest.mark.parametrize(("text", "said"), RULES)
def test_a_run_names_the_lists_of_which_there_is_no_record(population: Population, text: str, said: list[str]) -> None:
    result = run_cohort(definition(rule(text)), KNOWN, population, "d", INDEX)
    assert [note for note in result.notes if "no record has" in note] == said


def test_of_records_that_may_not_be_read_nothing_is_said(population: Population) -> None:
    covered = ("people", "events")
    result = run_cohort(definition(rule("when: {all: [b, h]}")), KNOWN, population, "d", INDEX, covered=covered)
    assert result.notes == ("Rule R found nobody.", "Rule R: no record has a code of b.")


@pytest.mark.parametrize(("text", "read"), [("when: a", 0), ("when: {any: a, within: 1 day}", 1), ("when: b", 3)])
def test_codes_are_looked_for_no_further_than_the_first_of_each_list(text: str, read: int) -> None:
    backend = engine()
    world = World(people=[{"person_id": "p1"}], events=rows("events", "person date code\np1 2019-01-01 A1"))
    records, listed = tables(backend, world)
    looked = []

    def passes() -> Iterator[dict]:
        for number in range(3):
            looked.append(number)
            yield records

    plan = Plan(definition(rule(text)), LISTS, INDEX, LOCALITIES)
    unseen(plan, backend, passes(), gathered(plan, [at_once(plan, backend, records, listed)]))
    backend.disconnect()
    assert len(looked) == read
