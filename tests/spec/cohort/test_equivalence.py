"""The engine and the plain reference agree, evidence and all, on generated cohorts and records."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from openprotect.people.population import engine
from tests.spec.cohort import reference
from tests.spec.cohort.world import INDEX, World, definition, run

EXAMPLES = 25  # each has a dozen people, so a few hundred cases; `make trials` runs more

people = st.sampled_from([f"p{number}" for number in range(12)])
# Few days and values, so that ties and edges of windows are met again and again.
days = st.sampled_from([INDEX + timedelta(days=n) for n in (-400, -183, -182, -31, -30, -29, -2, -1, 0, 1)])
values = st.sampled_from([None, None, 1.0, 2.0])
births = st.sampled_from([None, date(1940, 3, 30), date(1940, 3, 31), date(2002, 3, 30), date(2002, 3, 31)])

worlds = st.builds(
    World,
    people=st.tuples(*(
        st.tuples(
            st.just(f"p{number}"), births, st.sampled_from(["male", "female", "other", "unknown"]),
            st.sampled_from([None, None, None, INDEX, INDEX + timedelta(days=1)]), st.none(), st.none(),
            st.sampled_from([None, None, INDEX - timedelta(days=1)]), st.none(), st.sampled_from([None, 1, 2, 3]),
        )
        for number in range(12)
    )).map(list),
    events=st.lists(
        st.tuples(people, days, st.sampled_from(["A1", "A2", "B1", "B2", "C1", "Z9"]), st.just("snomed"), values),
        max_size=60,
    ),
    medicines=st.lists(
        st.tuples(people, days, st.sampled_from(["M1", "M2"]), st.sampled_from(["dmd", "rxnorm"])), max_size=40
    ),
    admissions=st.lists(
        st.tuples(people, days, st.none(), st.sampled_from(["C81", "C819", "D57", "D571", "M012"]),
                  st.sampled_from(["icd10", "opcs4"])), max_size=20,
    ),
    services=st.lists(
        st.tuples(people, st.sampled_from(["home_care", "day_care"]), days, st.one_of(st.none(), days)), max_size=10
    ),
    listed=st.lists(
        st.tuples(st.just("spl"), st.one_of(people, st.just("list:9990000018")), days), max_size=6
    ),
)  # fmt: skip

names = st.sampled_from(["a", "b", "c", "m", "h", "o"])
windows = st.sampled_from(["", ", ever: true", ", within: 6 months", ", within: 30 days", ", after: 2019-10-01",
                           ", before: 2020-03-29"])  # fmt: skip
leaves = st.one_of(
    st.builds("{{any: {0}{1}{2}}}".format, names, windows, st.sampled_from(["", ", evidence: first"])),
    st.builds("{{any: [{0}, {1}]{2}}}".format, names, names, windows),
    st.builds("{{count: {0}, at_least: {1}, distinct: {2}{3}}}".format, names, st.integers(1, 3),
              st.sampled_from(["date", "record"]), windows.filter(lambda text: "ever" not in text)),
    st.sampled_from(["{latest_of: [a, b], is: a}", "{latest_of: [a, b], is: b}", "{latest_of: [b, m], is: m}"]),
    st.sampled_from(["{age: {at_least: 80}}", "{age: {under: 18}}", "{sex: [female, other]}",
                     "{imd_decile: {at_most: 2}}", "{service: home_care}", "{on_list: spl}",
                     "{admitted: any, within: 30 days}"]),
)  # fmt: skip
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("{{not: {0}}}".format, inner),
        st.builds("{{all: [{0}, {1}]}}".format, inner, inner),
        st.builds("{{any: [{0}, {1}]}}".format, inner, inner),
        st.builds("{{of: [{0}, {1}, {2}], at_least: 2}}".format, inner, inner, inner),
    ),
    max_leaves=5,
)
rules = st.one_of(
    st.builds("when: {0}".format, conditions),
    st.builds("when: {{any: {0}}}\n    unless: {{any: {1}, after: evidence}}".format, names, names),
    st.builds("when: {0}\n    unless: {1}".format, conditions, conditions),
)


@pytest.fixture(scope="module")
def backend():
    found = engine()
    yield found
    found.disconnect()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds, texts=st.lists(rules, min_size=1, max_size=4))
def test_engine_and_reference_agree(backend: Backend, world: World, texts: list[str]) -> None:
    lines = [f"  - id: R{at}\n    group: g\n    {text}" for at, text in enumerate(texts)]
    exclude = "{died: {date_of_death: on_or_before index}, gone: {registration_ended: on_or_before index}}"
    cohort = definition("\n".join(lines), exclude)
    result = run(backend, cohort, world)
    columns = (result.members[name].to_pylist() for name in ("person_id", "rule", "evidence_date", "code"))
    assert set(zip(*columns, strict=True)) == reference.members(cohort, world, INDEX)
