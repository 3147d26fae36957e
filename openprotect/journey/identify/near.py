"""What shows that a condition is true of one person, and for one that is not how near to true it is, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openprotect.journey.identify.compile import Plan
from openprotect.journey.identify.words import amount, counted_noun, day, nights, number, window_in_words
from openprotect.programmes.codelists import plain_term
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Age,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Located,
    OnList,
    Recorded,
    Service,
    Sex,
    Then,
    Value,
    when_of,
)

Record = Mapping[str, Any]


def ever(condition: Condition) -> Condition | None:
    """The same at any time and in any measure, to say how near somebody is; None where there is no such thing."""
    match condition:
        case Recorded(lists) | Counted(lists) | LatestOf(lists) | Then(lists):
            return Recorded(lists)
        case Value(lists, unit):
            return Value(lists, unit)
        case Admitted(lists):
            return Admitted(lists)
        case OnList(name):
            return OnList(name)
        case _:
            return None


@dataclass(frozen=True)
class Told:
    """What is known of a condition and a person.

    `inside` are the records in its own place, before other evidence is held against them, `ever` those of
    `ever(condition)`, `anchors` the days of the other evidence, None where there is none, `count` how many
    records it counts. `person` is the person's row.
    """

    condition: Condition
    holds: bool
    evidence: Record | None
    count: int
    inside: Sequence[Record]
    ever: Sequence[Record]
    anchors: Sequence[date | None]
    person: Record


@dataclass(frozen=True)
class Raw:
    """Records of the person as they stand in the tables."""

    events: Sequence[Record]
    admissions: Sequence[Record]
    services: Sequence[Record]


@dataclass(frozen=True)
class Near:
    """Says it for one person."""

    plan: Plan
    raw: Raw

    def said(self, told: Told) -> str:
        """What shows it, or how near it is."""
        if own := self.own(told):
            return own
        return self.shown(told) if told.holds else self.missed(told)

    def shown(self, told: Told) -> str:
        condition, record = told.condition, told.evidence
        if record is None:
            return ""
        dated = f"{self.term(record)}, {day(record['date'])}"
        match condition:
            case Counted():
                return f"{number(told.count)}, the latest {dated}"
            case Value():
                later = self.unread(condition, after=record["date"])
                return f"{amount(record['value'])} {condition.unit}, {dated}{later}"
            case Admitted():
                stays = [stay for stay in self.stays(condition) if stay["admitted_on"] == record["date"]]
                longest = max(stays, key=lambda stay: stay["nights"], default=None)
                return f"{dated}, {_lasted(longest)}" if longest and _asks_nights(condition) else dated
        return dated

    def missed(self, told: Told) -> str:
        condition = told.condition
        latest = f"; the latest {self.dated(told.ever[-1])}" if told.ever else ""
        if None in told.anchors:
            return f"there is nothing for it to come {_sides(condition)}{latest}"
        match condition:
            case Counted():
                noun = counted_noun(condition, self.plan.cohort, told.count)
                bound = window_in_words(condition.window)
                return f"{number(told.count)} {noun} of {number(condition.at_least)} {bound}{latest}"
            case Then():
                return self.too_late(condition, told, latest)
            case Value():
                return self.value(condition, told)
            case Service():
                return self.service(condition)
            case OnList(_, version):
                also = f"on the latest version since {day(told.ever[-1]['date'])}, " if version and told.ever else ""
                return f"{also}not on {'that version' if version else 'it'}"
            case Admitted() if _asks_nights(condition) and told.ever:
                return self.nights(condition, latest)
        if not latest:
            return "nothing recorded"
        if told.anchors and told.inside:
            return f"none {_against(condition, told.anchors)}{latest}"
        return f"outside the window{latest}" if isinstance(condition, Recorded | Admitted) else f"not so{latest}"

    def too_late(self, condition: Then, told: Told, latest: str) -> str:
        (first,) = told.anchors
        later = [record for record in told.ever if first is not None and record["date"] > first]
        if not later or first is None:
            return f"none after {day(first)}{latest}" if latest else "nothing recorded"
        days = (later[0]["date"] - first).days
        unit = "day" if days == 1 else "days"
        return f"the first after {day(first)} is {self.dated(later[0])}, {days} {unit} later"

    def value(self, condition: Value, told: Told) -> str:
        unread = self.unread(condition)
        if told.anchors and told.inside:
            unread = f", {_against(condition, told.anchors)}{unread}"
        elif told.inside:
            value = told.inside[-1]["value"]
            low, high, under = condition.at_least, condition.at_most, condition.under
            if low is not None and value < low:
                miss = f"below {amount(low)}"
            else:
                miss = f"above {amount(high)}" if high is not None else f"not under {amount(under or 0)}"
            return f"{amount(value)} {condition.unit} on {day(told.inside[-1]['date'])}, {miss}{unread}"
        if told.ever:
            value = f"{amount(told.ever[-1]['value'])} {condition.unit}"
            where = "not in the range" if told.inside else "outside the window"
            return f"{where}; the latest {value}, {day(told.ever[-1]['date'])}{unread}"
        return f"no value in {condition.unit}{unread}"

    def unread(self, condition: Value, after: date | None = None) -> str:
        """The latest value that is not read because of its unit, after a day if that is given."""
        codes = {code for name in condition.lists for code, _ in self.plan.lists[name].codes}
        start, end = self.plan.span(condition.window)
        found = [
            row
            for row in self.raw.events
            if row["system"] == "snomed" and row["code"] in codes and row["value"] is not None
            if row["unit"] != condition.unit and (start or date.min) <= row["date"] <= end
            if after is None or row["date"] > after
        ]
        if not found:
            return ""
        last = max(found, key=lambda row: (row["date"], row["value"]))
        written = f"{amount(last['value'])} {last['unit']}" if last["unit"] else f"{amount(last['value'])} in no unit"
        return f"; {written} on {day(last['date'])} is not read, since it is not in {condition.unit}"

    def service(self, condition: Service) -> str:
        mine = [row for row in self.raw.services if row["service"] in condition.among and row["started_on"]]
        if not mine:
            return "nothing recorded"
        last = max(mine, key=lambda row: row["started_on"])
        if last["started_on"] > self.plan.index_date:
            return f"starts on {day(last['started_on'])}"
        return f"ended on {day(max(row['ended_on'] for row in mine if row['ended_on']))}"

    def stays(self, condition: Admitted) -> list[dict[str, Any]]:
        """The stays that its lists and its window ask for, with their nights until the index date."""
        start, end = self.plan.span(condition.window)
        asked = {
            (self.plan.lists[name].system, code) for name in condition.lists for code, _ in self.plan.lists[name].codes
        }
        return [
            {**row, "nights": (until - row["admitted_on"]).days, "open": until == end}
            for row in self.raw.admissions
            if row["admitted_on"] and (start or date.min) <= row["admitted_on"] <= end
            if not asked or any((row["system"], (row["code"] or "")[: len(code)]) == (of, code) for of, code in asked)
            for until in [min(row["discharged_on"] or self.plan.index_date, self.plan.index_date)]
        ]

    def nights(self, condition: Admitted, latest: str) -> str:
        stays = self.stays(condition)
        if not stays:
            return f"outside the window{latest}"
        nearest = max if condition.nights_at_least is not None else min
        stay = nearest(stays, key=lambda stay: stay["nights"])
        return (
            f"the {'longest' if nearest is max else 'shortest'} stay, from {day(stay['admitted_on'])}: {_lasted(stay)}"
        )

    def own(self, told: Told) -> str:
        """What the person themselves is, for a condition that reads no records."""
        person = told.person
        match told.condition:
            case Age():
                born = person["date_of_birth"]
                return (
                    f"aged {_age(born, self.plan.index_date)}, born on {day(born)}"
                    if born
                    else "date of birth not known"
                )
            case Sex():
                return f"sex {person['sex'] or 'not known'}"
            case Deprivation():
                decile, edition = person["imd_decile"], person["imd_edition"]
                if decile is None:
                    return "decile not known"
                return (
                    f"decile {decile} by the index of {edition}" if edition else f"decile {decile} of no known edition"
                )
            case Located(by):
                practice = person["practice_code"]
                if by == "lsoa":
                    return f"area {person['lsoa']}" if person["lsoa"] else "area not known"
                if not practice:
                    return "practice not known"
                if by == "practice":
                    return f"practice {practice}"
                return f"practice {practice}, {'in ' + person['locality'] if person['locality'] else 'of no known locality'}"
        return ""

    def dated(self, record: Record) -> str:
        return f"{self.term(record)}, {day(record['date'])}"

    def term(self, record: Record) -> str:
        found_by = self.plan.entries.of(record["entry"])
        if found_by is None:
            return str(record["code"]) or "a stay without a code"
        name, code = found_by
        return plain_term(dict(self.plan.lists[name].codes)[code]) or code


def _asks_nights(condition: Admitted) -> bool:
    return condition.nights_at_least is not None or condition.nights_under is not None


def _lasted(stay: Record) -> str:
    return f"{nights(stay['nights'])}{' so far' if stay['open'] and not stay['discharged_on'] else ''}"


def _sides(condition: Condition) -> str:
    if isinstance(condition, Then):
        return "after"
    window = when_of(condition)
    sides = [side for side, bound in (("after", window.after), ("before", window.before)) if bound in window.anchors]
    return " or ".join(sides)


def _against(condition: Condition, anchors: Sequence[date | None]) -> str:
    window = when_of(condition)
    bounds = [side for side, bound in (("after", window.after), ("before", window.before)) if bound in window.anchors]
    return " and ".join(f"{side} {day(found)}" for side, found in zip(bounds, anchors, strict=True))


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
