"""What the forms of organisations sent, as the arguments of an action, or what is wrong with it."""

from __future__ import annotations

import re
from datetime import time

from django.http import QueryDict

from openprotect.governance.actions.teams import DAYS
from openprotect.governance.queries import Registered
from openprotect.web.oversight.agreement_forms import day, missing, number
from openprotect.web.questionnaire.posted import PARTS
from openprotect.web.staff.forms import Form, written

RELATIONS = {
    "part_of": "Part of",
    "located_in": "Located in",
    "commissioned_by": "Commissioned by",
}
DAY_MISSING = "Enter a real date, such as 1 4 2020"

_LINE = re.compile(
    r"(?P<first>[a-z]+)(?:\s*(?:to|-|–)\s*(?P<last>[a-z]+))?\s+"
    r"(?P<opens>[0-9]{1,2}[:.][0-9]{2})\s*(?:to|-|–)\s*(?P<closes>[0-9]{1,2}[:.][0-9]{2})",
    re.IGNORECASE,
)


def relation(sent: QueryDict, there: Registered) -> Form:
    """What the organisation is to another, from when, until when."""
    faults = missing(sent, to="Enter the code of the other organisation")
    kind, starts, ends = sent.get("kind", ""), day(sent, "starts_on"), day(sent, "ends_on")
    if kind not in RELATIONS:
        faults["kind"] = "Choose what it is to the other"
    if starts is None:
        faults["starts_on"] = DAY_MISSING
    if ends is None and _typed(sent, "ends_on"):
        faults["ends_on"] = f"{DAY_MISSING}, or leave it empty"
    values = {"kind": kind, "to": written(sent, "to"), "starts_on": starts, "ends_on": ends}
    return Form(sent, {"organisation": there.organisation.code, **values}, faults)


def ending(sent: QueryDict, there: Registered) -> Form:
    """Which of its relations ends, with which day."""
    chosen, last = number(sent, "relation"), day(sent, "ended_on")
    faults = {}
    if chosen not in {each.id for each in there.relations}:
        faults["relation"] = "Choose the relation that ends"
    if last is None:
        faults["ended_on"] = DAY_MISSING
    return Form(sent, {"relation": chosen, "ends_on": last}, faults)


def closing(sent: QueryDict, there: Registered) -> Form:
    last = day(sent, "last_day")
    values = {"organisation": there.organisation.code, "last_day": last}
    return Form(sent, values, {} if last else {"last_day": DAY_MISSING})


def merger(sent: QueryDict, there: Registered) -> Form:
    """Who succeeds it, from which day; a successor that is not there yet needs a name."""
    faults = missing(sent, into="Enter the code of the successor")
    first = day(sent, "merged_on")
    if first is None:
        faults["merged_on"] = DAY_MISSING
    values = {"codes": (there.organisation.code,), "into": written(sent, "into"), "name": written(sent, "new_name")}
    return Form(sent, {**values, "starts_on": first}, faults)


def team(sent: QueryDict, there: Registered) -> Form:
    """A duty as packs name it, and what the team is called."""
    faults = missing(sent, team_name="Enter what the team is called")
    duty = written(sent, "duty").lower().replace(" ", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", duty):
        faults["duty"] = "Enter the duty as the programme names it, such as surveillance"
    name = written(sent, "team_name")
    if len(name) > 120:
        faults["team_name"] = "Enter a name of up to 120 characters"
    return Form(sent, {"organisation": there.organisation.id, "duty": duty, "name": name}, faults)


def team_closing(sent: QueryDict, there: Registered) -> Form:
    chosen = number(sent, "closing_team")
    faults = {} if chosen in _open_teams(there) else {"closing_team": "Choose the team that closes"}
    return Form(sent, {"team": chosen}, faults)


def hours(sent: QueryDict, there: Registered) -> Form:
    """One line a day or a run of days: "Monday to Friday 08:00 to 18:30"."""
    chosen = number(sent, "hours_team")
    faults = {} if chosen in _open_teams(there) else {"hours_team": "Choose the team whose hours these are"}
    found: list[tuple[int, time, time]] = []
    for line in filter(None, (each.strip() for each in written(sent, "hours").splitlines())):
        read = _hours(line)
        if not read:
            faults["hours"] = f"Write “{line[:60]}” as: Monday to Friday 08:00 to 18:30"
            break
        found += read
    values = {"team": chosen, "hours": found, "open_on_bank_holidays": "bank_holidays" in sent}
    return Form(sent, values, faults)


def _hours(line: str) -> list[tuple[int, time, time]]:
    read = _LINE.fullmatch(line)
    if read is None:
        return []
    first, last = _weekday(read["first"]), _weekday(read["last"] or read["first"])
    opens, closes = _clock(read["opens"]), _clock(read["closes"])
    if first is None or last is None or opens is None or closes is None:
        return []
    span = range(first, last + 1) if first <= last else (*range(first, 7), *range(last + 1))
    return [(weekday, opens, closes) for weekday in span]


def _weekday(text: str) -> int | None:
    found = [
        number for number, name in enumerate(DAYS) if len(text) > 1 and name.casefold().startswith(text.casefold())
    ]
    return found[0] if len(found) == 1 else None


def _clock(text: str) -> time | None:
    hour, minute = (int(part) for part in re.split(r"[:.]", text))
    if (hour, minute) == (24, 0):
        return time()
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _typed(sent: QueryDict, name: str) -> bool:
    return any(sent.get(f"{name}-{part}", "").strip() for part in PARTS)


def _open_teams(there: Registered) -> set[int]:
    return {each.team.id for each in there.teams if each.team.closed_at is None}
