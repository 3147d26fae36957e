"""A telephone call as its template draws it: whom, how, what to say, what to ask, what came of it.

Why somebody is at risk and what they answered before is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict

from openprotect.journey.check_in import rules
from openprotect.journey.contact.queries import CallsWaiting, CallView
from openprotect.programmes.definitions import Pack
from openprotect.programmes.definitions.questionnaire import Page, Questionnaire
from openprotect.web.questionnaire import posted, presenter
from openprotect.web.shown import shown_telephone
from openprotect.web.staff import words
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, minded

KEY = "submission_key"


def waiting(found: CallsWaiting) -> dict[str, Any]:
    """The counts of the calls page."""
    return {
        "counts": (
            {"number": found.due, "text": "to ring now"},
            {"number": found.later, "text": "to ring later"},
            {"number": found.in_hand, "text": "being rung"},
        ),
        "anybody": found.due > 0 or found.in_hand > 0,
    }


def call(
    found: CallView, pack: Pack, *, caller: str, now: datetime, ask: bool, form: Form, faults: Mapping[str, str]
) -> dict[str, Any]:
    """The page of one call; `ask` where a check-in is open to be filled in."""
    topic = _topic(pack.questionnaire, form, faults) if ask else None
    numbers = [(point.id, f"{shown_telephone(point.value)} ({point.kind})") for point in found.numbers]
    labels = {outcome.code: outcome.label for outcome in pack.contact.call.outcomes}
    only = numbers[0][0] if len(numbers) == 1 else ""
    return {
        "call": {
            "name": f"{found.given_name} {found.family_name}",
            "born": found.date_of_birth,
            "language": "" if found.language.startswith("en") else words.language(found.language),
            "mind": minded(found.needs),
            "why": words.WHY_RUNG.get(found.why, ""),
            "until": found.claimed_until,
            "numbers": [
                {"text": shown_telephone(point.value), "href": f"tel:{point.value}", "kind": point.kind,
                 "quality": point.quality}
                for point in found.numbers
            ],
            "before": [{"at": each.at, "outcome": labels.get(each.outcome, each.outcome)} for each in found.history],
            "key": form.sent.get(KEY) or uuid4(),
        },
        "script": _script(found, pack, caller).split("\n\n"),
        "topic": topic,
        "number": choices("number", "Which number did you ring?", numbers, form, chosen=only),
        "outcome": choices("outcome", "What came of the call?", list(labels.items()), form),
        "errors": (*form.errors, *(topic.errors if topic else ())),
        "completed": next((o.label for o in pack.contact.call.outcomes if o.next == "answered"), ""),
    }  # fmt: skip


def answers(questionnaire: Questionnaire, sent: QueryDict) -> tuple[dict[str, object], dict[str, str]]:
    """The whole questionnaire from one form: answers, and a sentence for each that cannot be taken."""
    given: dict[str, object] = {}
    faults: dict[str, str] = {}
    for page in questionnaire.pages:
        read, wrong = rules.validate_page(questionnaire, page.id, posted.form(page, sent, {}), given)
        given |= read
        faults |= wrong
    return given, faults


def submission_key(sent: QueryDict) -> UUID:
    """The key of the form that was sent, so that sent twice it counts once."""
    try:
        return UUID(sent.get(KEY, ""))
    except ValueError:
        return uuid4()


def _topic(questionnaire: Questionnaire, form: Form, faults: Mapping[str, str]) -> presenter.Topic:
    """All pages as one: what a choice opens on a later page is opened here as well."""
    groups = tuple(page.group for page in questionnaire.pages)
    whole = Page(id="check-in", title=questionnaire.title, items=groups, group=groups[0])
    asked = posted.questions(whole)
    raw: dict[str, list[str]] = {}
    for page in questionnaire.pages if form.sent else ():
        raw |= posted.form(page, form.sent, {})
    return presenter.topic(whole, posted.drawn_again(asked, raw), faults, asked=lambda item: True)


def _script(found: CallView, pack: Pack, caller: str) -> str:
    programme = pack.programme
    return pack.messages[f"call.{pack.contact.call.script}", "en"].filled(
        {
            "caller": caller,
            "programme": programme.title,
            "practice": found.practice or "your GP surgery",
            "first_name": found.given_name,
            "phone": programme.phone,
            "phone_hours": programme.phone_hours,
            "number": programme.phone,
        }
    )
