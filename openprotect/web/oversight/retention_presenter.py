"""The rules of retention as their template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.facts.retention import RULES, TABLES
from openprotect.lib.london import today
from openprotect.web.oversight.agreement_forms import day, drawn_day, line, missing
from openprotect.web.staff.forms import Form, written
from openprotect.web.staff.need_presenter import choices, writing

_DOES = {
    "erase": "Erased with the whole record of the person",
    "delete": "Deleted by itself",
    "cut": "The oldest part goes, and a checkpoint stays",
    "keep": "Kept",
}

_EVERYTHING = "everything"


@dataclass(frozen=True)
class MayHold:
    """What a hold may cover besides everything: programmes by key and title, legal bases by id and title."""

    programmes: Sequence[tuple[str, str]]
    bases: Sequence[tuple[int, str]]

    @property
    def options(self) -> list[tuple[str, str]]:
        return [
            (_EVERYTHING, "Everything that is held here"),
            *(
                (f"programme-{key}", f"Everybody who is or was in the programme {title}")
                for key, title in self.programmes
            ),
            *((f"basis-{id_}", f"Everybody who rests or rested on: {title}") for id_, title in self.bases),
        ]


def placed(sent: QueryDict, may_hold: MayHold, *, now: datetime) -> Form:
    """A new hold: the arguments of the action, or what is missing."""
    faults = missing(sent, name="Enter a name for the hold", reason="Write why the records have to stay")
    if len(written(sent, "name")) > 120:
        faults["name"] = "Enter a name of at most 120 characters"
    covers, review_on = sent.get("covers", ""), day(sent, "review_on")
    if covers not in dict(may_hold.options):
        faults["covers"] = "Select what is on hold"
    if review_on is None:
        faults["review_on"] = "Enter a real day by which the hold is reviewed"
    elif review_on <= today(now):
        faults["review_on"] = "Enter a day of review after today"
    kind, _, key = covers.partition("-")
    values = {
        "name": written(sent, "name"),
        "reason": written(sent, "reason"),
        "programme": key if kind == "programme" else "",
        "basis": int(key) if kind == "basis" and "covers" not in faults else None,
        "review_on": review_on,
    }
    return Form(
        sent, values, {name: faults[name] for name in ("name", "covers", "reason", "review_on") if name in faults}
    )


def lifted(sent: QueryDict, hold: int) -> Form:
    """Why a hold is lifted."""
    words = written(sent, "words")
    return Form(sent, {"words": words}, {} if words else {f"words-{hold}": "Write why the hold is lifted"})


def retention(
    disposed: Mapping[str, Any],
    last: Any,
    holds: Sequence[Any],
    *,
    names: Mapping[str, str],
    may_hold: MayHold | None,
    form: Form,
    lifting: int,
    now: datetime,
) -> dict[str, Any]:
    """The page: rules with their tables, the last run, the holds in force first, and what may be done about them.

    `lifting` is the hold whose form `form` is; 0 where it is that of a new one.
    """
    by_system = "OpenProtect"
    return {
        "errors": form.errors,
        "place": _placing(may_hold, Form() if lifting else form) if may_hold else None,
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
                "reason": hold.reason,
                "by": names.get(hold.by, by_system),
                "since": hold.starts_at,
                "until": hold.ends_at,
                "lifted_by": names.get(hold.lifted_by, by_system),
                "lifted_because": hold.lifted_because,
                "review_on": hold.review_on,
                "review_overdue": hold.review_on is not None and hold.review_on <= today(now),
                "live": hold.ends_at is None or hold.ends_at > now,
                "lift": _lifting(hold, form if lifting == hold.id else Form())
                if may_hold and (hold.ends_at is None or hold.ends_at > now)
                else None,
            }
            for hold in holds
        ],
    }


def _placing(may_hold: MayHold, form: Form) -> dict[str, Any]:
    return {
        "action": reverse("oversight:place_hold"),
        "open": bool(form.faults),
        "name": line("name", "What is the hold called?", form, hint="Such as the inquiry or the claim. Nobody's name."),
        "covers": choices("covers", "What is on hold?", may_hold.options, form),
        "reason": writing("reason", "Why do these records have to stay?", form, rows=3),
        "review_on": drawn_day(
            "review_on", "By when is it reviewed?", form, hint="It lasts until somebody lifts it, past this day too."
        ),
    }


def _lifting(hold: Any, form: Form) -> dict[str, Any]:
    drawn = writing("words", "Why is it lifted?", form, rows=3)
    fault = form.faults.get(f"words-{hold.id}")
    return {
        "action": reverse("oversight:lift_hold", args=[hold.id]),
        "open": bool(form.faults),
        "words": {**drawn, "id": f"words-{hold.id}", **({"errorMessage": {"text": fault}} if fault else {})},
    }
