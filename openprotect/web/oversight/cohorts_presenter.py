"""Cohorts as their templates draw them: every picture has its numbers beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.scope import Scope
from openprotect.journey.identify import english, figures
from openprotect.journey.identify.dimensions import SHOWN_FROM, TITLES
from openprotect.journey.identify.facts import Change, DefinitionRead, Flow
from openprotect.journey.identify.queries import Run, WasIn
from openprotect.lib import london
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.web.oversight.agreement_forms import day, drawn_day
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.shown import shown_date
from openprotect.web.staff.forms import Form

HIDDEN = "Not shown"
NOWHERE = "No practice known"
TOGETHER_SHOWN = 12
_GONE = {
    "died": "Had died",
    "not_born": "Were born later",
    "deregistered": "Had left their practice",
    "national-data-opt-out": "National data opt-out",
    "own-objection": "Objected themselves",
    "type-1-opt-out": "Type 1 opt-out",
    figures.TOGETHER: "Were left out before any rule was asked",
    "": "No rule is true of them",
}
_HOW = {"added": "New", "removed": "Gone", "changed": "Changed", "reworded": "Reason in other words"}
_BY = {"locality": "Locality", "practice": "Practice", "deprivation": "Deprivation decile", "rule": "Rule", "group": "Group"}  # fmt: skip


def nothing(programme: str, titles: Mapping[str, str]) -> dict[str, Any]:
    """The page before the first run."""
    return {**_about(programme, titles, "oversight:cohorts"), "run": None}


def units_in(shown: figures.Picture) -> list[int]:
    """The localities and practices whose names the page needs."""
    ids = {place.unit for place in shown.places}
    ids |= {practice for place in shown.places for practice, _ in place.practices}
    return sorted(unit for unit in ids if unit is not None)


def cohort(
    run: Run,
    shown: figures.Picture,
    said: Cohort,
    names: Mapping[int, str],
    *,
    runs: Sequence[Run],
    titles: Mapping[str, str],
    scope: Scope,
) -> dict[str, Any]:
    """One run."""
    labels = {key: group.label for key, group in said.groups.items()}
    return {
        **_about(run.programme, titles, "oversight:cohorts"),
        "run": run,
        "version": run.pack_version.version,
        "sources": [
            (_plain(table).capitalize(), date.fromisoformat(day))
            for table, day in run.data_age.items()
            if table not in run.left_out
        ],
        "left_out": [f"{_plain(table)} ({_plain(source)})" for table, source in run.left_out.items()],
        "lists": len(run.codelists),
        "shown": shown,
        "exact": bool(shown.rules.rows),
        "limit": SHOWN_FROM,
        "people": f"{shown.people:,}" if shown.people is not None else "",
        "steps": _steps(run, shown),
        "by": [_breakdown(each) for each in shown.by],
        "groups": _groups(shown.groups, labels),
        "rules": _bars((key, people) for key, people in shown.rules.rows),
        "places": [
            {
                "name": names.get(place.unit, NOWHERE) if place.unit else NOWHERE,
                "people": _number(place.people),
                "practices": [
                    {"name": names.get(unit, NOWHERE) if unit else NOWHERE, "people": _number(people)}
                    for unit, people in place.practices
                ],
                "width": width,
            }
            for place, width in zip(shown.places, _widths([place.people for place in shown.places]), strict=True)
        ],
        "runs": [
            {
                "number": each.number,
                "ran_at": each.ran_at,
                "version": each.pack_version.version,
                "href": f"{reverse('oversight:cohorts')}?{_address(programme=run.programme, run=each.number)}",
                "current": each.number == run.number,
            }
            for each in runs[:10]
        ],
        "may_ask": scope.may("see.reasons"),
    }


def definition(
    read: DefinitionRead, version: Any, published: Sequence[Any], programme: str, titles: Mapping[str, str]
) -> dict[str, Any]:
    """A definition read aloud."""
    here = reverse("oversight:cohort_definition")
    return {
        **_about(programme, titles, "oversight:cohort_definition"),
        "version": version.version,
        "published_at": version.published_at,
        "approved": version.clinically_approved,
        "hash": version.hash,
        "other_versions": [
            {"text": each.version, "href": f"{here}?{urlencode({'programme': programme, 'version': each.version})}"}
            for each in published
            if each.id != version.id
        ],
        "exclusions": [(_plain(key).capitalize(), says) for key, says in read.exclusions.items()],
        "rules": [{"id": rule.id, "text": "\n".join(english.rule_lines(rule)[1:]), "group": rule.group} for rule in read.rules],
        "lists": [
            {
                "name": _plain(each.name).capitalize(),
                "system": english.SYSTEMS.get(each.system, each.system),
                "codes": f"{each.codes:,}",
                "terms": each.first_terms,
                "hash": each.sha256[:12],
            }
            for each in read.lists
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What is to be compared: two runs by number, or two versions by id; or what is wrong with the question."""

    sent: QueryDict
    sides: tuple[tuple[str, int], ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.sides) == 2 and not self.faults


