"""The register of risks and one risk as their templates draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.governance.queries import RiskView
from openprotect.governance.queries.risks import FILTERS, PAGE
from openprotect.governance.rules import risks as rules
from openprotect.governance.scope import Scope
from openprotect.web.oversight.risk_forms import DISSENTS, PARTS
from openprotect.web.questionnaire import presenter
from openprotect.web.shown import shown_span
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, writing

SHOW = {"open": "Wait for a decision", "decided": "Decided", "overdue": "Overdue for review", "all": "All"}
STATUS = {"open": "Waits for a decision", "going": "Going on at this risk", "stopped": "Stopped", "closed": "Over"}
DID = {"decided": "Decided", "reviewed": "Reviewed", "suspended": "Suspended: nobody reviewed it in time"}
LABELS = {
    "what": "What could go wrong?",
    "why_now": "Why does it need a decision now?",
    "who_harmed": "Who could be harmed, and how?",
    "mitigations": "What is done so that it does not happen?",
    "stop_rule": "When would we stop?",
}
# Where the error summary leads: to the first control of a field that has several.
PLACES = {"review_by": "#review_by-day", "basis": "#basis", "dissents": "#dissent-name-1"}


def asked(sent: QueryDict) -> tuple[str, int | None]:
    """Which risks the reader wants to see, and from before which."""
    which, before = sent.get("show", ""), sent.get("before", "")
    return (which if which in FILTERS else "all"), (int(before) if before.isdecimal() and len(before) < 19 else None)


def register(
    found: Sequence[Any], taken: Mapping[str, rules.Taken], *, which: str, before: int | None, scope: Scope
) -> dict[str, Any]:
    """A page of the register."""
    shown = found[:PAGE]
    address = reverse("oversight:risks")
    kinds = rules.settings().kinds
    return {
        "rows": [_row(each, scope) for each in shown],
        "filters": [
            {"text": text, "href": f"{address}?{urlencode({'show': key})}", "current": key == which}
            for key, text in SHOW.items()
        ],
        "taken": [
            {
                "kind": kinds.get(kind, "All"),
                "decisions": each.decisions,
                "median": shown_span(each.median) or "under a minute",
                "longest": shown_span(each.longest) or "under a minute",
            }
            for kind, each in taken.items()
        ],
        "onward": f"{address}?{urlencode({'show': which, 'before': shown[-1].id})}" if len(found) > PAGE else "",
        "may_record": scope.may("record.risks"),
    }


def _row(risk: Any, scope: Scope) -> dict[str, Any]:
    settings = rules.settings()
    activity = settings.activities.get(risk.activity_kind, risk.activity_kind)
    suspended = rules.is_suspended(risk.status, risk.review_by, scope.now)
    return {
        "href": reverse("oversight:risk", args=[risk.id]),
        "number": risk.id,
        "what": risk.what,
        "kind": settings.kinds.get(risk.kind, risk.kind),
        "status": STATUS[risk.status],
        "suspended": suspended and risk.activity_kind != "none",
        "overdue": risk.status == rules.GOING and suspended,
        "review_by": risk.review_by,
        "recorded_at": risk.recorded_at,
        "activity": f"{activity}: {risk.activity_key}" if risk.activity_key else activity,
        "waited": shown_span((risk.decided_at or scope.now) - risk.recorded_at) or "under a minute",
    }


def new(form: Form) -> dict[str, Any]:
    """The form of a risk."""
    settings = rules.settings()
    return {
        "errors": _errors(form),
        "fields": [writing(name, label, form, rows=2) for name, label in LABELS.items()],
        "kind": choices("kind", "What kind of risk is it?", list(settings.kinds.items()), form),
        "money": [
            _input("amount", "Amount in pounds, for a financial risk", form),
            _input("cap", "Cap in pounds", form),
            _input("carried_by", "Who carries it", form),
        ],
        "activity_kind": choices(
            "activity_kind", "What does the decision let go on?", list(settings.activities.items()), form,
            hint="It stops by itself when nobody reviews the decision in time.",
        ),
        "activity_key": _input("activity_key", "Its key or number, such as covid-protect", form),
    }  # fmt: skip


def _input(name: str, label: str, form: Form) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "value": form.sent.get(name, ""),
        "classes": "nhsuk-u-width-one-half",
        "autocomplete": "off",
        **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
    }


def one(found: RiskView, form: Form, *, bases: Sequence[tuple[int, str]], scope: Scope) -> dict[str, Any]:
    """One risk, its history, and the form of what its state and the reader's role allow."""
    risk = found.risk
    deciding = scope.may("decide.risks") and risk.status == rules.OPEN
    reviewing = scope.may("decide.risks") and risk.status in (rules.GOING, rules.STOPPED)
    outcomes = rules.DECISIONS if deciding else rules.REVIEWS
    review_by: dict[str, Any] = presenter.date_input("review_by", "", fault="review_by" in form.faults)
    for item, part in zip(review_by["items"], PARTS, strict=True):
        item["value"] = form.sent.get(f"review_by-{part}", "")
    review_by["fieldset"] = {"legend": {"text": "If it goes on: reviewed by", "classes": "nhsuk-fieldset__legend--s"}}
    if "review_by" in form.faults:
        review_by["errorMessage"] = {"text": form.faults["review_by"]}
    return {
        "risk": _row(risk, scope),
        "said": [(label, getattr(risk, name)) for name, label in LABELS.items() if name != "what"],
        "money": risk.amount and f"£{risk.amount:,.2f}, capped at £{risk.cap:,.2f}, carried by {risk.carried_by}",
        "recorded_by": risk.recorded_by.name,
        "steps": [_step(step) for step in found.steps],
        "errors": _errors(form),
        "action": reverse("oversight:decide_risk" if deciding else "oversight:review_risk", args=[risk.id]),
        "deciding": deciding,
        "reviewing": reviewing,
        "outcome": choices("outcome", "What do you decide?", list(outcomes.items()), form),
        "words": writing("words", "Why, in your words", form),
        "review_by": review_by,
        "basis": _basis(bases, form),
        "without_basis": _input("without_basis", "If it rests on none, why", form),
        "dissents": [
            [
                _input(f"dissent-{part}-{n}", f"{text} ({n})", form)
                for part, text in (("name", "Name"), ("role", "Role"), ("words", "What they said"))
            ]
            for n in range(1, DISSENTS + 1)
        ],
        "dissents_open": "dissents" in form.faults or bool(form.values.get("dissents")),
    }


def _basis(bases: Sequence[tuple[int, str]], form: Form) -> dict[str, Any]:
    sent = form.sent.get("basis", "")
    options = [("", "None of the register"), *((str(key), title) for key, title in bases)]
    return {
        "id": "basis",
        "name": "basis",
        "label": {"text": "Legal basis", "classes": "nhsuk-label--s"},
        "items": [{"value": value, "text": text, "selected": value == sent} for value, text in options],
        **({"errorMessage": {"text": form.faults["basis"]}} if "basis" in form.faults else {}),
    }


def _step(step: Any) -> dict[str, Any]:
    outcomes = rules.DECISIONS if step.what == "decided" else rules.REVIEWS
    return {
        "what": DID[step.what],
        "outcome": outcomes.get(step.outcome, ""),
        "at": step.at,
        "who": step.by.name if step.by else "OpenProtect",
        "words": step.words,
        "basis": step.basis.title if step.basis else "",
        "without_basis": step.without_basis,
        "review_by": step.review_by,
        "dissents": [vars(each) for each in step.dissents.all()],
    }


def _errors(form: Form) -> tuple[presenter.Error, ...]:
    return tuple(presenter.Error(text, PLACES.get(name, f"#{name}")) for name, text in form.faults.items())
