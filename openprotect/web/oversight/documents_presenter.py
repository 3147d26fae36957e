"""Documents, and where each organisation stands with them, as their templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from openprotect.governance.queries import DocumentView, VersionView
from openprotect.governance.rules import risks as rules
from openprotect.governance.scope import Scope
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.staff.forms import Form
from openprotect.web.staff.need_presenter import choices, writing

ANSWERED = {"accepted": "Accepted", "reservations": "Accepted with reservations", "declined": "Declined"}


def documents(found: Sequence[DocumentView], scope: Scope) -> dict[str, Any]:
    """The list."""
    return {
        "documents": [
            {
                "title": each.document.title,
                "kind": rules.settings().documents.get(each.document.kind, each.document.kind),
                "href": reverse("oversight:document", args=[each.document.id]),
                **_stands(each.versions[0], scope),
            }
            for each in found
        ],
        "may_record": scope.may("record.risks"),
    }


def _stands(view: VersionView, scope: Scope) -> dict[str, Any]:
    own = view.of(scope.organisation)
    asked = len(view.stands)
    have = "has" if view.accepted == 1 else "have"
    waiting = own is not None and own.answer is None
    return {
        "label": view.version.label,
        "sentence": f"{view.accepted} of {asked} {have} accepted version {view.version.label}"
        + ("; yours is waiting." if waiting else "."),
        "waiting": waiting,
    }


def document(found: DocumentView, form: Form, asked: Sequence[tuple[int, str]], scope: Scope) -> dict[str, Any]:
    """One document: the newest version with its table and forms, and the versions before."""
    newest = found.versions[0]
    own = newest.of(scope.organisation)
    before = {each.organisation.id for each in newest.stands}
    return {
        "title": found.document.title,
        "kind": rules.settings().documents.get(found.document.kind, found.document.kind),
        "id": found.document.id,
        "newest": {**_stands(newest, scope), **_version(newest)},
        "older": [{**_stands(each, scope), **_version(each)} for each in found.versions[1:]],
        "errors": tuple(Error(text, _place(name)) for name, text in form.faults.items()),
        "answering": own is not None,
        "answer": choices("answer", "What does your organisation say?", list(rules.ANSWERS.items()), form),
        "words": writing("words", "Your reservations, or why you decline", form, rows=3),
        "version": newest.version.id,
        "may_record": scope.may("record.risks"),
        "form": _fields(form, asked, chosen=before),
        "open": bool(form.faults.keys() & {"label", "what_changed", "organisations"}),
    }


def _version(view: VersionView) -> dict[str, Any]:
    return {
        "what_changed": view.version.what_changed,
        "by": view.version.made_by.name,
        "at": view.version.made_at,
        "rows": [
            {
                "organisation": each.organisation.name,
                "answer": ANSWERED[each.answer.answer] if each.answer else "Waiting",
                "words": each.answer.words if each.answer else "",
                "who": each.answer.by.name if each.answer else "",
                "at": each.answer.at if each.answer else None,
            }
            for each in view.stands
        ],
    }


def new(form: Form, asked: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """The form of a new document."""
    return {
        "errors": tuple(Error(text, _place(name)) for name, text in form.faults.items()),
        "title_box": _box("title", "Title", form),
        "kind": choices("kind", "What is it?", list(rules.settings().documents.items()), form),
        "form": _fields(form, asked, chosen=set()),
    }


def _fields(form: Form, asked: Sequence[tuple[int, str]], *, chosen: set[int]) -> dict[str, Any]:
    ticked = form.sent.getlist("organisations") if form.sent else [str(each) for each in chosen]
    return {
        "label": _box("label", "Version, as it stands on the document", form),
        "what_changed": writing("what_changed", "What it says, or what changed", form, rows=3),
        "organisations": {
            "idPrefix": "organisations",
            "name": "organisations",
            "fieldset": {"legend": {"text": "Who is asked?", "classes": "nhsuk-fieldset__legend--s"}},
            "items": [{"value": str(key), "text": name, "checked": str(key) in ticked} for key, name in asked],
            **({"errorMessage": {"text": form.faults["organisations"]}} if "organisations" in form.faults else {}),
        },
    }


def _box(name: str, label: str, form: Form) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "label": {"text": label, "classes": "nhsuk-label--s"},
        "value": form.sent.get(name, ""),
        "autocomplete": "off",
        **({"errorMessage": {"text": form.faults[name]}} if name in form.faults else {}),
    }


def _place(name: str) -> str:
    return f"#{name}"
