"""What the forms of the register sent, as the arguments of an action, or what cannot be read of it."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from openprotect.governance.actions import Dissent
from openprotect.governance.actions.risks import SAID
from openprotect.lib.london import at
from openprotect.web.staff.forms import Form, written

PARTS = ("day", "month", "year")
DISSENTS = 3  # how many the form has room for; the table knows no bound


def recorded(sent: QueryDict) -> Form:
    """A risk as it is written down."""
    faults: dict[str, str] = {}
    values: dict[str, Any] = {
        "said": {field: written(sent, field) for field in SAID},
        "kind": sent.get("kind", ""),
        "activity_kind": sent.get("activity_kind", ""),
        "activity_key": written(sent, "activity_key"),
        "amount": _pounds(sent, "amount", faults),
        "cap": _pounds(sent, "cap", faults),
        "carried_by": written(sent, "carried_by"),
    }
    if not values["activity_kind"]:
        faults["activity_kind"] = "Select what the decision lets go on"
    if not values["kind"]:
        faults["kind"] = "Select what kind of risk it is"
    return Form(sent, values, faults)


def decided(sent: QueryDict) -> Form:
    """A decision: on a basis, or why on none."""
    form = reviewed(sent)
    basis = sent.get("basis", "")
    values = {
        **form.values,
        "basis": int(basis) if basis.isdecimal() and len(basis) < 19 else None,
        "without_basis": written(sent, "without_basis"),
    }
    return Form(sent, values, form.faults)


def reviewed(sent: QueryDict) -> Form:
    """What a decision and a review have in common."""
    faults: dict[str, str] = {}
    values = {
        "outcome": sent.get("outcome", ""),
        "words": written(sent, "words"),
        "review_by": _end_of_day(sent, "review_by", faults),
        "dissents": _dissents(sent),
    }
    return Form(sent, values, faults)


def published(sent: QueryDict) -> Form:
    """A document or a version of one."""
    asked = [int(each) for each in sent.getlist("organisations") if each.isdecimal() and len(each) < 19]
    values = {
        "title": written(sent, "title"),
        "kind": sent.get("kind", ""),
        "label": written(sent, "label"),
        "what_changed": written(sent, "what_changed"),
        "organisations": asked,
    }
    return Form(sent, values)


def answered(sent: QueryDict) -> Form:
    """What an organisation says of a version."""
    version = sent.get("version", "")
    values = {
        "version": int(version) if version.isdecimal() and len(version) < 19 else 0,
        "answer": sent.get("answer", ""),
        "words": written(sent, "words"),
    }
    return Form(sent, values)


def _pounds(sent: QueryDict, name: str, faults: dict[str, str]) -> Decimal | None:
    typed = sent.get(name, "").strip().replace(",", "").removeprefix("£")
    if not typed:
        return None
    try:
        pounds = Decimal(typed).quantize(Decimal("0.01"))
    except InvalidOperation:
        pounds = Decimal("NaN")
    if not pounds.is_finite() or not 0 < pounds < Decimal(10) ** 12:
        faults[name] = "Enter an amount in pounds, such as 25000"
        return None
    return pounds


def _end_of_day(sent: QueryDict, name: str, faults: dict[str, str]) -> datetime | None:
    """The end of the day that was typed, in London: a review on the day itself is in time."""
    typed = [sent.get(f"{name}-{part}", "").strip() for part in PARTS]
    if not any(typed):
        return None
    try:
        day, month, year = map(int, typed)
        return at(date(year, month, day), time(23, 59, 59))
    except (ValueError, OverflowError):
        faults[name] = "Enter a real day, such as 31 7 2020"
        return None


def _dissents(sent: QueryDict) -> list[Dissent]:
    rows = (
        Dissent(*(written(sent, f"dissent-{part}-{n}") for part in ("name", "role", "words")))
        for n in range(1, DISSENTS + 1)
    )
    return [row for row in rows if any(vars(row).values())]
