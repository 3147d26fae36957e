"""The form that states a legal basis: its fields, and what was typed into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.facts import law
from openprotect.lib.london import at
from openprotect.web.oversight.bases_forms import date_field, read_day
from openprotect.web.staff.forms import Form, written

Owners = Sequence[tuple[str, str]]  # role, its label

_CLOSED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "purpose": ("What is it for?", law.PURPOSES),
    "article_6": ("UK GDPR Article 6 condition", law.ARTICLE_6),
    "article_9": ("UK GDPR Article 9 condition", law.ARTICLE_9),
    "confidence": ("How is the duty of confidence met?", law.CONFIDENCE),
}
_DAYS = {
    "from": "First day in force",
    "until": "Last day in force",
    "review": "Review by",
}


def read(sent: QueryDict, owners: Owners) -> Form:
    """What was typed, as the arguments of `state_basis`; a fault for each field that lacks something."""
    faults: dict[str, str] = {}
    title = written(sent, "title")
    if not title:
        faults["title"] = "Enter a title"
    chosen = {name: sent.get(name, "") for name in _CLOSED}
    for name, (_, allowed) in _CLOSED.items():
        if chosen[name] not in allowed:
            faults[name] = {
                "purpose": "Select what it is for",
                "confidence": "Select how the duty of confidence is met",
            }.get(name, "Select a condition")
    owner = sent.get("owner_role", "")
    if owner not in dict(owners):
        faults["owner_role"] = "Select who answers for it"
    days = {name: read_day(sent, name) for name in _DAYS}
    typed = {name: any(sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year")) for name in _DAYS}
    for name, day in days.items():
        if day is None and (typed[name] or name == "from"):
            faults[f"{name}-day"] = "Enter a real day, such as 30 6 2022"
    is_direct_care = chosen["purpose"] == law.DIRECT_CARE
    if not typed["until"] and not (is_direct_care and typed["review"]):
        faults["until-day"] = "Enter the last day. Only direct care with a day of review may go without"
    if days["from"] and days["until"] and days["until"] < days["from"]:
        faults["until-day"] = "The last day is before the first"
    words = written(sent, "words")
    if not words:
        faults["words"] = "Write what it rests on"
    values = {
        "key": re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60],
        "title": title[:200],
        **chosen,
        "owner_role": owner,
        "starts_at": at(days["from"], time()) if days["from"] else None,
        "ends_at": at(days["until"] + timedelta(days=1), time()) if days["until"] else None,
        "review_date": days["review"],
        "privacy_notice": written(sent, "privacy_notice")[:120],
        "data_categories": _lines(sent, "data_categories"),
        "sources": [re.sub(r"[^a-z0-9-]+", "_", line.lower()) for line in _lines(sent, "sources")],
        "is_direct_care": is_direct_care,
        "opt_out_applies": sent.get("opt_out_applies") == "yes",
        "words": words,
    }
    return Form(sent, values, dict(sorted(faults.items(), key=lambda item: _ORDER.index(item[0]))))


_ORDER = ("title", *_CLOSED, "owner_role", "from-day", "until-day", "review-day", "words")


def drawn(form: Form, owners: Owners) -> dict[str, Any]:
    """The form with what was typed and what is wrong with it."""
    sent = form.sent

    def fault(name: str) -> dict[str, Any]:
        return {"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}

    def radios(name: str, legend: str, items: Mapping[str, str]) -> dict[str, Any]:
        return {
            "idPrefix": name,
            "name": name,
            "fieldset": {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}},
            "items": [{"value": key, "text": text, "checked": sent.get(name) == key} for key, text in items.items()],
            **fault(name),
        }

    def text(name: str, label: str, hint: str = "") -> dict[str, Any]:
        return {
            "id": name,
            "name": name,
            "label": {"text": label, "classes": "nhsuk-label--s"},
            "value": sent.get(name, ""),
            **({"hint": {"text": hint}} if hint else {}),
            **fault(name),
        }

    return {
        "errors": form.errors,
        "action": reverse("oversight:new_basis"),
        "name": text("title", "Title", "As others would call it, such as the name of the notice or approval"),
        "closed": [radios(name, legend, items) for name, (legend, items) in _CLOSED.items()],
        "owner": radios("owner_role", "Who answers for it?", dict(owners)),
        "days": [date_field(name, legend, sent, form.faults.get(f"{name}-day")) for name, legend in _DAYS.items()],
        "data_categories": {**text("data_categories", "Kinds of data", "One a line"), "rows": 3},
        "sources": {**text("sources", "Sources it covers", "One a line; none means any"), "rows": 3},
        "privacy_notice": text("privacy_notice", "Version of the privacy notice it rests on"),
        "opt_out": {
            "idPrefix": "opt_out_applies",
            "name": "opt_out_applies",
            "items": [
                {
                    "value": "yes",
                    "text": "The national data opt-out applies",
                    "checked": sent.get("opt_out_applies") == "yes",
                }
            ],
        },
        "words": {**text("words", "What it rests on, in your own words"), "rows": 4},
    }


def _lines(sent: QueryDict, name: str) -> list[str]:
    return [line.strip()[:80] for line in written(sent, name).splitlines() if line.strip()]
