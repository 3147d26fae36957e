"""What a form sent, as `check_in.rules` reads it, and as it is drawn again where it was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from openprotect.programmes.definitions.questionnaire import Item, Page

OTHER = "_other"
"""The choice "Something else" of an open choice; what was typed stands in `<name>-other`."""

PARTS = ("day", "month", "year")

Form = Mapping[str, list[str]]


def questions(page: Page) -> tuple[Item, ...]:
    """Every question of a page, nested ones too, in order."""
    return tuple(item for top in page.items for item in top.within() if item.is_question)


def form(page: Page, sent: QueryDict, saved: Mapping[str, Any]) -> Form:
    """The form of one page. "Something else" becomes what was typed beside it.

    A private answer is never shown again, so its empty question does not mean that it was taken
    back: what was saved for it is put in.
    """
    raw = {name: [str(value) for value in values] for name, values in sent.lists()}
    for item in questions(page):
        name = item.link_id
        if OTHER in raw.get(name, ()):
            typed = raw.get(f"{name}-other", [])
            raw[name] = [value for value in raw[name] if value != OTHER] + typed
        if item.private and name in saved and not any(_inputs(item, raw)):
            raw[name] = _as_sent(saved[name])
    return raw


def drawn_again(items: Iterable[Item], raw: Form) -> dict[str, Any]:
    """What was sent, by question, to be drawn with its errors: nothing is typed twice."""
    values: dict[str, Any] = {}
    for item in items:
        sent = raw.get(item.link_id, [])
        if item.type == "date" and not sent:
            parts = [next(iter(raw.get(f"{item.link_id}-{part}", [])), "") for part in PARTS]
            values[item.link_id] = "-".join(reversed(parts))
        elif sent:
            values[item.link_id] = sent if item.repeats else sent[0]
    return values


def _inputs(item: Item, raw: Form) -> Iterable[str]:
    names = (item.link_id, *(f"{item.link_id}-{part}" for part in PARTS))
    return (value for name in names for value in raw.get(name, []))


def _as_sent(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [str(value).lower() if isinstance(value, bool) else str(value)]
