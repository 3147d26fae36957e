"""The cohort language once more, in plain Python, person by person: slow, and easy to check by reading."""

from datetime import date, timedelta

from openprotect.lib.periods import Period
from openprotect.programmes.definitions import conditions as c
from openprotect.programmes.definitions.cohort import Cohort
from tests.spec.cohort.world import LISTS, LOCALITIES, World

NOTHING = float("-inf")
Evidence = tuple[date, float, str]


class Person:
    def __init__(self, world: World, person_id: str, index: date) -> None:
        self.known = next((row for row in world.people if row["person_id"] == person_id), {})
        self.index = index
        self.events = [row for row in world.events if row["person_id"] == person_id]
        self.medicines = [row for row in world.medicines if row["person_id"] == person_id]
        stays = [row for row in world.admissions if row["person_id"] == person_id]
        self.stays = [{**row, "code": row["code"] or ""} for row in stays]
        self.services = [row for row in world.services if row["person_id"] == person_id]
        self.listed = [row for row in world.listed if row["person_id"] == person_id]

    def coded(self, names: tuple[str, ...], unit: str | None = None) -> list[Evidence]:
        """Every record of these lists, and of one unit where one is asked for."""
        found = []
        for codes in (LISTS[name] for name in names):
            on = {code for code, _ in codes.codes}
            if codes.system == "snomed":
                for row in self.events:
                    value = row.get("value")
                    read = unit is None or (value is not None and row.get("unit") == unit)
                    if row["system"] == "snomed" and row["code"] in on and read:
                        found.append((row["date"], NOTHING if value is None else value, row["code"]))
            elif codes.system == "dmd":
                issued = [row for row in self.medicines if row["system"] in ("dmd", "snomed") and row["code"] in on]
                found += [(row["date"], NOTHING, row["code"]) for row in issued]
            else:
                stays = [row for row in self.stays if row["system"] == codes.system]
                stays = [row for row in stays if any(row["code"].startswith(code) for code in on)]
                found += [(row["admitted_on"], NOTHING, row["code"]) for row in stays]
        return found

    def admissions(self, condition: c.Admitted) -> list[Evidence]:
        found = []
        for row in self.stays:
            on = not condition.lists or any(
                row["system"] == LISTS[name].system and row["code"].startswith(code)
                for name in condition.lists
                for code, _ in LISTS[name].codes
            )
            until = min(row.get("discharged_on") or self.index, self.index)
            nights = (until - row["admitted_on"]).days
            low, under = condition.nights_at_least, condition.nights_under
            if on and (low is None or nights >= low) and (under is None or nights < under):
                found.append((row["admitted_on"], NOTHING, row["code"]))
        return found

    def found(self, condition: c.Condition) -> list[Evidence]:
        match condition:
            case c.Recorded(lists) | c.Counted(lists) | c.LatestOf(lists) | c.Then(lists):
                return self.coded(lists)
            case c.Value(lists, unit):
                return self.coded(lists, unit)
            case c.Admitted():
                return self.admissions(condition)
            case c.OnList(name, version):
                on = [row for row in self.listed if row["list"] == name and row.get("version") == version]
                return [(row["from_date"], NOTHING, name) for row in on]
            case c.Service(among):
                now = [row for row in self.services if row.get("ended_on") is None or row["ended_on"] >= self.index]
                return [(row["started_on"], NOTHING, row["service"]) for row in now if row["service"] in among]
        raise TypeError(condition)

    def anchor(self, bound: c.Anchor, shown: date | None) -> date | None:
        """The day of other evidence, None where there is none."""
        if bound.condition is None:
            return shown
        holds, evidence = self.judge(bound.condition, shown)
        return evidence[0] if holds and evidence else None

    def inside(self, day: date, condition: c.Condition, shown: date | None) -> bool:
        if day > self.index:
            return False
        if isinstance(condition, c.Then):
            first = self.anchor(condition.after, shown)
            if first is None or day <= first:
                return False
            return condition.within is None or day <= condition.within.after(first)
        window = c.when_of(condition)
        if window.within is not None and day < window.within.before(self.index):
            return False
        for bound, sign in ((window.after, 1), (window.before, -1)):
            if bound is not None:
                limit = self.anchor(bound, shown) if isinstance(bound, c.Anchor) else bound
                if limit is None or (day - limit).days * sign <= 0:
                    return False
        return True

    def judge(self, condition: c.Condition, shown: date | None = None) -> tuple[bool, Evidence | None]:
        """Whether it holds, and its evidence."""
        match condition:
            case c.Not(part):
                return not self.judge(part, shown)[0], None
            case c.Several(at_least, parts):
                judged = [self.judge(part, shown) for part in parts]
                holds = sum(true for true, _ in judged) >= at_least
                return holds, max((e for true, e in judged if true and e), default=None) if holds else None
            case c.Age() | c.Sex() | c.Deprivation() | c.Located():
                return self.is_so(condition), None
        records = sorted(row for row in self.found(condition) if self.inside(row[0], condition, shown))
        holds = bool(records)
        if isinstance(condition, c.Counted):
            number = len({row[0] for row in records}) if condition.distinct == "date" else len(records)
            holds = number >= condition.at_least
        elif isinstance(condition, c.LatestOf):
            holds = holds and any(code == records[-1][2] for code, _ in LISTS[condition.wanted].codes)
        elif isinstance(condition, c.Value) and holds:
            value = records[-1][1]
            holds = (
                (condition.at_least is None or value >= condition.at_least)
                and (condition.at_most is None or value <= condition.at_most)
                and (condition.under is None or value < condition.under)
            )
        first = isinstance(condition, c.Then) or (isinstance(condition, c.Recorded) and condition.evidence == "first")
        return holds, (records[0] if first else records[-1]) if holds else None

    def is_so(self, condition: c.Age | c.Sex | c.Deprivation | c.Located) -> bool:
        """What the person is."""
        known = self.known.get
        match condition:
            case c.Age(low, high):
                born = known("date_of_birth")
                if born is None:
                    return False
                old_enough = low is None or born <= Period(years=low).before(self.index)
                return old_enough and (high is None or born > Period(years=high).before(self.index))
            case c.Sex(among):
                return known("sex") in among
            case c.Deprivation(at_most, edition):
                decile = known("imd_decile")
                return decile is not None and decile <= at_most and known("imd_edition") == edition
            case c.Located(by, among, lists):
                practice = known("practice_code")
                at = {"practice": practice, "locality": LOCALITIES.get(practice), "lsoa": known("lsoa")}[by]
                return at in among or any(at == code for name in lists for code, _ in LISTS[name].codes)


