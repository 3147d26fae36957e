"""Every engine and the plain reference agree, evidence and all, on generated cohorts and records."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprotect.programmes.definitions.cohort import Cohort, Rule
from openprotect.programmes.definitions.conditions import Not
from openprotect.programmes.definitions.never import always, never_matters, why_never
from tests.spec.cohort import reference
from tests.spec.cohort.engines import ENGINES, Run
from tests.spec.cohort.world import INDEX, World, parsed

RULES = 4  # a case is a rule over a population of a dozen; each engine is asked for four at once
CASES = {"duckdb": 100, "spark": 20}  # Spark plans for seconds what it runs over a dozen people
TRIAL = 1_000

people = st.sampled_from([f"p{number}" for number in range(12)])
# Few days and values, so that ties and edges of windows are met again and again.
days = st.sampled_from([INDEX + timedelta(days=n) for n in (-400, -183, -182, -31, -30, -29, -2, -1, 0, 1)])
maybe = st.one_of(st.none(), days)
births = st.sampled_from([None, date(1940, 3, 30), date(1940, 3, 31), date(2002, 3, 30), date(2002, 3, 31)])


def person(number: int) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(
        {
            "person_id": st.just(f"p{number}"),
            "date_of_birth": births,
            "sex": st.sampled_from(["male", "female", "other", "unknown"]),
            "date_of_death": st.sampled_from([None, None, None, INDEX, INDEX + timedelta(days=1)]),
            "registration_ended": st.sampled_from([None, None, INDEX - timedelta(days=1)]),
            "practice_code": st.sampled_from([None, "T01", "T02", "T03", "T99"]),
            "lsoa": st.sampled_from([None, "E01000001", "E01000002"]),
            "imd_decile": st.sampled_from([None, 1, 2, 3]),
            "imd_edition": st.sampled_from([None, "2019", "2025"]),
        }
    )


def rows(most: int, **columns: st.SearchStrategy) -> st.SearchStrategy[list[dict]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=most)


worlds = st.builds(
    World,
    people=st.tuples(*(person(number) for number in range(12))).map(list),
    events=rows(60, person_id=people, date=days, code=st.sampled_from(["A1", "A2", "B1", "B2", "C1", "Z9"]),
                system=st.just("snomed"), value=st.sampled_from([None, 1.0, 2.0, 3.0]),
                unit=st.sampled_from([None, "%", "mmol/mol", "mmol/mol"])),
    medicines=rows(40, person_id=people, date=days, code=st.sampled_from(["M1", "M2"]),
                   system=st.sampled_from(["dmd", "rxnorm"])),
    admissions=rows(20, person_id=people, admitted_on=days, discharged_on=maybe,
                    code=st.sampled_from(["C81", "C819", "D57", "D571", "M012", None]),
                    system=st.sampled_from(["icd10", "opcs4"])),
    services=rows(10, person_id=people, service=st.sampled_from(["home_care", "day_care"]), started_on=days, ended_on=maybe),
    listed=rows(6, list=st.just("spl"), version=st.sampled_from([None, "7"]),
                person_id=st.one_of(people, st.just("list:9990000018")), from_date=days),
)  # fmt: skip

names = st.sampled_from(["a", "b", "c", "m", "h", "o"])
spans = st.sampled_from(["", ", within: 6 months", ", within: 30 days", ", after: 2019-10-01", ", before: 2020-03-29"])
nights = st.sampled_from(["", ", nights: {at_least: 2}", ", nights: {under: 30}", ", nights: {at_least: 1, under: 2}"])
values = st.sampled_from(["between: [1, 2]", "at_least: 2", "under: 3", "at_least: 2, under: 3"])
recorded = st.builds("{{any: {0}{1}{2}}}".format, names, spans, st.sampled_from(["", ", evidence: first"]))
dated = st.one_of(
    recorded,
    st.builds("{{any: [{0}, {1}]{2}}}".format, names, names, spans),
    st.builds("{{count: {0}, at_least: {1}, distinct: {2}{3}}}".format, names, st.integers(1, 3),
              st.sampled_from(["date", "record"]), spans),
    st.builds("{{latest: {0}, unit: mmol/mol, {1}{2}}}".format, st.sampled_from(["a", "b", "[a, b]"]), values, spans),
    st.builds("{{admitted: {0}{1}{2}}}".format, st.sampled_from(["any", "h", "[h, o]"]), spans, nights),
    st.sampled_from(["{latest_of: [a, b], is: a}", "{latest_of: [a, b], is: b}", "{latest_of: [b, m], is: m}",
                     "{service: home_care}", "{on_list: spl}", "{on_list: spl, version: '7'}"]),
)  # fmt: skip
bounds = st.sampled_from(["after: {0}", "before: {0}", "within: 6 months, after: {0}"])


def windowed(anchors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions that come before or after other evidence."""
    bound = st.builds(str.format, bounds, anchors)
    both = st.builds("after: {0}, before: {1}".format, anchors, anchors).filter(
        lambda text: len(set(text[7:].split(", before: "))) == 2
    )
    return st.one_of(
        st.builds("{{any: {0}, {1}{2}}}".format, names, st.one_of(bound, both),
                  st.sampled_from(["", ", evidence: first"])),
        st.builds("{{count: {0}, at_least: 2, distinct: {1}, {2}}}".format, names,
                  st.sampled_from(["date", "record"]), bound),
        st.builds("{{latest: a, unit: mmol/mol, {0}, {1}}}".format, values, bound),
        st.builds("{{admitted: any, {0}{1}}}".format, bound, nights),
        st.builds("{{then: {{first: {0}, after: {1}{2}}}}}".format, names, anchors,
                  st.sampled_from(["", ", within: 1 month", ", within: 2 days"])),
    )  # fmt: skip