def read_comparison(sent: QueryDict, runs: Sequence[Run], published: Sequence[Any]) -> Comparison:
    """The address's question; without one the last two runs, or else the last two versions."""
    if not (sent.get("before") or sent.get("after")):
        if len(runs) > 1:
            return Comparison(sent, (("run", runs[1].number), ("run", runs[0].number)))
        newest = [("version", each.id) for each in published[:2]]
        return Comparison(sent, tuple(reversed(newest)) if len(newest) == 2 else ())
    faults: dict[str, str] = {}
    sides = []
    for name, called in (("before", "what it was"), ("after", "what it became")):
        what, _, number = sent.get(name, "").partition("-")
        if what not in ("run", "version") or not number.isdecimal() or len(number) > 9:
            faults[name] = f"Choose {called}"
        else:
            sides.append((what, int(number)))
    if len(sides) == 2 and sides[0][0] != sides[1][0]:
        faults["after"] = "Choose two runs, or two versions of the definition"
    return Comparison(sent, tuple(sides), faults)


def comparison(
    asked: Comparison,
    found: Mapping[str, Any],
    runs: Sequence[Run],
    published: Sequence[Any],
    programme: str,
    titles: Mapping[str, str],
) -> dict[str, Any]:
    """Two sides of it: the question, changes of the definition, people who came in and went out."""
    chosen = dict(zip(("before", "after"), (f"{what}-{number}" for what, number in asked.sides), strict=False))
    moves = found.get("moves")
    labels = {key: group.label for key, group in found["cohort"].groups.items()} if found.get("cohort") else {}
    return {
        **_about(programme, titles, "oversight:cohort_compare"),
        "errors": tuple(Error(text, f"#{name}") for name, text in asked.faults.items()),
        "before": _choice("before", "What it was", chosen, asked, runs, published),
        "after": _choice("after", "What it became", chosen, asked, runs, published),
        "asked": bool(found),
        "sides": found.get("runs"),
        "own": found.get("own", False),
        "same_version": found.get("same_version", False),
        "changes": [_change(each) for each in found.get("changes", ())],
        "moves": moves,
        "moves_hide": moves is not None and not found.get("exact"),
        "by_rule": moves is not None and bool(moves.by.get("rule") or moves.by.get("group")),
        "limit": SHOWN_FROM,
        "by": [
            {"title": _BY[key], "rows": _flows(flows, labels if key == "group" else {})}
            for key, flows in (moves.by.items() if moves else ())
            if flows
        ],
    }


@dataclass(frozen=True)
class Day:
    """Who was in on which day, and after whom the page begins."""

    sent: QueryDict
    day: date | None = None
    after: UUID | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


def read_day(sent: QueryDict, *, now: datetime) -> Day:
    """The address's question."""
    if not any(key.startswith("on-") for key in sent):
        return Day(sent)
    on = day(sent, "on")
    if on is None or on > london.today(now):
        return Day(sent, faults={"on": "Enter a real date that is not in the future, such as 31 3 2020"})
    try:
        after = UUID(sent.get("after", "")) if sent.get("after") else None
    except ValueError:
        after = None
    return Day(sent, on, after)


def was_in(
    asked: Day,
    run: Run | None,
    found: Sequence[WasIn],
    named: Mapping[UUID, str],
    programme: str,
    titles: Mapping[str, str],
    *,
    full: bool,
) -> dict[str, Any]:
    """A page of people with their reasons."""
    form = Form(asked.sent, {}, asked.faults)
    onward = ""
    if full and found and asked.day:
        on = {"on-day": asked.day.day, "on-month": asked.day.month, "on-year": asked.day.year}
        onward = f"?{_address(programme=programme, **on, after=str(found[-1].person))}"
    return {
        **_about(programme, titles, "oversight:cohort_was_in"),
        "errors": tuple(Error(text, f"#{name}") for name, text in asked.faults.items()),
        "on": drawn_day("on", "On which day?", form),
        "asked": asked.day,
        "run": run,
        "people": [
            {
                "name": named.get(each.person, "Name not shown"),
                "href": reverse("staff:why_listed", args=[each.person]),
                "reasons": each.reasons,
            }
            for each in found
        ],
        "onward": onward,
    }


def _about(programme: str, titles: Mapping[str, str], route: str) -> dict[str, Any]:
    here = reverse(route)
    return {
        "programme": programme,
        "title": titles.get(programme, ""),
        "others": [
            {"text": title, "href": f"{here}?{urlencode({'programme': key})}"}
            for key, title in titles.items()
            if key != programme
        ],
        "query": urlencode({"programme": programme}),
    }


