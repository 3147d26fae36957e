"""What was answered, by topic: for checking before it is sent, and for whoever acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from openprotect.programmes.definitions.questionnaire import Item, Page
from openprotect.web.shown import shown_date


@dataclass(frozen=True)
class Row:
    """A question, its answer in lines (none where it was not answered) and where to change it."""

    question: str
    lines: tuple[str, ...]
    change: str = ""


@dataclass(frozen=True)
class AnsweredTopic:
    """A page of the questionnaire, "" for one without a title, and what was answered on it."""

    title: str
    rows: tuple[Row, ...]


def topics(
    pages: Iterable[Page],
    answers: Mapping[str, Any],
    *,
    asked: Callable[[Page], Iterable[Item]],
    change: Callable[[str], str] | None = None,
    private: bool = False,
) -> tuple[AnsweredTopic, ...]:
    """The pages with each of their items that was asked; `change` gives the address of a page.

    Private answers show only with `private`: to those who act on them, never where they were given.
    """
    made = (
        AnsweredTopic(
            page.title,
            tuple(
                Row(item.text, lines(item, answers.get(item.link_id)), change(page.id) if change else "")
                for item in asked(page)
                if item.is_question and (private or not item.private)
            ),
        )
        for page in pages
    )
    return tuple(topic for topic in made if topic.rows)


def lines(item: Item, value: Any) -> tuple[str, ...]:
    """An answer in the words of its question."""
    if value is None or value == "" or value == []:
        return ()
    display = {option.code: option.display for option in item.options}
    if isinstance(value, list):
        return tuple(display.get(each, str(each)) for each in value)
    if isinstance(value, bool):
        return ("Yes" if value else "No",)
    if item.type == "date":
        return (shown_date(value if isinstance(value, date) else date.fromisoformat(value)),)
    return (display.get(value, str(value)),)
