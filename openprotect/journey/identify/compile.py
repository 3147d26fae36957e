"""From a cohort to one expression that reads each big table once.

What the rules ask of the records is first written down as a list of *places*: a set of code
lists in a window, a service, an imported list. The records are joined once to a small map from
code to place, and one aggregate per person and place keeps what any rule needs of it: the
latest and the first record and how many there are; all of them, only where a rule holds their
dates against other evidence. The rules are then plain expressions over one wide row for each
person (`truth.py`).
"""

import operator
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.programmes.codelists import CodeList, plain_term
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Condition,
    Counted,
    LatestOf,
    OnList,
    Recorded,
    Service,
    Then,
    Value,
    Window,
    asks_each_record,
    walk,
)

Source = Literal["events", "medicines", "admissions", "services", "lists"]

# In which table records of a system stand, and by which of its `system` values they are known.
TABLE_OF: Mapping[str, Source] = {
    "snomed": "events",
    "dmd": "medicines",
    "icd10": "admissions",
    "opcs4": "admissions",
}
_RECORDED_AS = {"snomed": ("snomed",), "dmd": ("dmd", "snomed")}

# A record as it is kept. The order of the fields is the order in which "latest" is decided. `entry` is
# the code of a list that it was found by (see Entries).
RECORD = {"date": "date", "value": "float64", "code": "string", "entry": "int64"}
_ROW = ibis.schema({"person_id": "string", "place": "int64", **RECORD})
# What of a place decides whether a condition is true, beside the date.
_ASKED: Mapping[type, set[str]] = {Counted: {"count"}, LatestOf: {"entry"}, Value: {"value"}}
NO_VALUE = float("-inf")  # no value is lower than every value
_LATEST = ""  # of an imported list: its latest version

# The map from code to place.
_MAP = pa.schema(
    [
        ("place", pa.int64()), ("entry", pa.int64()), ("key", pa.string()),
        ("start", pa.date32()), ("end", pa.date32()),
        ("unit", pa.string()), ("least", pa.int64()), ("under", pa.int64()),
    ]
)  # fmt: skip

Tables = Mapping[str, ir.Table]


class Entries:
    """A number for each code of each list, in the order of the codes and, of one code, of the lists.

    A third of grouping went into comparing and copying both as words.
    """

    def __init__(self, lists: Mapping[str, CodeList]) -> None:
        self._lists = sorted(lists)
        self._codes = sorted({code for codes in lists.values() for code, _ in codes.codes})
        self._list_at = {name: at for at, name in enumerate(self._lists)}
        self._code_at = {code: at for at, code in enumerate(self._codes)}

    @property
    def none(self) -> int:
        """What was not found by a code of a list: a service, a place on an imported list, any stay."""
        return len(self._codes) * len(self._lists)

    def number(self, name: str | None, code: str | None) -> int:
        """Of a code of a list; `none` without them."""
        if name is None or code is None:
            return self.none
        return self._code_at[code] * len(self._lists) + self._list_at[name]

    def of(self, number: int) -> tuple[str, str] | None:
        """The list and its code; None for `none`."""
        if number == self.none:
            return None
        code, name = divmod(number, len(self._lists))
        return self._lists[name], self._codes[code]

    def is_of(self, entry: ir.IntegerValue, name: str) -> ir.BooleanValue:
        """Whether this is an entry of a list. Asked where there is none that is not of a list."""
        return entry % len(self._lists) == self._list_at[name]


@dataclass(frozen=True)
class Place:
    """Something the rules need to know of each person's records, from `start` to `end`, both included."""

    kind: Literal["codes", "admission", "list", "service"]
    names: tuple[str, ...]
    start: date | None
    end: date
    days: bool = False  # count the days with a record, not the records
    unit: str | None = None  # only values in it
    nights: tuple[int | None, int | None] = (None, None)  # at least, under
    version: str = _LATEST


