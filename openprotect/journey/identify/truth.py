"""The rules of a cohort as expressions over one wide row for each person, made by `compile.py`."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from openprotect.journey.identify.compile import RECORD, Plan
from openprotect.lib.periods import Period
from openprotect.programmes.definitions.conditions import (
    Age,
    Anchor,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Located,
    Not,
    Recorded,
    Several,
    Sex,
    Then,
    Value,
    anchors_of,
    asks_each_record,
    when_of,
)

EVIDENCE = "struct<date: date, value: float64, code: string, entry: int64, count: int64>"


def holds(plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None = None) -> ir.BooleanValue:
    """Whether the condition is true; what is not known is not true. Never null.

    `shown` is the day of the rule's evidence, for an `unless` that comes before or after it.
    """
    match condition:
        case Not(part):
            return ~holds(plan, row, part, shown)
        case Several(at_least, parts):
            return _at_least(at_least, [holds(plan, row, part, shown) for part in parts])
        case Age(at_least, under):
            return reduce(operator.and_, _ages(plan, row, at_least, under)).fill_null(False)
        case Sex(among):
            return row.sex.isin(among).fill_null(False)
        case Deprivation(at_most, edition):
            return ((row.imd_decile <= at_most) & (row.imd_edition == edition)).fill_null(False)
        case Located():
            return _located(plan, row, condition)
    if asks_each_record(condition):
        found = _each(plan, row, condition, shown)
        return ibis.literal(False) if found is None else _enough(condition, found).fill_null(False)
    latest = fact(plan, row, condition, "latest")
    if latest is None:
        return ibis.literal(False)
    if anchors_of(condition):
        anchor = _date_of(plan, row, anchors_of(condition)[0], shown)
        return (latest["date"] > anchor).fill_null(False)
    match condition:
        case Counted(_, at_least):
            count = fact(plan, row, condition, "count")
            assert count is not None
            return (count >= at_least).fill_null(False)
        case LatestOf(_, wanted):
            return plan.entries.is_of(latest["entry"], wanted).fill_null(False)
        case Value():
            return _in_range(condition, latest["value"]).fill_null(False)
    return latest["date"].notnull()


@dataclass(frozen=True)
class Shown:
    """One record that may show a condition: where `true` holds, the latest or first of a place, or a `record`."""

    true: ir.BooleanValue
    place: int | None = None
    first: bool = False
    record: ir.StructValue | None = None


def shown_by(plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None = None) -> list[Shown]:
    """What may show the condition; its evidence is the latest among those that are true."""
    match condition:
        case Several(_, parts):
            true = holds(plan, row, condition, shown)
            found = (one for part in parts for one in shown_by(plan, row, part, shown))
            return [replace(one, true=true & one.true) for one in found]
        case Age() | Sex() | Deprivation() | Located() | Not():
            return []
    place = plan.place_of(condition)
    assert place is not None
    if asks_each_record(condition):
        record = evidence(plan, row, condition, shown)
        return [Shown(record.notnull(), record=record)]
    return [Shown(holds(plan, row, condition, shown), plan.places[place], _is_first(condition))]


def day_shown(plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None = None) -> ir.DateValue:
    """The day of the condition's evidence; null where it does not hold or nothing shows it."""
    nothing = ibis.null("date")
    days = []
    for one in shown_by(plan, row, condition, shown):
        if one.record is not None:
            days.append(ibis.ifelse(one.true, one.record["date"], nothing))
            continue
        known = _of_place(row, "first" if one.first else "latest", one.place)
        if known is not None:
            days.append(ibis.ifelse(one.true, known["date"], nothing))
    if not days:
        return nothing
    return ibis.greatest(*days) if len(days) > 1 else days[0]


def evidence(plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None = None) -> ir.StructValue:
    """The record that shows the condition, with the count; null where it does not hold or nothing does."""
    match condition:
        case Several(_, parts):
            found = [evidence(plan, row, part, shown) for part in parts]
            latest = ibis.greatest(*found) if len(found) > 1 else found[0]
            # Not the whole: its true parts show nothing.
            return ibis.ifelse(holds(plan, row, condition, shown), latest, ibis.null(EVIDENCE))
        case Age() | Sex() | Deprivation() | Located() | Not():
            return ibis.null(EVIDENCE)
    first = _is_first(condition)
    if asks_each_record(condition):
        each = _each(plan, row, condition, shown)
        if each is None:
            return ibis.null(EVIDENCE)
        return _let(
            each,
            lambda records: ibis.ifelse(
                _enough(condition, records),
                _filled(records.mins() if first else records.maxs(), _number(condition, records)),
                ibis.null(EVIDENCE),
            ),
        )
    record, count = (fact(plan, row, condition, name) for name in ("first" if first else "latest", "count"))
    if record is None or count is None:
        return ibis.null(EVIDENCE)
    return ibis.ifelse(holds(plan, row, condition, shown), _filled(record, count), ibis.null(EVIDENCE))


