"""What people ask about their records, as its templates draw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from openprotect.governance.scope import Scope
from openprotect.people.rights import Request
from openprotect.people.rules import routes
from openprotect.web.oversight.agreement_forms import drawn_day, line
from openprotect.web.shown import shown_date
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, writing


def register(found: Sequence[Request]) -> dict[str, Any]:
    """Every request, what is due first comes first."""
    lines = [_line(each) for each in found]
    return {
        "requests": lines,
        "counts": [
            {"number": sum(not each["closed"] for each in lines), "text": "open"},
            {"number": sum(each["to_be_erased"] for each in lines), "text": "to be erased"},
            {"number": sum(each["overdue"] for each in lines), "text": "overdue"},
        ],
    }


def new(form: Form) -> dict[str, Any]:
    """The form of a request that came in."""
    kinds = [(kind, f"{route.label} ({_clock(route)})") for kind, route in routes().items()]
    return {
        "errors": form.errors,
        "kind": choices("kind", "What do they ask for?", kinds, form),
        "who": line("who", "Who asks?", form, hint="Their name, and for whom if not for themselves."),
        "reply_to": writing("reply_to", "Where does the answer go?", form, rows=3),
        "asked": writing("asked", "What do they ask, in their words?", form),
        "nhs_number": line("nhs_number", "NHS number, if they gave it", form),
        "received_on": drawn_day("received_on", "When was it received?", form, hint="The clock runs from that day."),
    }


def one(
    found: Request, files: Iterable[Any], names: Mapping[str, str], scope: Scope, form: Form | None = None
) -> dict[str, Any]:
    """One request: what is asked, by when, what was done, and what may be done."""
    form, row, route = form or Form(), found.row, found.route
    forms: dict[str, Any] = {}
    if row.closed_at is None:
        if row.acknowledged_at is None:
            forms["acknowledge"] = {"told": line("told", "How were they told that we have it?", form)}
        if row.identity_checked_at is None:
            forms["identity"] = {"how": line("how", "How was their identity checked?", form)}
        if row.person_id is None:
            forms["person"] = {"nhs_number": line("nhs_number", "NHS number", form)}
        if route.extend is not None and not row.extended_because and not found.overdue:
            forms["extend"] = {"why": line("why", "Why does it take longer? They are told this.", form)}
        forms["note"] = {"words": writing("words", "What was done?", form, rows=3)}
        forms["answer"] = {
            "outcome": choices("outcome", "What came of it?", list(route.outcomes.items()), form),
            "answer": writing("answer", "What were they told?", form, rows=3),
        }
    for verb, drawn in forms.items():
        drawn["open"] = any(fault in drawn for fault in form.faults)
        drawn["action"] = reverse("oversight:change_request", args=[row.id, verb])
    may_ask = row.closed_at is None and row.kind == "access" and row.person_id and row.identity_checked_at
    return {
        "errors": form.errors,
        "asks": _line(found),
        "who": row.who,
        "reply_to": row.reply_to,
        "asked": row.asked,
        "owner": route.owner,
        "source": route.source,
        "person": row.person_id,
        "acknowledge_by": row.acknowledge_by,
        "acknowledged_at": row.acknowledged_at,
        "extended_because": row.extended_because,
        "identity_checked_at": row.identity_checked_at,
        "asks_identity": route.identity,
        "steps": [
            {"at": step.at, "what": step.what.capitalize(), "words": step.words, "by": names.get(step.by, "OpenProtect")}
            for step in found.steps
        ],
        "forms": forms,
        "to_be_erased": found.to_be_erased,
        "erase": _erasing(found, form) if found.to_be_erased and _is_second(found, scope) else None,
        "ask_file": reverse("oversight:change_request", args=[row.id, "file"]) if may_ask else "",
        "files": [
            {
                "state": {"asked": "Being made", "ready": "Ready", "collected": "Collected", "refused": "Refused",
                          "expired": "Expired"}[file.state],
                "why": file.refused_because,
                "asked_at": file.asked_at,
                "expires_at": file.expires_at,
                "collect": reverse("oversight:collect_export", args=[file.id])
                if _to_be_given(file, scope) and str(file.asked_by_id) != scope.actor else "",
                "needs_second": _to_be_given(file, scope) and str(file.asked_by_id) == scope.actor,
            }
            for file in files
        ],
    }  # fmt: skip


def _to_be_given(file: Any, scope: Scope) -> bool:
    return file.state in ("ready", "collected") and file.expires_at > scope.now


def _is_second(found: Request, scope: Scope) -> bool:
    answered = [step.by for step in found.steps if step.what == "answered"]
    return scope.may("manage.retention") and answered[-1:] != [scope.actor]


def _erasing(found: Request, form: Form) -> dict[str, Any]:
    said = [{"value": "yes", "text": "I have looked at this request and its answer myself, and no law asks us to keep the record",
             "checked": form.sent.get("sure") == "yes"}]  # fmt: skip
    return {
        "action": reverse("oversight:change_request", args=[found.row.id, "erase"]),
        "sure": {
            "idPrefix": "sure",
            "name": "sure",
            "items": said,
            **({"errorMessage": {"text": form.faults["sure"]}} if "sure" in form.faults else {}),
        },
    }


def _line(found: Request) -> dict[str, Any]:
    row = found.row
    closed = row.closed_at is not None
    late = found.overdue or found.acknowledgement_overdue
    outcome = found.route.outcomes.get(row.outcome, row.outcome)
    return {
        "id": row.id,
        "href": reverse("oversight:request", args=[row.id]),
        "label": found.route.label,
        "who": row.who,
        "received_on": row.received_on,
        "due_on": row.due_on,
        "closed": closed,
        "to_be_erased": found.to_be_erased,
        "overdue": late,
        "standing": {
            "text": "Overdue: upheld, not erased yet"
            if found.to_be_erased and found.overdue
            else outcome
            if closed
            else "Overdue"
            if found.overdue
            else "Not acknowledged in time"
            if late
            else "Open",
            "classes": "nhsuk-tag--red"
            if late
            else "nhsuk-tag--orange"
            if found.to_be_erased
            else "nhsuk-tag--grey"
            if closed
            else "nhsuk-tag--blue",
        },
        "extended": bool(row.extended_because),
        "due": f"Answer by {shown_date(row.due_on)}",
    }


def _clock(route: Any) -> str:
    told = f"acknowledge in {route.acknowledge} working days, " if route.acknowledge else ""
    return f"{told}answer in {route.answer}"
