"""From a cohort to one expression that reads each big table once.

What the rules ask of the records is first written down as a list of *places*: a set of code
lists in a window, a service, an imported list. The records are joined once to a small map from
code to place, and one aggregate per person and place keeps what any rule needs of it: the
latest and the first record and how many there are. The rules are then plain expressions over
one wide row for each person.
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.lib.periods import Period
from openprotect.programmes.codelists import CodeList, plain_term
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Age,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Not,
    OnList,
    Recorded,
    Service,
    Several,
    Sex,
    Window,
    walk,
)

Kind = Literal["codes", "admission", "list", "service"]

# In which table records of a system stand, and by which of its `system` values they are known.
_TABLE_OF = {"snomed": "events", "dmd": "medicines", "icd10": "admissions", "opcs4": "admissions"}
_RECORDED_AS = {"snomed": ("snomed",), "dmd": ("dmd", "snomed"), "icd10": ("icd10",), "opcs4": ("opcs4",)}

# A record as it is kept. The order of the fields is the order in which "latest" is decided.
RECORD = {"date": "date", "value": "float64", "code": "string", "listed": "string", "list": "string"}
EVIDENCE = "struct<date: date, value: float64, code: string, listed: string, list: string, count: int64>"
_ROW = ibis.schema({"person_id": "string", "place": "int64", **RECORD})
_NO_VALUE = float("-inf")  # no value is lower than every value

Tables = Mapping[str, ir.Table]


@dataclass(frozen=True)
class Place:
    """Something the rules need to know of each person's records, from `start` to `end`, both included."""

    kind: Kind
    names: tuple[str, ...]
    start: date | None
    end: date
    days: bool = False  # count the days with a record, not the records


