"""Emergency accesses and one of them, as their templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.queries import LookedInto
from openprotect.governance.queries.emergency import MOST_EVENTS, PAGE
from openprotect.governance.rules.emergency import OUTCOMES, may_review, settings
from openprotect.governance.scope import Scope
from openprotect.web.shown import shown_due
from openprotect.web.staff.forms import Form, written
from openprotect.web.staff.need_presenter import choices, writing

ENDED_BY = {
    "time": "The time was up",
    "hand": "They ended it",
    "sign-out": "They signed out",
    "left": "They no longer work here in this role",
    "record": "The record was closed",
}
SAID = {
    "justified": "It was justified",
    "not_justified": "It was not justified",
    "ask": "The reviewer asks",
    "answer": "Their answer",
}


def before(sent: QueryDict) -> int | None:
    """From before which access the reader wants to see, if they say so."""
    asked = sent.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None


def emergencies(found: Sequence[Any], *, before: int | None, scope: Scope) -> dict[str, Any]:
    """The page: what waits, and what was reviewed, page by page."""
    settled = [each for each in found if each.settled_at]
    shown = settled[:PAGE]
    address = reverse("oversight:emergencies")
    return {
        "waiting": [_row(each, scope) for each in found if not each.settled_at],
        "reviewed": [_row(each, scope) for each in shown],
        "onward": f"{address}?{urlencode({'before': shown[-1].id})}" if len(settled) > PAGE else "",
        "beginning": address if before else "",
    }


def _row(access: Any, scope: Scope) -> dict[str, Any]:
    overdue = access.settled_at is None and access.review_due_at <= scope.now
    return {
        "href": reverse("oversight:emergency", args=[access.id]),
        "number": access.id,
        "who": access.user.name,
        "role": f"{access.membership.role.label}, {access.membership.organisation.name}",
        "opened": access.starts_at,
        "until": access.ends_at,
        "open": access.ends_at > scope.now,
        "ended": ENDED_BY.get(access.ended_by, ENDED_BY["time"]),
        "reason": settings().reasons.get(access.reason, access.reason),
        "words": access.words,
        "due_at": access.review_due_at,
        "clock": shown_due(access.review_due_at, scope.now),
        "overdue": overdue,
        "escalated": access.escalated_at,
        "settled": access.settled_at,
        "person": access.person_id,
    }


def read(sent: QueryDict) -> Form:
    """The reviewer's form, or what is missing in it."""
    outcome, said = sent.get("outcome", ""), written(sent, "words")
    faults = {}
    if outcome not in OUTCOMES:
        faults["outcome"] = "Select what you found"
    if not said:
        faults["words"] = "Write what you found, or what you ask"
    return Form(sent, {"outcome": outcome, "words": said}, faults)


def emergency(found: LookedInto, form: Form, *, scope: Scope) -> dict[str, Any]:
    """One access: who, why, what happened during it, what reviewers said, and the form to say it."""
    access = found.access
    own = not may_review(reviewer=int(scope.actor), opener=access.user_id)
    return {
        "access": _row(access, scope),
        "basis": access.basis.title,
        "events": [
            {"at": event.at, "action": event.action.capitalize(), "object": f"{event.object_type} {event.object_id}"}
            for event in found.events
        ],
        "cut": len(found.events) == MOST_EVENTS,
        "reviews": [
            {"at": each.at, "who": each.user.name, "what": SAID[each.outcome], "words": each.words}
            for each in found.reviews
        ],
        "own": own,
        "form": not own and access.settled_at is None,
        "errors": form.errors,
        "outcome": choices("outcome", "What did you find?", list(OUTCOMES.items()), form),
        "words": writing("words", "Say why", form, hint="If you ask, they see this and answer it."),
    }
