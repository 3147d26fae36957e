"""The cohort language once more, in plain Python, person by person: slow, and easy to check by reading."""

from datetime import date, timedelta

from openprotect.lib.periods import Period
from openprotect.programmes.definitions import conditions as c
from openprotect.programmes.definitions.cohort import Cohort
from tests.spec.cohort.world import LISTS, World

NOTHING = float("-inf")


class Person:
    def __init__(self, world: World, person_id: str, index: date) -> None:
        rows = [row for row in world.people if row[0] == person_id]
        row = (*rows[0], *[None] * 11)[:11] if rows else (person_id, *[None] * 10)
        self.born, self.sex, self.died = row[1], row[2], row[3]
        self.started, self.ended, self.decile = row[5], row[6], row[8]
        self.index = index
        self.records = [
            *((r[1], _value(r), r[2], "snomed") for r in world.events if r[0] == person_id and r[3] == "snomed"),
            *((r[1], NOTHING, r[2], "dmd") for r in world.medicines if r[0] == person_id and r[3] != "rxnorm"),
            *((r[1], NOTHING, r[3], r[4]) for r in world.admissions if r[0] == person_id),
        ]
        self.admissions = [(r[1], NOTHING, r[3]) for r in world.admissions if r[0] == person_id]
        self.services = [
            (r[2], NOTHING, r[1])
            for r in world.services
            if r[0] == person_id and (len(r) < 4 or r[3] is None or r[3] >= index)
        ]
        self.listed = [(r[2], NOTHING, r[0]) for r in world.listed if r[1] == person_id]

    def found(self, condition: c.Condition) -> list[tuple[date, float, str]]:
        match condition:
            case c.Recorded(lists) | c.Counted(lists) | c.LatestOf(lists):
                rows = [(d, v, code) for d, v, code, system in self.records for n in lists if _on(code, system, n)]
            case c.Admitted():
                rows = self.admissions
            case c.OnList(name):
                rows = [row for row in self.listed if row[2] == name]
            case c.Service(among):
                rows = [row for row in self.services if row[2] in among]
            case _:
                raise TypeError(condition)
        window = getattr(condition, "window", c.EVER)
        return sorted(row for row in rows if self.inside(row[0], window))

    def inside(self, day: date, window: c.Window) -> bool:
        return (
            day <= self.index
            and (window.within is None or day >= window.within.before(self.index))
            and (window.after is None or day > window.after)
            and (window.before is None or day < window.before)
        )

    def judge(self, condition: c.Condition, shown: date | None = None) -> tuple[bool, tuple[date, float, str] | None]:
        """Whether it holds, and its evidence."""
        match condition:
            case c.Not(part):
                return not self.judge(part, shown)[0], None
            case c.Several(at_least, parts):
                judged = [self.judge(part, shown) for part in parts]
                evidence = [e for holds, e in judged if holds and e]
                return sum(holds for holds, _ in judged) >= at_least, max(evidence, default=None)
            case c.Age(low, high):
                if self.born is None:
                    return False, None
                old_enough = low is None or self.born <= Period(years=low).before(self.index)
                young_enough = high is None or self.born > Period(years=high).before(self.index)
                return old_enough and young_enough, None
            case c.Sex(among):
                return self.sex in among, None
            case c.Deprivation(at_most):
                return self.decile is not None and self.decile <= at_most, None
        found = self.found(condition)
        holds = bool(found)
        if isinstance(condition, c.Counted):
            number = len({row[0] for row in found}) if condition.distinct == "date" else len(found)
            holds = number >= condition.at_least
        elif isinstance(condition, c.LatestOf):
            holds = bool(found) and any(code == found[-1][2] for code, _ in LISTS[condition.wanted].codes)
        elif getattr(condition, "window", c.EVER).after_evidence:
            holds = bool(found) and shown is not None and found[-1][0] > shown
        first = isinstance(condition, c.Recorded) and condition.evidence == "first"
        return holds, (found[0] if first else found[-1]) if holds else None


def members(cohort: Cohort, world: World, index: date) -> set[tuple[str, str, date | None, str | None]]:
    """(person, rule, evidence date, code) of everybody who is in."""
    ids = {row[0] for row in world.people} | {row[1] for row in world.listed}
    out = set()
    for person_id in ids:
        person = Person(world, person_id, index)
        if any(excluded(person, one.column, one.comparison) for one in cohort.exclusions):
            continue
        for rule in cohort.rules:
            holds, evidence = person.judge(rule.when)
            if holds and rule.unless is not None:
                holds = not person.judge(rule.unless, evidence[0] if evidence else None)[0]
            if holds:
                out.add((person_id, rule.id, evidence[0] if evidence else None, evidence[2] if evidence else None))
    return out


def excluded(person: Person, column: str, comparison: str) -> bool:
    day = {
        "date_of_birth": person.born,
        "date_of_death": person.died,
        "registration_started": person.started,
        "registration_ended": person.ended,
    }[column]
    if day is None:
        return False
    one = timedelta(days=1)
    return {
        "before": day < person.index,
        "on_or_before": day < person.index + one,
        "after": day > person.index,
        "on_or_after": day > person.index - one,
    }[comparison]


def _value(row: tuple) -> float:
    return row[4] if len(row) > 4 and row[4] is not None else NOTHING


def _on(code: str, system: str, name: str) -> bool:
    codes = LISTS[name]
    if codes.system != system:
        return False
    if system in ("icd10", "opcs4"):
        return any(code.startswith(listed) for listed, _ in codes.codes)
    return code in dict(codes.codes)
