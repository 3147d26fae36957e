"""Cohort runs that find what a test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.facts import CohortResult
from openprotect.journey.identify.members import MEMBERS
from openprotect.people.facts import Arrival
from openprotect.programmes.queries import switched_on

Found = Mapping[str, Any]


def reason(person: Arrival, rule: str = "TRANSPLANT", group: str = "transplant", **given: Any) -> Found:
    """One row of what a run found."""
    return {"person_id": person.source_id, "rule": rule, "group": group, "reason": f"{rule} is true", **given}


def run_finds(
    *found: Found, people: tuple[Arrival, ...], now: datetime, notes: tuple[str, ...] = (), **more: Any
) -> None:
    """A run of COVID-19 Protect on the day of `now` that finds these reasons; `people` are all who stand in them."""
    by = system("test", now=now)
    with enter(by):
        version = switched_on()["covid-protect"]
    seen = {row["person_id"] for row in found}
    arrivals = [each for each in people if each.source_id in seen]
    flow.perform(
        identify.build_cohort,
        pack_version=version,
        dataset="test",
        index_date=now.date(),
        result=replace(_result(now.date(), [dict(row) for row in found], len(arrivals)), notes=notes),
        arrivals=arrivals,
        by=by,
        now=now,
        **more,
    )


def _result(day: date, rows: list[dict[str, Any]], people: int) -> CohortResult:
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row["group"], set()).add(row["person_id"])
    return CohortResult(
        index_date=day,
        members=pa.Table.from_pylist(rows, schema=MEMBERS),
        people=people,
        groups={key: len(ids) for key, ids in groups.items()},
        excluded={"died": 20, "deregistered": 30},
        attrition=(("in the records or on a list", people + 150), ("in at least one group", people)),
    )