def fact(plan: Plan, row: ir.Table, condition: Condition, name: str) -> Any:
    """`latest`, `first`, `count` or `every` of the place of a condition; None where no table has a record of it.

    Of a record as much as the row has: the whole, or only fields of it.
    """
    place = plan.place_of(condition)
    assert place is not None
    return _of_place(row, name, plan.places[place])


def _of_place(row: ir.Table, name: str, number: int | None) -> Any:
    column = f"{name}_{number}"
    if column in row.columns:
        return row[column]
    return {field: row[f"{column}_{field}"] for field in RECORD if f"{column}_{field}" in row.columns} or None


def _is_first(condition: Condition) -> bool:
    return isinstance(condition, Then) or (isinstance(condition, Recorded) and condition.evidence == "first")


def counted(
    plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None = None
) -> ir.IntegerValue | None:
    """How many records, or days, there are of a condition that reads records; None where no table has one."""
    if not asks_each_record(condition):
        return fact(plan, row, condition, "count")
    records = _each(plan, row, condition, shown)
    return None if records is None else _number(condition, records)


def _each(plan: Plan, row: ir.Table, condition: Condition, shown: ir.DateValue | None) -> ir.ArrayValue | None:
    """The records that come before or after the other evidence as the condition says."""
    records = fact(plan, row, condition, "every")
    if records is None:
        return None
    if isinstance(condition, Then):
        within = condition.within
        return _let(
            _date_of(plan, row, condition.after, shown),
            lambda day: _those(records, lambda date: (date > day) & _until(date, day, within)),
        )
    window = when_of(condition)
    for bound, compare in ((window.after, operator.gt), (window.before, operator.lt)):
        if isinstance(bound, Anchor):
            records = _let(_date_of(plan, row, bound, shown), _held_against(records, compare))
    return records


def _held_against(records: ir.ArrayValue, compare: Callable[..., ir.BooleanValue]) -> Callable[..., ir.ArrayValue]:
    return lambda day: _those(records, lambda date: compare(date, day))


def _those(records: ir.ArrayValue, wanted: Callable[[ir.DateValue], ir.BooleanValue]) -> ir.ArrayValue:
    return records.filter(lambda one: wanted(one["date"]))


def _until(date: ir.DateValue, day: ir.DateValue, within: Period | None) -> ir.BooleanValue:
    if within is None:
        return ibis.literal(True)
    months = 12 * within.years + within.months
    last = day + ibis.interval(months=months) if months else day + ibis.interval(days=7 * within.weeks + within.days)
    return date <= last.cast("date")


def _date_of(plan: Plan, row: ir.Table, anchor: Anchor, shown: ir.DateValue | None) -> ir.DateValue:
    if anchor.condition is not None:
        return day_shown(plan, row, anchor.condition, shown)
    assert shown is not None
    return shown


def _let(value: ir.Value, body: Callable[[ir.Value], ir.Value]) -> ir.Value:
    """`body` of a value that is written, and computed, once."""
    return ibis.array([value]).map(lambda bound: body(bound))[0]


def _enough(condition: Condition, records: ir.ArrayValue) -> ir.BooleanValue:
    if isinstance(condition, Value):
        return (records.length() > 0) & _in_range(condition, records.maxs()["value"])
    return _number(condition, records) >= (condition.at_least if isinstance(condition, Counted) else 1)


def _number(condition: Condition, records: ir.ArrayValue) -> ir.IntegerValue:
    if isinstance(condition, Counted) and condition.distinct == "date":
        return records.map(lambda one: one["date"]).unique().length()
    return records.length()


def _filled(record: ir.StructValue, count: ir.IntegerValue) -> ir.StructValue:
    return ibis.struct({**{name: record[name] for name in RECORD}, "count": count}).cast(EVIDENCE)


def _in_range(condition: Value, value: ir.FloatingValue) -> ir.BooleanValue:
    tests = [ibis.literal(True)]
    if condition.at_least is not None:
        tests.append(value >= condition.at_least)
    if condition.at_most is not None:
        tests.append(value <= condition.at_most)
    if condition.under is not None:
        tests.append(value < condition.under)
    return reduce(operator.and_, tests)


def _ages(plan: Plan, row: ir.Table, at_least: int | None, under: int | None) -> list[ir.BooleanValue]:
    """Somebody is n years old from the day n years after their birth, by the calendar."""
    found = []
    if at_least is not None:
        found.append(row.date_of_birth <= Period(years=at_least).before(plan.index_date))
    if under is not None:
        found.append(row.date_of_birth > Period(years=under).before(plan.index_date))
    return found


def _located(plan: Plan, row: ir.Table, condition: Located) -> ir.BooleanValue:
    column = {"practice": row.practice_code, "locality": row.locality, "lsoa": row.lsoa}[condition.by]
    codes = {*condition.among, *(code for name in condition.lists for code, _ in plan.lists[name].codes)}
    return column.isin(sorted(codes)).fill_null(False)


def _at_least(number: int, truths: list[ir.BooleanValue]) -> ir.BooleanValue:
    if number == 1:
        return reduce(operator.or_, truths)
    if number == len(truths):
        return reduce(operator.and_, truths)
    total: ir.IntegerValue = reduce(operator.add, (truth.cast("int64") for truth in truths))
    return total >= number
