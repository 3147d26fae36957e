"""Who is in by which rule, as one expression: the rules are asked first, the evidence is fetched for whoever is in."""

import operator
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.journey.identify.compile import RECORD, Plan
from openprotect.journey.identify.known import deciding
from openprotect.journey.identify.truth import EVIDENCE, day_shown, holds, shown_by
from openprotect.journey.identify.words import template_of
from openprotect.programmes.definitions.cohort import Rule, window_of
from openprotect.programmes.definitions.conditions import has_evidence

MEMBERS = pa.schema(
    [
        ("person_id", pa.string()),
        ("rule", pa.string()),
        ("group", pa.string()),
        ("evidence_date", pa.date32()),
        ("code", pa.string()),
        ("term", pa.string()),
        ("count", pa.int64()),
        ("reason", pa.string()),
    ]
)
"""One row for each person and each rule that is true of them.

`evidence_date`, `code` and `term` are those of the record that shows it, and null where there
is none (an age); `count` is how many records or days were counted in the window.
"""

_FOUND = ("date", "value", "code", "entry", "count")
_NOWHERE = -1


def found(plan: Plan, persons: ir.Table, each: ir.Table | None) -> ir.Table:
    """A row for each person and each rule that is true of them: `position` of the rule, and its evidence."""
    everybody = not all(has_evidence(rule.when) for rule in plan.cohort.rules)
    row = deciding(plan, persons, each, everybody=everybody)
    columns: dict[str, ir.Value] = {}
    entries: list[tuple[int, str, int, bool, str | None]] = []  # position, column, place, first, column of a record
    for at, rule in enumerate(plan.cohort.rules):
        true = holds(plan, row, rule.when)
        if rule.unless is not None:
            true = true & ~holds(plan, row, rule.unless, day_shown(plan, row, rule.when))
        columns[f"true_{at}"] = true
        shown = shown_by(plan, row, rule.when)
        if len(shown) != 1 or shown[0].place is None or not has_evidence(rule.when):
            entries.append((at, f"true_{at}", _NOWHERE, False, None))
        for which, one in enumerate(shown):
            columns[name := f"shown_{at}_{which}"] = true & one.true
            record = None
            if one.record is not None:
                columns[record := f"record_{at}_{which}"] = one.record
            entries.append((at, name, _NOWHERE if one.place is None else one.place, one.first, record))
    asked = row.select("person_id", **columns)
    # Who is in by no rule goes before there is a row for each rule.
    true = asked.filter(reduce(operator.or_, (asked[f"true_{at}"] for at in range(len(plan.cohort.rules)))))
    return _latest(plan, _unfolded(true, entries), each, alone=len(entries) == len(plan.cohort.rules))


def _unfolded(asked: ir.Table, entries: list[tuple[int, str, int, bool, str | None]]) -> ir.Table:
    """A row for each entry that is true: person_id, position, place, first, record."""
    records = any(record is not None for *_, record in entries)
    kind = f"struct<position: int64, place: int64, first: boolean{f', record: {EVIDENCE}' if records else ''}>"
    folded = []
    for at, true, place, first, record in entries:
        fields: dict[str, ir.Value] = {
            "position": ibis.literal(at, "int64"),
            "place": ibis.literal(place, "int64"),
            "first": ibis.literal(first),
        }
        if records:
            fields["record"] = ibis.null(EVIDENCE) if record is None else asked[record]
        folded.append(ibis.ifelse(asked[true], ibis.struct(fields).cast(kind), ibis.null(kind)))
    each = asked.select("person_id", entry=ibis.array(folded).unnest())
    each = each.filter(each.entry.notnull())
    names = ("position", "place", "first", *(("record",) if records else ()))
    return each.select("person_id", **{name: each.entry[name] for name in names})


def _latest(plan: Plan, entries: ir.Table, each: ir.Table | None, *, alone: bool) -> ir.Table:
    """The latest record of all that show a rule. `alone`: each rule has no more than one entry."""
    shown = entries.record if "record" in entries.columns else None
    if each is not None:
        rows = each.select("person_id", "place", "count", *(("first",) if plan.firsts else ()), "latest")
        joined = entries.left_join(rows, ["person_id", "place"], rname="{name}_of_place")
        record = joined.latest
        if plan.firsts:
            record = ibis.ifelse(joined.first, joined.first_of_place, joined.latest)
        whole = ibis.struct({**{name: record[name] for name in RECORD}, "count": joined["count"]}).cast(EVIDENCE)
        entries = joined.select(
            "person_id",
            "position",
            evidence=ibis.ifelse(
                joined["count"].isnull(), joined.record if shown is not None else ibis.null(EVIDENCE), whole
            ),
        )
    else:
        entries = entries.select("person_id", "position", evidence=ibis.null(EVIDENCE) if shown is None else shown)
    if not alone:
        entries = entries.group_by("person_id", "position").aggregate(evidence=entries.evidence.max())
    return entries.select("person_id", "position", **{name: entries.evidence[name] for name in _FOUND})


def in_words(plan: Plan, found: ir.Table) -> ir.Table:
    """The same with the names of rule and group, the term of the code, and the reason as a sentence."""
    names, terms = ibis.memtable(_rules(plan)), ibis.memtable(plan.terms())
    named = found.join(names, "position").left_join(terms, "entry")
    code = named.code.nullif("")
    term = ibis.coalesce(named.term, code)
    reason = named.template
    for placeholder, value in (
        ("term", term),
        ("date", named.date.strftime("%-d %B %Y")),
        ("count", named["count"].cast("string")),
        ("value", named["value"].cast("string").re_replace(r"\.0$", "")),
    ):
        reason = reason.replace(f"{{{placeholder}}}", value.fill_null(""))
    ordered = named.order_by("person_id", "position")
    return ordered.select(
        "person_id",
        "rule",
        "group",
        evidence_date=named.date,
        code=code,
        term=term,
        count=named["count"],
        reason=reason,
    )


def _rules(plan: Plan) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"position": at, "rule": rule.id, "group": rule.group, "template": _template(plan, rule)}
            for at, rule in enumerate(plan.cohort.rules)
        ]
    )


def _template(plan: Plan, rule: Rule) -> str:
    window = window_of(rule)
    template = template_of(plan.cohort, rule)
    if window is None:
        return template
    start = window.before(plan.index_date)
    return template.replace("{window_start}", f"{start.day} {start:%B %Y}")
