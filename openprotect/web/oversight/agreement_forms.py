"""What the forms of sharing agreements and exports sent, as the arguments of an action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import QueryDict

from openprotect.lib import london
from openprotect.web.questionnaire.posted import PARTS
from openprotect.web.questionnaire.presenter import date_input
from openprotect.web.staff.forms import Form, written


def day(sent: QueryDict, name: str) -> date | None:
    """The date of three boxes, or None where it is none."""
    try:
        given = [int(sent.get(f"{name}-{part}", "").strip()) for part in PARTS]
        return date(given[2], given[1], given[0]) if 1900 <= given[2] <= 2200 else None
    except (ValueError, OverflowError):
        return None


def drawn_day(name: str, legend: str, form: Form, *, hint: str = "") -> dict[str, Any]:
    """The parameters of a date's boxes: what was sent stands in them, what is wrong is said."""
    typed = "-".join(form.sent.get(f"{name}-{part}", "").strip() for part in reversed(PARTS))
    params = date_input(name, typed if typed.strip("-") else "", fault=name in form.faults)
    params["fieldset"] = {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}}
    params["hint"] = {"text": hint or "For example, 27 3 2020."}
    if name in form.faults:
        params["errorMessage"] = {"text": form.faults[name]}
    return params


def line(name: str, label: str, form: Form, *, hint: str = "", value: str = "") -> dict[str, Any]:
    """The parameters of one line to write in."""
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "value": form.sent.get(name, value),
        **({"hint": {"text": hint}} if hint else {}),
        **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
    }


def missing(sent: QueryDict, **asked: str) -> dict[str, str]:
    """What was asked for and not written, with the sentence that asks for it."""
    return {name: sentence for name, sentence in asked.items() if not written(sent, name)}


def number(sent: QueryDict, name: str) -> int | None:
    given = sent.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else None


def agreement(sent: QueryDict, *, now: datetime) -> Form:
    """The terms of a new agreement. What they say to each other and to the basis is the action's to judge."""
    starts, ends = day(sent, "starts_on"), day(sent, "ends_on")
    faults = missing(
        sent, title="Enter what this agreement is about", owner="Enter who owns this agreement",
        purpose="Enter what the records are given for",
    )  # fmt: skip
    for name, sentence in (("giver", "Choose who gives"), ("receiver", "Choose who receives"),
                           ("basis", "Choose the legal basis that this rests on")):  # fmt: skip
        if number(sent, name) is None:
            faults[name] = sentence
    if starts is None:
        faults["starts_on"] = "Enter a real date from which it holds"
    for name, sentence in (("ends_on", "Enter a real date on which it ends"),
                           ("review_on", "Enter a real date on which it is reviewed")):  # fmt: skip
        if day(sent, name) is None:
            faults[name] = sentence
    begins = None
    if starts is not None:
        begins = now if starts == london.today(now) else london.at(starts, time())
    values = {
        "title": written(sent, "title"),
        "giver": number(sent, "giver") or 0,
        "receiver": number(sent, "receiver") or 0,
        "basis": number(sent, "basis"),
        "purpose": written(sent, "purpose"),
        "fields": sent.getlist("fields"),
        "owner": written(sent, "owner"),
        "starts_at": begins or now,
        "ends_at": london.at(ends + timedelta(days=1), time()) if ends else None,
        "review_on": day(sent, "review_on"),
    }
    return Form(sent, values, faults)


def signature(sent: QueryDict, *, now: datetime) -> Form:
    """Who signed for a side, as what, with which words, when."""
    faults = missing(
        sent, name="Enter who signed", post="Enter what they signed as, such as Caldicott guardian",
        words="Enter the words that they signed",
    )  # fmt: skip
    side, signed_on = sent.get("side", ""), day(sent, "signed_on")
    if side not in ("giver", "receiver"):
        faults["side"] = "Choose who signed"
    if signed_on is None:
        faults["signed_on"] = "Enter a real date on which they signed"
    elif signed_on > london.today(now):
        faults["signed_on"] = "The date of the signature cannot be in the future"
    values = {name: written(sent, name) for name in ("name", "post", "words")}
    return Form(sent, {**values, "side": side, "signed_on": signed_on}, faults)


def ending(sent: QueryDict, *, now: datetime) -> Form:
    faults = missing(sent, why="Enter why the agreement ends")
    return Form(sent, {"why": written(sent, "why")}, faults)


def export(sent: QueryDict) -> Form:
    """Which agreement, and what for."""
    faults = missing(sent, reason="Enter what the file is for")
    agreement = number(sent, "agreement")
    if agreement is None:
        faults["agreement"] = "Choose an agreement"
    return Form(sent, {"agreement": agreement, "reason": written(sent, "reason")}, faults)


def with_faults(form: Form, faults: Mapping[str, str]) -> Form:
    """The same form with what an action found wrong."""
    return Form(form.sent, form.values, {**form.faults, **faults})
