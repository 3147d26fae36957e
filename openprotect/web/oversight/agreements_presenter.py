"""Sharing agreements and exports as their templates draw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from openprotect.governance.facts.law import PURPOSES
from openprotect.governance.queries import Agreement
from openprotect.governance.rules.agreements import CATEGORIES, FIELDS, STANDINGS, limit
from openprotect.governance.scope import Scope
from openprotect.lib import london
from openprotect.people.rules import opt_out_limit, too_old
from openprotect.web.oversight.agreement_forms import drawn_day, line
from openprotect.web.shown import shown_date
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, writing

_COLOURS = {"live": "nhsuk-tag--green", "unsigned": "nhsuk-tag--yellow", "not_begun": "nhsuk-tag--blue",
            "basis_ended": "nhsuk-tag--red", "ended": "nhsuk-tag--grey"}  # fmt: skip
_STATES = {
    "asked": "Being made",
    "ready": "Ready",
    "collected": "Collected",
    "refused": "Refused",
    "expired": "Expired",
}
_SIDES = {"giver": "For the giver", "receiver": "For the receiver"}


def register(found: Sequence[Agreement], scope: Scope, *, opt_outs: Any | None) -> dict[str, Any]:
    """Every agreement, those that end first come first; those that are over come last.

    `opt_outs` is the last exchange with the national data opt-out service.
    """
    usable = opt_out_limit("may_be_used")
    over = [each for each in found if each.standing == "ended"]
    return {
        "agreements": [_line(each, scope.now) for each in [*(f for f in found if f.standing != "ended"), *over]],
        "exchange": opt_outs,
        "stale": too_old(opt_outs.sent_at if opt_outs else None, usable, now=scope.now),
        "usable": str(usable),
        "new": reverse("oversight:new_agreement") if scope.may("manage.agreements") else "",
    }


def one(found: Agreement, exports: Iterable[Any], scope: Scope, form: Form | None = None) -> dict[str, Any]:
    """One agreement: its terms, who signed, what was exported under it, and what may be done with it."""
    form = form or Form()
    row = found.row
    keeps = scope.may("manage.agreements") and found.standing not in ("ended", "basis_ended")
    open_sides = [(side, _SIDES[side]) for side in _SIDES if side not in found.signed]
    forms: dict[str, Any] = {}
    if keeps and open_sides:
        forms["sign"] = {
            "side": choices("side", "Who signed?", open_sides, form),
            "name": line("name", "Name", form),
            "post": line("post", "Post", form, hint="Such as Caldicott guardian, or chief executive."),
            "words": writing("words", "The words that they signed", form, rows=3),
            "signed_on": drawn_day("signed_on", "When did they sign?", form),
        }
    if keeps:
        forms["end"] = {"why": line("why", "Why does it end?", form)}
    for verb, drawn in forms.items():
        drawn["action"] = reverse("oversight:change_agreement", args=[row.id, verb])
        drawn["open"] = any(fault in drawn for fault in form.faults)
    return {
        "errors": form.errors,
        "agreement": _line(found, scope.now),
        "basis": row.basis,
        "purpose": PURPOSES.get(row.purpose, row.purpose),
        "owner": row.owner,
        "review_on": row.review_on,
        "ended_because": row.ended_because,
        "beyond_care": found.beyond_care,
        "categories": _categories(row.fields),
        "signatures": [
            {"side": _SIDES[each.side], "name": each.name, "post": each.post, "words": each.words, "on": each.signed_on}
            for each in row.signatures.all()
        ],
        "forms": forms,
        "exports": [_export(each, scope) for each in exports],
    }


def new(found: Mapping[str, Any], bases: Sequence[Any], form: Form) -> dict[str, Any]:
    """The form of a new agreement; `found` are the organisations to choose from, for each side."""
    chosen = form.sent.getlist("fields")
    fields = {
        "idPrefix": "fields",
        "name": "fields",
        "fieldset": {"legend": {"text": "What may be given?", "classes": "nhsuk-fieldset__legend--s"}},
        "items": [
            {"value": field.key, "text": field.label, "checked": field.key in chosen,
             "hint": {"text": "What they are ill with: only where the purpose needs it."}
             if field.category == "reasons" else None}
            for field in FIELDS.values()
        ],
    }  # fmt: skip
    if "fields" in form.faults:
        fields["errorMessage"] = {"text": form.faults["fields"]}
    stated = [(b.id, f"{b.title} (for {PURPOSES.get(b.purpose, b.purpose).lower()}{_until(b.ends_at)})") for b in bases]
    return {
        "errors": form.errors,
        "title_line": line("title", "What is this agreement about?", form),
        "giver": _organisation("giver", "Who gives?", found["giver"], form),
        "receiver": _organisation("receiver", "Who receives?", found["receiver"], form),
        "basis_choice": choices("basis", "Which legal basis does it rest on?", stated, form),
        "purpose_line": choices("purpose", "What are the records given for?", list(PURPOSES.items()), form),
        "fields": fields,
        "owner_line": line("owner", "Who owns this agreement?", form, hint="A person with a name, who answers for it."),
        "starts_on": drawn_day("starts_on", "From which day?", form),
        "ends_on": drawn_day("ends_on", "Until and with which day?", form, hint="No later than the legal basis ends."),
        "review_on": drawn_day("review_on", "When is it reviewed?", form),
    }


def exports(
    open_to_me: Sequence[Agreement], found: Iterable[Any], scope: Scope, form: Form | None = None
) -> dict[str, Any]:
    """What was asked for, and the form to ask for more."""
    form = form or Form()
    offered = [
        (each.row.id, f"{each.row.title}: to {each.row.receiver.name}, until {shown_date(each.row.ends_at)}")
        for each in open_to_me
    ]
    return {
        "errors": form.errors,
        "exports": [_export(each, scope) for each in found],
        "kept": str(limit("export_is_kept")),
        "form": {
            "agreement": choices("agreement", "Under which agreement?", offered, form),
            "reason": writing("reason", "What is the file for?", form, rows=3,
                              hint="It is kept with the file, and whoever reviews exports reads it."),
        } if offered else None,
    }  # fmt: skip


def _line(found: Agreement, now: datetime) -> dict[str, Any]:
    row = found.row
    review = found.standing == "live" and limit("review_is_announced").before(row.review_on) <= london.today(now)
    return {
        "id": row.id,
        "title": row.title,
        "href": reverse("oversight:agreement", args=[row.id]),
        "giver": row.giver.name,
        "receiver": row.receiver.name,
        "purpose": PURPOSES.get(row.purpose, row.purpose),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "owner": row.owner,
        "standing": {"text": STANDINGS[found.standing], "classes": _COLOURS[found.standing]},
        "review": f"To be reviewed by {shown_date(row.review_on)}" if review else "",
    }


def _categories(fields: Sequence[str]) -> list[dict[str, Any]]:
    named = [FIELDS[name] for name in fields if name in FIELDS]
    return [
        {"text": text, "fields": ", ".join(field.label for field in named if field.category == key)}
        for key, text in CATEGORIES.items()
        if any(field.category == key for field in named)
    ]


def _export(row: Any, scope: Scope) -> dict[str, Any]:
    mine = str(row.asked_by_id) == scope.actor
    gone = row.expires_at is not None and row.expires_at <= scope.now
    left_out: Mapping[str, int] = {
        "restricted": row.restricted,
        "national data opt-out": row.opted_out,
        "objected": row.objected,
        "died": row.died,
        "out of the asker's scope": row.not_seen,
    }
    return {
        "title": row.agreement.title,
        "to": row.agreement.receiver.name,
        "asked_at": row.asked_at,
        "asked_by": row.asked_by.name,
        "reason": row.reason,
        "state": _STATES[row.state],
        "why": row.refused_because,
        "made": row.made_at is not None,
        "rows_in": row.rows_in,
        "exported": row.exported,
        "left_out": [f"{number} {word}" for word, number in left_out.items() if number],
        "expires_at": row.expires_at,
        "collect": reverse("oversight:collect_export", args=[row.id])
        if mine and not gone and row.state in ("ready", "collected")
        else "",
    }


def _until(ends_at: datetime | None) -> str:
    return f", until {shown_date(ends_at)}" if ends_at else ""


def _organisation(name: str, legend: str, found: Any, form: Form) -> dict[str, Any]:
    """A search for an organisation, and what it found to choose from. It works without a script."""
    search, looked = f"{name}_search", bool(form.sent.get(f"{name}_search", "").strip())
    hint = "Part of its name, or the beginning of its ODS code."
    options = [(each.id, f"{each.name} ({each.code})") for each in found.rows]
    said = ""
    if looked and not found.rows:
        said = "Nothing was found. Look for another part of the name, or for the code."
    elif found.more:
        said = f"These are the first {len(found.rows)}: type more of the name for others." if found.rows else ""
    return {
        "search": {
            **line(search, f"{legend} Look for the organisation", form, hint=hint),
            "spellcheck": False,
            "autocomplete": "off",
        },
        "look": {
            "text": "Look",
            "name": "look",
            "value": name,
            "variant": "secondary",
            "classes": "nhsuk-u-margin-top-3",
            "attributes": {
                "formaction": f"{reverse('oversight:new_agreement')}#{search}",
                "aria-label": f"Look: {legend}",
            },
        },
        "said": said,
        "choices": choices(name, legend, options, form) if options else None,
        # Where there is nothing to choose from yet, what is missing is said beside the search.
        "fault": form.faults.get(name, "") if not options else "",
        "id": name,
    }