class Plan:
    """What a cohort needs to know on an index date, and its rules as expressions over that."""

    def __init__(self, cohort: Cohort, lists: Mapping[str, CodeList], index_date: date) -> None:
        self.cohort = cohort
        self.lists = lists
        self.index_date = index_date
        self.places: dict[Place, int] = {}
        for rule in cohort.rules:
            for part in (part for condition in rule.conditions for part in walk(condition)):
                if (place := self.place_of(part)) is not None:
                    self.number(place)

    def number(self, place: Place) -> int:
        """The number of a place in the expressions; a new place gets the next one."""
        return self.places.setdefault(place, len(self.places))

    def place_of(self, condition: Condition) -> Place | None:
        """Where the records of a condition are kept; None where it reads the person alone."""
        match condition:
            case Recorded(lists, window):
                return Place("codes", lists, *self.span(window))
            case Counted(lists, _, window, distinct):
                return Place("codes", lists, *self.span(window), days=distinct == "date")
            case LatestOf(lists):
                return Place("codes", lists, None, self.index_date)
            case Admitted(window):
                return Place("admission", (), *self.span(window))
            case OnList(name):
                return Place("list", (name,), None, self.index_date)
            case Service(among):
                return Place("service", among, None, self.index_date)
            case _:
                return None

    def span(self, window: Window) -> tuple[date | None, date]:
        """The first and last day that count; no first day is for ever."""
        starts = []
        if window.within:
            starts.append(window.within.before(self.index_date))
        if window.after:
            starts.append(window.after + timedelta(days=1))
        end = min(self.index_date, window.before - timedelta(days=1)) if window.before else self.index_date
        return max(starts, default=None), end

    def persons(self, tables: Tables, listed: ir.Table | None) -> ir.Table:
        """One row for each person: what is known of them, and `excluded`, null for whom the rules are asked.

        Whoever stands on an imported list but not in the records has a row of nulls.
        """
        people = tables["people"].select("person_id", "sex", "imd_decile", *_DATES)
        if listed is not None:
            strangers = listed.select("person_id").distinct().anti_join(people, "person_id")
            nulls = {name: ibis.null(people[name].type()) for name in people.columns if name != "person_id"}
            people = people.union(strangers.mutate(**nulls).select(*people.columns))
        excluded = (
            ibis.cases(
                *((self.compare(people[one.column], one.comparison), one.id) for one in self.cohort.exclusions),
                else_=ibis.null("string"),
            )
            if self.cohort.exclusions
            else ibis.null("string")
        )
        return people.mutate(excluded=excluded)

    def compare(self, column: ir.DateColumn, comparison: str) -> ir.BooleanValue:
        index = ibis.literal(self.index_date)
        compared: ir.BooleanValue = {
            "before": operator.lt,
            "on_or_before": operator.le,
            "after": operator.gt,
            "on_or_after": operator.ge,
        }[comparison](column, index)
        return compared.fill_null(False)

    def known(self, tables: Tables, persons: ir.Table, listed: ir.Table | None) -> ir.Table:
        """`persons` with `latest_N`, `first_N` and `count_N` for each place N; null where there is nothing."""
        rows = [row for row in self.rows(tables, listed) if row is not None]
        if not rows:
            return persons
        records = reduce(lambda one, other: one.union(other), rows)
        kept = records.select(
            "person_id",
            "place",
            day=records.date,
            record=ibis.struct({name: records[name] for name in RECORD}),
        )
        by_days = [number for place, number in self.places.items() if place.days]
        counted = kept.count()
        if by_days:
            days = kept.day.nunique(where=kept.place.isin(by_days))
            counted = ibis.ifelse(kept.place.isin(by_days).any(), days, counted)
        each = kept.group_by("person_id", "place").aggregate(
            latest=kept.record.max(), first=kept.record.min(), count=counted
        )
        wide = each.group_by("person_id").aggregate(
            **{
                f"{name}_{number}": each[name].arbitrary(where=each.place == number)
                for number in self.places.values()
                for name in ("latest", "first", "count")
            }
        )
        return persons.left_join(wide, "person_id").drop("person_id_right")

    def rows(self, tables: Tables, listed: ir.Table | None) -> list[ir.Table | None]:
        """The records that belong to a place, from each table."""
        return [
            self.coded(tables["events"].rename(date="date"), "events"),
            self.coded(tables["medicines"].mutate(value=ibis.null("float64")), "medicines"),
            self.coded(tables["admissions"].mutate(date=ibis._.admitted_on, value=ibis.null("float64")), "admissions"),
            *(
                self.uncoded(self.source(place, tables, listed), place, number)
                for place, number in self.places.items()
                if place.kind != "codes"
            ),
        ]

    def coded(self, records: ir.Table, table: str) -> ir.Table | None:
        """One join of a table to the map from code to place; the windows stand in the map."""
        codes = self.codes(table)
        if codes is None:
            return None
        mapped = ibis.memtable(codes)
        if table == "admissions":
            # A short code stands for everything below it, so each code is also looked up by its beginnings.
            lengths = sorted({len(code) for code in codes.column("code").to_pylist()})
            cuts = [ibis.ifelse(records.code.length() >= n, records.code.left(n), None) for n in lengths]
            records = records.mutate(cut=ibis.array(cuts)).unnest("cut")
        else:
            records = records.mutate(cut=records.code)
        joined = records.join(
            mapped,
            [
                records.cut == mapped.code,
                records.system == mapped.system,
                records.date >= mapped.start,
                records.date <= mapped.end,
            ],
        )
        return joined.select(
            person_id=joined.person_id,
            place=joined.place,
            date=joined.date,
            value=joined.value.fill_null(_NO_VALUE),
            code=records.code,
            listed=records.cut,
            list=joined.list,
        ).cast(_ROW)

    def codes(self, table: str) -> pa.Table | None:
        """The map from code to place for one table, a row for each code in each place and system value."""
        rows = [
            {
                "place": number,
                "list": name,
                "code": code,
                "system": system,
                "start": place.start or date.min,
                "end": place.end,
            }
            for place, number in self.places.items()
            if place.kind == "codes"
            for name in place.names
            if _TABLE_OF[self.lists[name].system] == table
            for system in _RECORDED_AS[self.lists[name].system]
            for code, _ in self.lists[name].codes
        ]
        return pa.Table.from_pylist(rows) if rows else None

    def source(self, place: Place, tables: Tables, listed: ir.Table | None) -> ir.Table | None:
        if place.kind == "admission":
            rows = tables["admissions"]
            return rows.select(rows.person_id, date=rows.admitted_on, code=rows.code)
        if place.kind == "service":
            rows = tables["services"]
            now = rows.filter(
                rows.service.isin(place.names), rows.ended_on.isnull() | (rows.ended_on >= self.index_date)
            )
            return now.select(now.person_id, date=now.started_on, code=now.service)
        if listed is None:
            return None
        on = listed.filter(listed["list"].isin(place.names))
        return on.select(on.person_id, date=on.from_date, code=on["list"])

    def uncoded(self, rows: ir.Table | None, place: Place, number: int) -> ir.Table | None:
        if rows is None:
            return None
        inside = rows.filter(rows.date.between(place.start or date.min, place.end))
        return inside.select(
            person_id=inside.person_id,
            place=ibis.literal(number),
            date=inside.date,
            value=ibis.literal(_NO_VALUE),
            code=inside.code,
            listed=inside.code,
            list=ibis.null("string"),
        ).cast(_ROW)

    def terms(self) -> pa.Table:
        """The term of each code of each list, as people read it."""
        rows = [
            (name, code, plain_term(term) or code) for name, codes in self.lists.items() for code, term in codes.codes
        ]
        return pa.table(
            {column: [row[place] for row in rows] for place, column in enumerate(("list", "listed", "term"))},
            schema=pa.schema([("list", pa.string()), ("listed", pa.string()), ("term", pa.string())]),
        )

    # The rules, over a row of `known`.

    def holds(self, row: ir.Table, condition: Condition, shown: ir.StructValue | None = None) -> ir.BooleanValue:
        """Whether the condition is true; what is not known is not true. Never null.

        `shown` is the evidence of the rule, for an `unless` that comes after it.
        """
        match condition:
            case Not(part):
                return ~self.holds(row, part, shown)
            case Several(at_least, parts):
                return _at_least(at_least, [self.holds(row, part, shown) for part in parts])
            case Age(at_least, under):
                return reduce(operator.and_, self.ages(row, at_least, under)).fill_null(False)
            case Sex(among):
                return row.sex.isin(among).fill_null(False)
            case Deprivation(at_most):
                return (row.imd_decile <= at_most).fill_null(False)
        latest = self.fact(row, condition, "latest")
        if latest is None:
            return ibis.literal(False)
        if isinstance(condition, Counted):
            count = self.fact(row, condition, "count")
            assert count is not None
            return (count >= condition.at_least).fill_null(False)
        if isinstance(condition, LatestOf):
            return (latest["list"] == condition.wanted).fill_null(False)
        if isinstance(condition, Recorded | Admitted) and condition.window.after_evidence:
            assert shown is not None
            return (latest["date"] > shown["date"]).fill_null(False)
        return latest.notnull()

    def ages(self, row: ir.Table, at_least: int | None, under: int | None) -> list[ir.BooleanValue]:
        """Somebody is n years old from the day n years after their birth, by the calendar."""
        found = []
        if at_least is not None:
            found.append(row.date_of_birth <= Period(years=at_least).before(self.index_date))
        if under is not None:
            found.append(row.date_of_birth > Period(years=under).before(self.index_date))
        return found

    def evidence(self, row: ir.Table, condition: Condition, shown: ir.StructValue | None = None) -> ir.StructValue:
        """The record that shows the condition, with the count; null where it does not hold or nothing does."""
        match condition:
            case Several(_, parts):
                found = [self.evidence(row, part, shown) for part in parts]
                latest = ibis.greatest(*found) if len(found) > 1 else found[0]
                # Not the whole: its true parts show nothing.
                return ibis.ifelse(self.holds(row, condition, shown), latest, ibis.null(EVIDENCE))
            case Age() | Sex() | Deprivation() | Not():
                return ibis.null(EVIDENCE)
        which = condition.evidence if isinstance(condition, Recorded) else "latest"
        record = self.fact(row, condition, which)
        if record is None:
            return ibis.null(EVIDENCE)
        fields = {name: record[name] for name in RECORD}
        struct = ibis.struct({**fields, "count": self.fact(row, condition, "count")}).cast(EVIDENCE)
        return ibis.ifelse(self.holds(row, condition, shown), struct, ibis.null(EVIDENCE))

    def fact(self, row: ir.Table, condition: Condition, name: str) -> ir.Value | None:
        place = self.place_of(condition)
        assert place is not None
        column = f"{name}_{self.number(place)}"
        return row[column] if column in row.columns else None


_DATES = ("date_of_birth", "date_of_death", "registration_started", "registration_ended")


def _at_least(number: int, truths: list[ir.BooleanValue]) -> ir.BooleanValue:
    if number == 1:
        return reduce(operator.or_, truths)
    if number == len(truths):
        return reduce(operator.and_, truths)
    total: ir.IntegerValue = reduce(operator.add, (truth.cast("int64") for truth in truths))
    return total >= number