plain = st.sampled_from(
    ["{age: {at_least: 80}}", "{age: {under: 18}}", "{sex: [female, other]}", "{practice: pilot}", "{practice: ['T03']}",
     "{locality: 'NORTH'}", "{lsoa: [coast, 'E01000002']}", "{imd_decile: {at_most: 2, edition: '2019'}}"]
)  # fmt: skip
anchored = windowed(dated)
leaves = st.one_of(dated, plain, anchored, windowed(anchored), st.builds("{{none: {0}{1}}}".format, names, spans))
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("{{not: {0}}}".format, inner),
        st.builds("{{all: [{0}, {1}]}}".format, inner, inner),
        st.builds("{{any: [{0}, {1}]}}".format, inner, inner),
        st.builds("{{none: [{0}, {1}]}}".format, inner, inner),
        st.builds("{{of: [{0}, {1}, {2}], at_least: 2}}".format, inner, inner, inner),
    ),
    max_leaves=5,
)
# An `unless` that speaks of the evidence, directly and inside.
spoken = windowed(st.one_of(st.just("evidence"), st.just("{any: a, after: evidence}")))
rules = st.one_of(
    st.builds("when: {0}".format, conditions),
    st.builds("when: {0}\n    unless: {1}".format, dated, spoken),
    st.builds("when: {0}\n    unless: {{all: [{1}, {{not: {2}}}]}}".format, dated, spoken, spoken),
    st.builds("when: {0}\n    unless: {1}".format, conditions, conditions),
)
EXCLUDE = "{died: {date_of_death: on_or_before index}, gone: {registration_ended: on_or_before index}}"


# Of what is generated, some can never be true: it is said, and then nobody is found.
SAID = (
    "never true together",
    "true of everybody",
    "it is true wherever 'when' is",
    "correct it",
    "of the same group",
    "a day in it",
)


def agree(run: Run, world: World, texts: list[str]) -> None:
    lines = [f"  - id: R{at}\n    group: g\n    {text}" for at, text in enumerate(texts)]
    cohort, faults = parsed("\n".join(lines), EXCLUDE)
    assert all(fault.expected.endswith(SAID) for fault in faults), faults
    result = run(cohort, world)
    columns = (result.members[name].to_pylist() for name in ("person_id", "rule", "evidence_date", "code"))
    expected = reference.members(cohort, world, INDEX)
    assert set(zip(*columns, strict=True)) == expected
    for each in cohort.rules:
        is_so_of(each, cohort, world, {(person, day, code) for person, of, day, code in expected if of == each.id})


def is_so_of(rule: Rule, cohort: Cohort, world: World, found: set[tuple]) -> None:
    """What is said to be never true is true of nobody, what is said to be always true of everybody."""
    unless = () if rule.unless is None else (Not(rule.unless),)
    assert not (why_never(rule.when, *unless) and found)
    alone = replace(cohort, rules=(replace(rule, unless=None),))
    if always(rule.when):
        everybody = {row["person_id"] for row in (*world.people, *world.listed)}
        gone = {row["person_id"] for row in world.people if reference.left_out(cohort, world, row["person_id"], INDEX)}
        assert {person for person, *_ in reference.members(alone, world, INDEX)} == everybody - gone
    if rule.unless is not None and never_matters(rule.when, rule.unless):
        assert {(person, day, code) for person, _, day, code in reference.members(alone, world, INDEX)} == found


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest):
    with ENGINES[request.param]() as run:
        yield request.param, run


def over(number: int, run: Run) -> None:
    """Hold an engine against the reference for so many rules, four to a cohort, each cohort over a population of its own."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]

    @settings(max_examples=number // RULES, deadline=None, suppress_health_check=checks)
    @given(world=worlds, texts=st.lists(rules, min_size=RULES, max_size=RULES))
    def case(world: World, texts: list[str]) -> None:
        agree(run, world, texts)

    case()


def test_engine_and_reference_agree(engine: tuple[str, Run]) -> None:
    name, run = engine
    over(CASES[name], run)


@pytest.mark.trial
def test_engine_and_reference_agree_over_a_thousand_cases(engine: tuple[str, Run]) -> None:
    over(TRIAL, engine[1])


@pytest.mark.trial
def test_in_process_they_agree_over_a_thousand_cohorts() -> None:
    with ENGINES["duckdb"]() as run:
        over(RULES * TRIAL, run)
