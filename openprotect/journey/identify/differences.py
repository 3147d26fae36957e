"""What two versions of a definition say differently, in words; and who would come in and go out by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
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
from openprotect.journey.identify.english import first_terms, read_definition, rule_lines
from openprotect.journey.identify.facts import Change, CohortResult, DefinitionRead, Flow, Moves, RuleRead
from openprotect.journey.identify.passes import READ
from openprotect.lib.periods import Period
from openprotect.people.population import Population, engine
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort

PRACTICE, LOCALITY = "practice", "locality"
Definition = tuple[Cohort, Mapping[str, CodeList]]


def compare(before: Definition, after: Definition) -> tuple[Change, ...]:
    """What the one says and the other does not, from the exclusions to the lists; nothing where they say the same."""
    said, says = read_definition(*before), read_definition(*after)
    return (
        *_told("exclusion", _named(said.exclusions), _named(says.exclusions)),
        *_told("group", _named(said.groups), _named(says.groups)),
        *_rules(said, says),
        *_lists(before[1], after[1]),
    )


def change_lines(change: Change) -> tuple[str, ...]:
    """A change as lines of text."""
    name = f"{change.what} {change.name}"
    begins = f"{change.what.capitalize()} {change.name}"
    if change.what == "list" and change.how == "changed":
        return (f"{begins} has other codes.", *(f"  {line}" for line in change.says))
    if change.how == "added":
        return (f"New {name}:", *(f"  {line}" for line in change.says))
    if change.how == "removed":
        return (f"Gone, {name}. It said:", *(f"  {line}" for line in change.said))
    changed = f"{begins} gives its reason in other words" if change.how == "reworded" else f"Changed, {name}"
    return (
        f"{changed}. It said:",
        *(f"  {line}" for line in change.said),
        "It says:",
        *(f"  {line}" for line in change.says),
    )


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


def _rules(said: DefinitionRead, says: DefinitionRead) -> Iterable[Change]:
    was, now = ({rule.id: rule for rule in each.rules} for each in (said, says))
    for key in [*was, *(key for key in now if key not in was)]:
        if key not in now:
            yield Change("rule", "removed", key, said=rule_lines(was[key]))
        elif key not in was:
            yield Change("rule", "added", key, says=rule_lines(now[key]))
        elif was[key] != now[key]:
            if _same_people(was[key], now[key]):
                yield Change("rule", "reworded", key, (was[key].reason,), (now[key].reason,))
            else:
                yield Change("rule", "changed", key, rule_lines(was[key]), rule_lines(now[key]))


def _same_people(was: RuleRead, now: RuleRead) -> bool:
    return (was.when, was.unless, was.group) == (now.when, now.unless, now.group)


def _lists(was: Mapping[str, CodeList], now: Mapping[str, CodeList]) -> Iterable[Change]:
    for key in [*was, *(key for key in now if key not in was)]:
        before, after = (each[key].codes if key in each else () for each in (was, now))
        had, has = dict(before), dict(after)
        more = [(code, term) for code, term in after if code not in had]
        fewer = [(code, term) for code, term in before if code not in has]
        told = tuple(
            f"{len(codes):,} {'code' if len(codes) == 1 else 'codes'} {word}: {_terms(codes)}"
            for codes, word in ((more, "more"), (fewer, "fewer"))
            if codes
        )
        name = key.replace("_", " ")
        if key not in now:
            yield Change("list", "removed", name, said=told)
        elif key not in was:
            yield Change("list", "added", name, says=told)
        elif told:
            yield Change("list", "changed", name, says=told)


def _terms(codes: list[tuple[str, str]]) -> str:
    shown = first_terms(codes)
    more = f", and {len(codes) - len(shown):,} more" if len(codes) > len(shown) else ""
    return f"{'; '.join(shown)}{more}"


def _told(what: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterable[Change]:
    for key in [*was, *(key for key in now if key not in was)]:
        said, says = ((each[key],) if key in each else () for each in (was, now))
        if said != says:
            yield Change(what, "added" if not said else "changed" if says else "removed", key, said, says)


def _named(told: Mapping[str, str]) -> dict[str, str]:
    return dict(told)


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
