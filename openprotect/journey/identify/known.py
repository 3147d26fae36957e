"""What is known of each person, as one row of them: made of the rows for each person and place (`Plan.each`)."""

import ibis.expr.types as ir

from openprotect.journey.identify.compile import Plan


def all_known(plan: Plan, persons: ir.Table, each: ir.Table | None) -> ir.Table:
    """`persons` with `latest_N`, `first_N`, `count_N` and `every_N` for each place N; null where there is nothing."""
    if each is None:
        return persons
    found = [name for name in ("latest", "first", "count", "every") if name in each.columns]
    return _beside(
        persons,
        each,
        {f"{name}_{number}": each[name] for number in plan.places.values() for name in found},
        everybody=True,
    )


def deciding(plan: Plan, persons: ir.Table, each: ir.Table | None, *, everybody: bool) -> ir.Table:
    """`persons` with no more than decides whether a rule is true: `latest_N_date` and so on, single values.

    A wide row of whole records costs several times more, and most people are in by no rule. Not
    `everybody`: only those of whom there is a record in a place.
    """
    if each is None:
        return persons
    columns: dict[str, ir.Value] = {}
    for number, fields in sorted(plan.asked.items()):
        columns |= {f"latest_{number}_{name}": each.latest[name] for name in sorted(fields - {"count"})}
        if "count" in fields:
            columns[f"count_{number}"] = each["count"]
        if number in plan.firsts:
            columns[f"first_{number}_date"] = each.first["date"]
        if number in plan.every:
            columns[f"every_{number}"] = each.every
    return _beside(persons, each, columns, everybody=everybody)


def _beside(persons: ir.Table, each: ir.Table, columns: dict[str, ir.Value], *, everybody: bool) -> ir.Table:
    wide = each.group_by("person_id").aggregate(
        **{name: value.arbitrary(where=each.place == int(name.split("_")[1])) for name, value in columns.items()}
    )
    joined = persons.join(wide, "person_id", how="left" if everybody else "inner")
    return joined.select(*persons.columns, *columns)
