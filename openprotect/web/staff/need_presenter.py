"""One call to action as its template draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from openprotect.governance.scope import Scope
from openprotect.journey.act.queries import CallToActionView
from openprotect.journey.check_in import rules
from openprotect.journey.check_in.queries import Answered
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions import Pack
from openprotect.web.questionnaire import answered
from openprotect.web.shown import shown_opening, shown_telephone
from openprotect.web.staff import words, worklist_presenter
from openprotect.web.staff.forms import Form

MACHINE = "OpenProtect"
_PHONES = ("mobile", "landline")


def need(
    found: CallToActionView, *, scope: Scope, names: Mapping[tuple[str, datetime], str], form: Form | None = None
) -> dict[str, Any]:
    """The page: facts first, then what may be done, then the whole story. `names` are those of who acted when."""
    return {
        "need": worklist_presenter.row(found.row, scope.now),
        "closed": found.outcome_label,
        "advice": found.advice,
        "team_there": shown_opening(found.opening, scope.now),
        "restricted": found.restricted,
        "why_listed": reverse("staff:why_listed", args=[found.row.person]) if _may_see_why(found, scope) else "",
        "reach": [way(point) for point in found.contact_points],
        "mind": minded(found.needs),
        "rules": _rules(found),
        "version": found.explained.version if found.explained else "",
        "approved": found.answered is not None and _pack(found.answered).programme.clinically_approved,
        "answered": answers(found.answered, private=scope.may("see.answers")),
        "said": said(found.answered),
        "answers_hidden": not scope.may("see.answers"),
        "referrals": [_referral(found, each) for each in found.referrals],
        "history": _history(found, names),
        "errors": form.errors if form else (),
        "forms": _forms(found, scope, form or Form()),
    }


def _may_see_why(found: CallToActionView, scope: Scope) -> bool:
    """Not of somebody whose record is open in an emergency: why they were found is nothing to save a life by."""
    return scope.may("see.reasons") and scope.emergency != found.row.person


def minded(needs: Iterable[Any]) -> list[str]:
    """What to mind about a person, in words."""
    lines = []
    for each in needs:
        word = words.MIND.get(each.kind, each.kind.replace("_", " ").capitalize())
        lines.append(f"{word}: {each.detail}" if each.detail else word)
    return lines


def choices(
    name: str, legend: str, options: Sequence[tuple[object, str]], form: Form, *, hint: str = "", chosen: object = ""
) -> dict[str, Any]:
    """The parameters of radios: what was sent is chosen, what is wrong is said."""
    sent = form.sent.get(name, str(chosen))
    params: dict[str, Any] = {
        "idPrefix": name,
        "name": name,
        "fieldset": {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}},
        "items": [{"value": str(value), "text": text, "checked": str(value) == sent} for value, text in options],
    }
    return params | _beside(name, form, hint)


def writing(name: str, label: str, form: Form, *, hint: str = "", rows: int = 4) -> dict[str, Any]:
    """The parameters of a box to write in."""
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "value": form.sent.get(name, ""),
        "rows": rows,
    } | _beside(name, form, hint)


def _beside(name: str, form: Form, hint: str) -> dict[str, Any]:
    return {
        **({"hint": {"text": hint}} if hint else {}),
        **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
    }


def _forms(found: CallToActionView, scope: Scope, form: Form) -> dict[str, Any]:
    """The forms of what the state and the reader's role allow; nothing else is drawn."""
    possible = found.possible if scope.may("act.calls_to_action") else frozenset()
    made: dict[str, Any] = {}
    if "acknowledge" in possible:
        made["accept"] = {}
    if "note" in possible:
        made["note"] = {"text": writing("text", "Your note", form, hint="The next reader sees it, with your name.")}
    if "refer" in possible and found.partners:
        partners = [(each.id, each.name) for each in found.partners]
        hint = "They see this, the person's name, telephone and address, and nothing else."
        made["refer"] = {
            "organisation": choices("organisation", "Refer to", partners, form),
            "asked": writing("asked", "What do you ask of them?", form, hint=hint),
        }
    if "close" in possible:
        outcomes = [(each.code, each.label) for each in found.category.outcomes]
        made["close"] = {"outcome": choices("outcome", "What was the outcome?", outcomes, form)}
    for verb, drawn in made.items():
        drawn["action"] = reverse("staff:act_on", args=[found.row.id, verb])
        drawn["open"] = any(fault in drawn for fault in form.faults)
    return made