def _steps(run: Run, shown: figures.Picture) -> dict[str, Any]:
    """How many were left after each step, as bars against how many there were at first."""
    first = run.attrition[0][1] if run.attrition else 0
    if not first or not figures.may_show_steps(first, run.people, shown):
        return {}
    rows = [{"label": "In the records or on a list", "gone": "", "left": f"{first:,}", "width": 100.0}]
    for key, (gone, left) in figures.attrition(run.people, first, run.excluded).items():
        rows.append({
            "label": _GONE.get(key, _plain(key).capitalize()),
            "gone": _number(gone),
            "left": _number(left),
            "width": round(100 * left / first, 1) if first and left is not None else 0,
        })  # fmt: skip
    return {
        "rows": rows,
        "sentence": f"Of {first:,} people, {run.people:,} were found. The table has each step.",
        "hides": any(HIDDEN in (row["gone"], row["left"]) for row in rows),
    }


def _breakdown(each: figures.Breakdown) -> dict[str, Any]:
    return {"title": TITLES[each.dimension], "rows": _bars(each.rows), "hides": each.hides}


def _groups(groups: figures.Groups | None, labels: Mapping[str, str]) -> dict[str, Any]:
    if groups is None:
        return {}
    sets = groups.together[:TOGETHER_SHOWN]
    return {
        "rows": [
            {
                "label": labels.get(each.group, each.group),
                "people": f"{'at least ' if each.at_least else ''}{each.people:,}"
                if each.people or not each.at_least
                else HIDDEN,
                "alone": _number(each.alone),
                "width": width,
            }
            for each, width in zip(groups.each, _widths([each.people for each in groups.each]), strict=True)
        ],
        "together": [
            {"label": " and ".join(labels.get(key, key) for key in keys), "people": f"{people:,}", "width": width}
            for (keys, people), width in zip(sets, _widths([people for _, people in sets]), strict=True)
        ],
        "others": f"{groups.others + sum(people for _, people in groups.together[TOGETHER_SHOWN:]):,}",
        "pools": groups.others > 0,
        "more": len(groups.together) > len(sets) or groups.others > 0,
    }


def _bars(rows: Iterable[tuple[str, int | None]]) -> list[dict[str, Any]]:
    given = list(rows)
    return [
        {"label": label[0].upper() + label[1:], "people": _number(people), "width": width}
        for (label, people), width in zip(given, _widths([people for _, people in given]), strict=True)
    ]


def _widths(numbers: Sequence[int | None]) -> list[float]:
    """Each as a part of a hundred of the largest; nothing for what is hidden."""
    largest = max((number for number in numbers if number), default=0) or 1
    return [round(100 * number / largest, 1) if number else 0 for number in numbers]


def _number(people: int | None) -> str:
    return HIDDEN if people is None else f"{people:,}"


def _change(change: Change) -> dict[str, Any]:
    return {
        "title": f"{change.what.capitalize()} {change.name}",
        "how": _HOW[change.how],
        "said": _lines(change.said, change.says),
        "says": _lines(change.says, change.said),
    }


def _lines(lines: Sequence[str], others: Sequence[str]) -> list[dict[str, Any]]:
    """The lines of one side, and which of them the other side, if there is one, has not."""
    return [{"text": line, "differs": bool(others) and line not in others} for line in lines]


def _flows(flows: Mapping[str, Flow], labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"label": labels.get(value, value.capitalize() if value == "unknown" else value),
         "came": f"{flow.came:,}", "went": f"{flow.went:,}"}
        for value, flow in sorted(flows.items(), key=lambda row: (len(row[0]) if row[0].isdecimal() else 9, row[0]))
    ]  # fmt: skip


def _choice(
    name: str, label: str, chosen: Mapping[str, str], asked: Comparison, runs: Sequence[Run], published: Sequence[Any]
) -> dict[str, Any]:
    items = [{"value": "", "text": "Choose"}]
    items += [
        {"value": f"run-{run.number}", "text": f"Run {run.number} of {shown_date(run.ran_at)}, {run.pack_version.version}"}
        for run in runs
    ]  # fmt: skip
    items += [
        {"value": f"version-{each.id}", "text": f"Version {each.version} of the definition"} for each in published
    ]
    wanted = asked.sent.get(name) or chosen.get(name, "")
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "items": [{**item, "selected": item["value"] == wanted} for item in items],
        **({"errorMessage": {"text": asked.faults[name]}} if name in asked.faults else {}),
    }


def _address(**asked: str | int) -> str:
    return urlencode(asked)


def _plain(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")