def members(cohort: Cohort, world: World, index: date) -> set[tuple[str, str, date | None, str | None]]:
    """(person, rule, evidence date, code) of everybody who is in."""
    ids = {row["person_id"] for row in (*world.people, *world.listed)}
    out = set()
    for person_id in ids:
        person = Person(world, person_id, index)
        if left_out(cohort, world, person_id, index):
            continue
        for rule in cohort.rules:
            holds, evidence = person.judge(rule.when)
            if holds and rule.unless is not None:
                holds = not person.judge(rule.unless, evidence[0] if evidence else None)[0]
            if holds:
                out.add(
                    (person_id, rule.id, evidence[0] if evidence else None, (evidence[2] or None) if evidence else None)
                )
    return out


def left_out(cohort: Cohort, world: World, person_id: str, index: date) -> bool:
    """Whether somebody is left out before any rule is asked."""
    person = Person(world, person_id, index)
    return any(excluded(person, one.column, one.comparison) for one in cohort.exclusions)


def excluded(person: Person, column: str, comparison: str) -> bool:
    day = person.known.get(column)
    if day is None:
        return False
    one = timedelta(days=1)
    return {
        "before": day < person.index,
        "on_or_before": day < person.index + one,
        "after": day > person.index,
        "on_or_after": day > person.index - one,
    }[comparison]
