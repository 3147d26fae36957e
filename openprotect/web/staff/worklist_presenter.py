"""The worklist as its template draws it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from openprotect.journey.act.worklist import MOST_COUNTED, Worklist, WorklistRow
from openprotect.web.shown import shown_due
from openprotect.web.staff.words import STATUS, urgency_tag


def worklist(found: Worklist, now: datetime) -> dict[str, Any]:
    """Counts, rows with their clocks, and the way to the next page."""
    address = reverse("staff:worklist")
    return {
        "counts": (
            {"number": counted(found.open), "text": "to do"},
            {"number": counted(found.overdue), "text": "overdue"},
            {"number": counted(found.unaccepted), "text": "not accepted yet"},
        ),
        "rows": [row(each, now) for each in found.rows],
        "onward": f"{address}?{urlencode({'after': found.after})}" if found.after else "",
        "beginning": address,
    }


def counted(number: int) -> str:
    """A count as far as anybody counts: `200+` where there are more."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)


def row(each: WorklistRow, now: datetime) -> dict[str, Any]:
    """One line: who, what, how soon, who holds it."""
    return {
        "href": reverse("staff:need", args=[each.id]),
        "name": each.name or "Name not shown to you",
        "born": each.date_of_birth,
        "nhs_number": each.nhs_number,
        "urgency": urgency_tag(each.urgency),
        "category": each.category_label,
        "why": each.why,
        "clock": shown_due(each.due_at, now),
        "due_at": each.due_at,
        "overdue": each.overdue,
        "status": STATUS[each.status],
        "held_by": each.held_by,
        "team": each.team_name,
    }