def way(point: Any) -> dict[str, Any]:
    phone = point.kind in _PHONES
    return {
        "kind": words.REACH[point.kind],
        "lines": [shown_telephone(point.value)] if phone else point.value.splitlines(),
        "href": f"tel:{point.value}" if phone else "",
        "quality": point.quality,
    }


def _rules(found: CallToActionView) -> list[dict[str, Any]]:
    """The rows of the decision table behind this need, each with what it read in words."""
    if not found.explained or not found.answered:
        return []
    table = _pack(found.answered).triage
    inputs = {each.column: each for each in table.inputs}
    questionnaire = found.answered.questionnaire

    def read(column: str, value: Any) -> dict[str, str]:
        item = questionnaire.item(inputs[column].question)
        assert item is not None, "the pack was checked"
        unanswered = isinstance(value, str) and value in inputs[column].no_value and not item.option(value)
        words = () if unanswered else answered.lines(item, value)
        return {"question": item.text, "answer": ", ".join(words) or "Not answered"}

    made = [
        {"id": fired["row_id"], "why": fired["why"], "read": [read(*each) for each in _values(fired)]}
        for fired in found.explained.fired
        if fired["category"] == found.category.key and fired["urgency"] != "none"
    ]
    if found.explained.cannot_assess and found.category.key == table.cannot_assess[0]:
        missing = [read(column, None) for column in found.explained.cannot_assess]
        made.append({"id": "", "why": "Not everything could be assessed", "read": missing})
    return made


def _pack(given: Answered) -> Pack:
    return programmes.pack(given.pack_version)


def _values(fired: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return fired["read"].items()


def answers(given: Answered | None, *, private: bool) -> tuple[answered.AnsweredTopic, ...]:
    if given is None:
        return ()
    return answered.topics(
        rules.visible_pages(given.questionnaire, given.answers),
        given.answers,
        asked=lambda page: rules.enabled_within(page.group, given.answers),
        private=private,
    )


def said(given: Answered | None) -> dict[str, Any]:
    if given is None:
        return {}
    return {"at": given.submitted_at, "by": words.ANSWERED_BY[given.answered_by]}


def _referral(found: CallToActionView, each: Any) -> dict[str, Any]:
    return {
        "organisation": each.organisation.name,
        "asked": each.asked,
        "status": words.REFERRAL_STATUS[each.status],
        "sent_at": each.sent_at,
        "words": [
            {"at": step.at, "what": words.PARTNER_DID[step.what], "text": step.text}
            for step in found.referral_steps.get(each.id, ())
            if step.what != "sent"
        ],
        "outcome": _partner_outcome(each),
    }


def _partner_outcome(each: Any) -> str:
    outcomes = programmes.pack(each.pack_version_id).act.partner_outcomes
    return next((outcome.label for outcome in outcomes if outcome.code == each.outcome), "")


def _history(found: CallToActionView, names: Mapping[tuple[str, datetime], str]) -> list[dict[str, Any]]:
    """Everything that happened and everything that was written, oldest first."""
    steps = [
        {
            "at": step.at,
            "who": names.get((step.by, step.at), MACHINE),
            "what": f"Closed: {found.outcome_label}" if step.what == "close" else words.DONE[step.what],
            "text": "",
        }
        for step in found.steps
    ]
    notes = [
        {"at": note.at, "who": names.get((note.by, note.at), MACHINE), "what": "Note", "text": note.text}
        for note in found.notes
    ]
    return sorted((*steps, *notes), key=lambda each: each["at"])
