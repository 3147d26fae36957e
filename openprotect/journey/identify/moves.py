"""Who would come in and go out by another version of a definition, over the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

import ibis

from openprotect.journey.identify.dimensions import (
    AGE,
    AGES,
    DEPRIVATION,
    ETHNIC,
    ETHNICITY,
    GROUP,
    RULE,
    SEX,
    UNKNOWN,
    band,
)  # fmt: skip
from openprotect.journey.identify.facts import CohortResult, Flow, Moves
from openprotect.journey.identify.passes import READ
from openprotect.lib.periods import Period
from openprotect.people.population import Population, engine

PRACTICE, LOCALITY = "practice", "locality"


def would_move(
    before: CohortResult,
    after: CohortResult,
    population: Population,
    dataset: str,
    index_date: date,
    localities: Mapping[str, str] | None = None,
) -> Moves:
    """Who would come in and go out if the one definition took the place of the other: over the same records and day.

    `localities` are those of practices, by their codes; without it nobody is counted by locality.
    """
    was, now = _people(before), _people(after)
    known = _known(population, dataset, was ^ now, index_date)
    by: dict[str, Mapping[str, Flow]] = {
        RULE: _flows(_pairs(before, "rule"), _pairs(after, "rule")),
        GROUP: _flows(_pairs(before, "group"), _pairs(after, "group")),
    }
    for one in known.values():
        one[LOCALITY] = (localities or {}).get(one[PRACTICE], UNKNOWN)
    for dimension in (*([LOCALITY] if localities else []), PRACTICE, DEPRIVATION, AGE, SEX, ETHNIC):
        came = Counter(known[person][dimension] for person in now - was)
        went = Counter(known[person][dimension] for person in was - now)
        by[dimension] = {value: Flow(came[value], went[value]) for value in sorted({*came, *went})}
    return Moves(len(was), len(now), Flow(len(now - was), len(was - now)), by)


def _people(result: CohortResult) -> set[str]:
    return set(result.members["person_id"].to_pylist())


def _pairs(result: CohortResult, column: str) -> set[tuple[str, str]]:
    return set(zip(result.members["person_id"].to_pylist(), result.members[column].to_pylist(), strict=True))


def _flows(was: set[tuple[str, str]], now: set[tuple[str, str]]) -> dict[str, Flow]:
    came, went = (Counter(value for _, value in pairs) for pairs in (now - was, was - now))
    return {value: Flow(came[value], went[value]) for value in sorted({*came, *went})}


def _known(population: Population, dataset: str, ids: set[str], day: date) -> dict[str, dict[str, str]]:
    """Of each person what they are counted by; unknown for whoever stands on a list alone."""
    ethnic = {code: name for name, codes in ETHNICITY.items() for code in codes}
    told: dict[str, Callable[[dict[str, object]], str]] = {
        PRACTICE: lambda row: str(row["practice_code"] or UNKNOWN),
        DEPRIVATION: lambda row: str(row["imd_decile"] or UNKNOWN),
        AGE: lambda row: _band(row["date_of_birth"], day),
        SEX: lambda row: str(row["sex"] or UNKNOWN),
        ETHNIC: lambda row: ethnic.get(str(row["ethnic_category"]), UNKNOWN),
    }
    backend = engine()
    try:
        people = population.table(backend, dataset, READ[0])
        wanted = ibis.memtable({"person_id": sorted(ids)}, schema={"person_id": "string"})
        rows = backend.to_pyarrow(wanted.join(people, "person_id")).to_pylist() if ids else []
    finally:
        backend.disconnect()
    known = {row["person_id"]: {name: tell(row) for name, tell in told.items()} for row in rows}
    return {person: known.get(person, dict.fromkeys(told, UNKNOWN)) for person in ids}


def _band(born: object, day: date) -> str:
    if not isinstance(born, date) or born > day:
        return UNKNOWN
    return band(max(lowest for lowest in AGES if born <= Period(years=lowest).before(day)))
