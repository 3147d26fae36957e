"""The rules of retention as their template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openprotect.governance.facts.retention import RULES, TABLES

_DOES = {
    "erase": "Erased with the whole record of the person",
    "delete": "Deleted by itself",
    "cut": "The oldest part goes, and a checkpoint stays",
    "keep": "Kept",
}


def retention(disposed: Mapping[str, Any], last: Any, holds: Sequence[Any], *, now: datetime) -> dict[str, Any]:
    """The page: rules with their tables, the last run, the holds in force first."""
    return {
        "rules": [
            {
                "title": rule.title,
                "period": rule.period,
                "from": rule.counted_from,
                "does": _DOES[rule.does],
                "basis": rule.basis,
                "source": rule.source,
                "tables": [
                    {"name": table, "gone": disposed.get(table)}
                    for table, of_table in sorted(TABLES.items())
                    if of_table is rule
                ],
            }
            for rule in RULES.values()
        ],
        "last": last,
        "holds": [
            {
                "name": hold.name,
                "of": hold.programme or (hold.basis.title if hold.basis else "everything"),
                "since": hold.starts_at,
                "until": hold.ends_at,
                "live": hold.ends_at is None or hold.ends_at > now,
            }
            for hold in holds
        ],
    }