class Plan:
    """What a cohort needs to know on an index date: each place, and one row a person with what is known of it.

    `localities` are those of practices, by code.
    """

    def __init__(
        self,
        cohort: Cohort,
        lists: Mapping[str, CodeList],
        index_date: date,
        localities: Mapping[str, str] | None = None,
    ) -> None:
        self.cohort = cohort
        self.lists = lists
        self.entries = Entries(lists)
        self.index_date = index_date
        self.localities = localities
        self.places: dict[Place, int] = {}
        self.every: set[int] = set()  # places of which each record is kept
        self.firsts: set[int] = set()  # places of which the first record is asked for
        self.asked: dict[int, set[str]] = {}  # what of the latest record of each place decides
        for rule in cohort.rules:
            for part in (part for condition in rule.conditions for part in walk(condition)):
                self.need(part)

    def need(self, condition: Condition) -> None:
        """Know what this condition asks for."""
        if (place := self.place_of(condition)) is not None:
            number = self.places.setdefault(place, len(self.places))
            if asks_each_record(condition):
                self.every.add(number)
            elif isinstance(condition, Recorded) and condition.evidence == "first":
                self.firsts.add(number)
            self.asked.setdefault(number, {"date"}).update(_ASKED.get(type(condition), ()))

    def place_of(self, condition: Condition) -> Place | None:
        """Where the records of a condition are kept; None where it reads the person alone."""
        match condition:
            case Recorded(lists, window):
                return Place("codes", lists, *self.span(window))
            case Counted(lists, _, window, distinct):
                return Place("codes", lists, *self.span(window), days=distinct == "date")
            case LatestOf(lists) | Then(lists):
                return Place("codes", lists, None, self.index_date)
            case Value(lists, unit):
                return Place("codes", lists, *self.span(condition.window), unit=unit)
            case Admitted(lists, window, least, under):
                return Place("admission", lists, *self.span(window), nights=(least, under))
            case OnList(name, version):
                return Place("list", (name,), None, self.index_date, version=version or _LATEST)
            case Service(among):
                return Place("service", among, None, self.index_date)
            case _:
                return None

    def span(self, window: Window) -> tuple[date | None, date]:
        """The first and last day that count; no first day is for ever."""
        starts = []
        if window.within:
            starts.append(window.within.before(self.index_date))
        if isinstance(window.after, date):
            starts.append(window.after + timedelta(days=1))
        end = self.index_date
        if isinstance(window.before, date):
            end = min(end, window.before - timedelta(days=1))
        return max(starts, default=None), end

    def persons(self, tables: Tables, listed: ir.Table | None) -> ir.Table:
        """One row for each person: what is known of them, and `excluded`, null for whom the rules are asked.

        Whoever stands on an imported list but not in the records has a row of nulls.
        """
        people = tables["people"].select("person_id", *_OF_PEOPLE)
        if self.localities:
            codes = {"practice_code": list(self.localities), "locality": list(self.localities.values())}
            people = people.left_join(ibis.memtable(codes), "practice_code").select(*people.columns, "locality")
        else:
            people = people.mutate(locality=ibis.null("string"))
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

    def each(self, tables: Tables, listed: ir.Table | None, silent: ir.Table | None = None) -> ir.Table | None:
        """A row for each person and place of which there is a record: `latest`, `count`; None where nothing is asked.

        `first` and `every` (all records) are there if any place needs them, and null for the others. Of the
        `silent` (a column person_id) only places on lists count.
        """
        rows = [row for row in self.rows(tables) if row is not None]
        if rows and silent is not None:
            rows = [reduce(lambda one, other: one.union(other), rows).anti_join(silent, "person_id")]
        rows += [row for row in self.listed(listed) if row is not None]
        if not rows:
            return None
        records = reduce(lambda one, other: one.union(other), rows)
        kept = records.select(
            "person_id",
            "place",
            day=records.date,
            record=ibis.struct({name: records[name] for name in RECORD}),
        )
        found = {"latest": kept.record.max(), "count": kept.count()}
        by_days = [number for place, number in self.places.items() if place.days]
        for name, value, places in (
            ("first", kept.record.min, self.firsts),
            ("every", kept.record.collect, self.every),
            ("days", kept.day.collect, by_days),
        ):
            if places:
                found[name] = value(where=kept.place.isin(sorted(places)))
        each = kept.group_by("person_id", "place").aggregate(**found)
        if not by_days:
            return each
        # Not count(distinct): for that an engine reads and joins everything once more.
        days = each.days.unique().length()
        counted = ibis.ifelse(each.place.isin(by_days), days, each["count"])
        return each.select(
            "person_id", "place", *(name for name in found if name not in ("count", "days")), count=counted
        )

    def rows(self, tables: Tables) -> Iterator[ir.Table | None]:
        """The records that belong to a place, from each table: each is read once."""
        yield self.mapped("events", self.recorded("events", tables["events"]))
        yield self.mapped("medicines", self.recorded("medicines", tables["medicines"]))
        yield self.mapped("admissions", self.stays(tables["admissions"]))
        services = tables["services"]
        now = services.filter(services.ended_on.isnull() | (services.ended_on >= self.index_date))
        yield self.mapped("services", now.mutate(key=now.service, date=now.started_on, code=now.service))

    def listed(self, listed: ir.Table | None) -> Iterator[ir.Table | None]:
        """The places on imported lists that a rule asks for."""
        if listed is not None:
            yield self.mapped(
                "lists",
                listed.mutate(key=listed.version + " " + listed["list"], date=listed.from_date, code=listed["list"]),
            )

    def seen(self, tables: Tables, names: Collection[str]) -> ir.Table | None:
        """Which of these code lists any record has a code of, whenever and whoever's. A pass of its own."""
        found = []
        for source in ("events", "medicines", "admissions"):
            keys = {(name, key) for place in self.places for name, _, key in self.keys(place, source) if name in names}
            if keys:
                rows = tables[source]
                keyed = self.stays(rows) if source == "admissions" else self.recorded(source, rows)
                codes = ibis.memtable(pa.Table.from_pylist([{"list": name, "key": key} for name, key in sorted(keys)]))
                found.append(codes.semi_join(keyed.select("key").distinct(), "key").select("list"))
        return reduce(lambda one, other: one.union(other), found).distinct() if found else None

    def recorded(self, source: Source, rows: ir.Table) -> ir.Table:
        """The rows of a table that any of its lists could mean, whatever the code.

        The systems are asked here, and not in the join: it is several times faster by the code alone.
        """
        systems = {name for system, table in TABLE_OF.items() if table == source for name in _RECORDED_AS[system]}
        return rows.filter(rows.system.isin(sorted(systems))).mutate(key=rows.code)

    def stays(self, rows: ir.Table) -> ir.Table:
        """Admissions by every beginning of their code that a list or a condition asks for.

        A short code stands for everything below it; no code at all for every stay.
        """
        keys = self.map_of("admissions").column("key").to_pylist()
        lengths = sorted({len(key) for key in keys} - {0})
        whole = rows.system + " " + rows.code
        cuts = [ibis.ifelse(whole.length() >= length, whole.left(length), ibis.null("string")) for length in lengths]
        if "" in keys:
            cuts.append(ibis.literal(""))
        stays = rows.mutate(date=rows.admitted_on, key=ibis.array(cuts or [ibis.null("string")]))
        if any(place.nights != (None, None) for place in self.places):
            index = ibis.literal(self.index_date)
            until = ibis.least(rows.discharged_on.fill_null(index), index)
            stays = stays.mutate(nights=until.delta(rows.admitted_on, unit="day"))
        return stays.unnest("key")

    def mapped(self, source: Source, records: ir.Table) -> ir.Table | None:
        """One join of a table to the map from code to place; the windows stand in the map."""
        codes = self.map_of(source)
        if not codes.num_rows:
            return None
        to = ibis.memtable(codes)
        matches: list[Any] = [
            records.key == to.key,
            records.date >= to.start,
            records.date <= to.end,
        ]
        if source == "events" and any(place.unit is not None for place in self.places):
            matches.append(to.unit.isnull() | ((records.unit == to.unit) & records.value.notnull()))
        if "nights" in records.columns:
            matches.append(to.least.isnull() | (records.nights >= to.least))
            matches.append(to.under.isnull() | (records.nights < to.under))
        value = records.value.fill_null(NO_VALUE) if source == "events" else ibis.literal(NO_VALUE)
        # No more than is asked for: what else stands in a record may be called as something of the map is.
        asked = [
            name for name in ("person_id", "date", "code", "key", "unit", "value", "nights") if name in records.columns
        ]
        joined = records.select(*asked, known_value=value).join(to, matches, rname="{name}_of_map")
        # A stay may have no code: then another of its day, with one, counts as later.
        code = joined.code.fill_null("") if source == "admissions" else joined.code
        return joined.select(
            "person_id",
            "place",
            date=joined.date,
            value=joined.known_value,
            code=code,
            entry=joined.entry,
        ).cast(_ROW)

    def map_of(self, source: Source) -> pa.Table:
        """The map from code to place for one table, a row for each code in each place."""
        rows = [
            (
                number,
                self.entries.number(name, code),
                key,
                place.start or date.min,
                place.end,
                place.unit,
                *place.nights,
            )
            for place, number in self.places.items()
            for name, code, key in self.keys(place, source)
        ]
        columns = zip(*rows, strict=True) if rows else ((),) * len(_MAP)
        return pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, _MAP, strict=True)], schema=_MAP
        )

    def keys(self, place: Place, source: Source) -> Iterator[tuple[str | None, str | None, str]]:
        """By what a place's records are found in a table: list, code, key."""
        if place.kind == "service":
            yield from ((None, name, name) for name in place.names if source == "services")
        elif place.kind == "list":
            yield from ((None, name, f"{place.version} {name}") for name in place.names if source == "lists")
        elif place.kind == "admission" and not place.names:
            yield from ((None, None, "") for _ in range(source == "admissions"))
        else:
            for name in place.names:
                codes = self.lists[name]
                if TABLE_OF[codes.system] == source:
                    beginning = f"{codes.system} " if source == "admissions" else ""
                    yield from ((name, code, f"{beginning}{code}") for code, _ in codes.codes)

    def terms(self) -> pa.Table:
        """The term of each code of each list, as people read it, by its entry."""
        terms = {
            self.entries.number(name, code): plain_term(term) or code
            for name, codes in self.lists.items()
            for code, term in codes.codes
        }
        return pa.table(
            {"entry": pa.array(list(terms), pa.int64()), "term": pa.array(list(terms.values()), pa.string())}
        )


_OF_PEOPLE = (
    "sex", "date_of_birth", "date_of_death", "registration_started", "registration_ended",
    "practice_code", "lsoa", "imd_decile", "imd_edition",
)  # fmt: skip
