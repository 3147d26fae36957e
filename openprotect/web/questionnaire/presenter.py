"""One page of a questionnaire as what a template draws: components with their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html

from openprotect.programmes.definitions.questionnaire import Item, Option, Page
from openprotect.web.questionnaire.posted import OTHER, PARTS, questions

_FOLLOW_UPS = 9  # openprotect.css knows so many on one page; further ones are simply shown
_YES_NO = (("true", "Yes"), ("false", "No"))
_ALREADY = "If you answered it before, leave it empty to keep that answer."


@dataclass(frozen=True)
class Error:
    """A line of the error summary and the place that it leads to."""

    text: str
    href: str


@dataclass(frozen=True)
class Field:
    """One question: a component and its parameters, a group of fields, or a text to be read.

    `typed` says that the parameters hold a person's own words. `follow_up` is the number under
    which the choices of another question open this one, 0 where it is simply there.
    `emergencies` are the choices that mean 999.
    """

    text: str
    component: str = ""
    params: Mapping[str, Any] | None = None
    typed: bool = False
    follow_up: int = 0
    emergencies: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Topic:
    """A page of the questionnaire. Where it is one question alone, that is its `heading`."""

    id: str
    title: str
    heading: str
    fields: tuple[Field, ...]
    errors: tuple[Error, ...] = ()


def topic(
    page: Page,
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    *,
    asked: Callable[[Item], bool],
) -> Topic:
    """The page with these values in it: saved answers, or what was sent where it had errors.

    `asked` says whether an item is enabled by what was answered so far. A private question is
    drawn empty whatever its value.
    """
    faults = errors or {}
    drawing = _Drawing(page, values, faults, asked)
    lines = tuple(
        Error(faults[item.link_id], f"#{_first_input(item)}") for item in questions(page) if item.link_id in faults
    )
    title = page.title or page.items[0].text
    return Topic(page.id, title, page.title, drawing.fields(page.items), lines)


class _Drawing:
    def __init__(
        self,
        page: Page,
        values: Mapping[str, Any],
        errors: Mapping[str, str],
        asked: Callable[[Item], bool],
    ) -> None:
        self.values, self.errors, self.asked = values, errors, asked
        self.here = {item.link_id for item in questions(page)}
        self.alone = page.items[0] if not page.title else None
        self.opened_by = _opened_by(page)

    def fields(self, items: Iterable[Item]) -> tuple[Field, ...]:
        return tuple(self.field(item) for item in items if self.may_be_asked(item))

    def may_be_asked(self, item: Item) -> bool:
        """What hangs on another answer of this page is drawn: that answer may still change."""
        hangs_here = any(each.question in self.here for each in item.enable_when)
        return hangs_here or self.asked(item)

    def field(self, item: Item) -> Field:
        follow_up = next((n for n, (link, _) in self.opened_by.items() if link == item.link_id), 0)
        if item.type == "group":
            return Field(item.text, follow_up=follow_up, fields=self.fields(item.items))
        draw = _COMPONENTS.get(item.type)
        if draw is None:
            return Field(item.text, follow_up=follow_up)
        value = None if item.private else self.values.get(item.link_id)
        name, own = draw(self, item, value)
        own["fieldset" if name in _GROUPED else "label"] = self.question(item, grouped=name in _GROUPED)
        hint = " ".join(part for part in (own.pop("hint", ""), item.help, _ALREADY if item.private else "") if part)
        return Field(
            item.text,
            name,
            {
                **own,
                **({"hint": {"text": hint}} if hint else {}),
                **({"errorMessage": {"text": fault}} if (fault := self.errors.get(item.link_id)) else {}),
            },
            typed=name in ("input", "textarea", "date-input") or item.type == "open-choice",
            follow_up=follow_up,
            emergencies=tuple(option.display for option in item.options if option.emergency),
            fields=self.fields(item.items),
        )

    def question(self, item: Item, *, grouped: bool) -> dict[str, Any]:
        first = item is self.alone
        classes = f"nhsuk-{'fieldset__legend' if grouped else 'label'}--{'l' if first else 'm'}"
        words = {"text": item.text, "classes": classes, "isPageHeading": first}
        return {"legend": words} if grouped else words

    def choices(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        chosen = set(value) if isinstance(value, list) else {value}
        items: list[dict[str, Any]] = []
        for option in item.options:
            if option.exclusive and items:
                items.append({"divider": "or"})
            items.append(self.choice(item, option, chosen))
        common = {"idPrefix": item.link_id, "name": item.link_id, "items": items}
        return ("checkboxes" if item.repeats else "radios"), common

    def choice(self, item: Item, option: Option, chosen: set[Any]) -> dict[str, Any]:
        opens = " ".join(
            str(number) for number, (_, triggers) in self.opened_by.items() if (item.link_id, option.code) in triggers
        )
        attributes = {
            **({"data-emergency": "yes"} if option.emergency else {}),
            **({"data-opens": opens} if opens else {}),
        }
        return {
            "value": option.code,
            "text": option.display,
            "checked": option.code in chosen,
            **({"attributes": attributes} if attributes else {}),
            **({"exclusive": True} if option.exclusive else {}),
        }

    def yes_or_no(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        sent = {str(value).lower()} if value is not None else set()
        items = [self.choice(item, Option(code, text), sent) for code, text in _YES_NO]
        return "radios", {
            "idPrefix": item.link_id,
            "name": item.link_id,
            "classes": "nhsuk-radios--inline",
            "items": items,
        }

    def open_choice(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        name, params = self.choices(item, value)
        codes = {option.code for option in item.options}
        typed = value if isinstance(value, str) and value and value not in codes else ""
        other = f"{item.link_id}-other"
        params["items"].append({"value": OTHER, "text": "Something else", "checked": bool(typed)})
        params["formGroup"] = {"afterInputs": {"html": _other_input(other, typed)}}
        return name, params

    def line(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        return "input", {**_labelled(item, value), **_INPUTS.get(item.type, {})}

    def text(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        hint = f"Use {item.max_length} characters or fewer." if item.max_length else ""
        return "textarea", {**_labelled(item, value), "rows": 5, "hint": hint}

    def date(self, item: Item, value: Any) -> tuple[str, dict[str, Any]]:
        fault = item.link_id in self.errors
        return "date-input", date_input(item.link_id, value, fault=fault)


def date_input(name: str, value: Any, *, fault: bool = False) -> dict[str, Any]:
    """Parameters of the three boxes of a date, named `<name>-day`, `-month` and `-year`."""
    written = value.isoformat() if isinstance(value, date) else str(value or "")
    boxes = dict(zip(reversed(PARTS), [*written.split("-"), "", "", ""], strict=False))
    return {
        "id": name,
        "hint": "For example, 27 3 2020.",
        "items": [
            {
                "id": f"{name}-{part}",
                "name": f"{name}-{part}",
                "label": part.capitalize(),
                "value": boxes[part],
                "width": 4 if part == "year" else 2,
                **({"classes": "nhsuk-input--error"} if fault else {}),
            }
            for part in PARTS
        ],
    }


def _opened_by(page: Page) -> dict[int, tuple[str, set[tuple[str, str]]]]:
    """For each follow-up number: the question that it opens, and the choices that open it.

    Only where choices on the same page decide, any one of them: other conditions are judged
    when the page is sent, and until then the question is shown.
    """
    everything = [item for top in page.items for item in top.within()]
    here = {item.link_id for item in everything}
    opened = [
        (item.link_id, {(each.question, _sent(each.answer)) for each in item.enable_when})
        for item in everything
        if item.enable_when
        and (item.enable_behavior == "any" or len(item.enable_when) == 1)
        and all(each.operator == "=" and each.question in here for each in item.enable_when)
    ]
    return dict(enumerate(opened[:_FOLLOW_UPS], start=1))


def _sent(answer: Any) -> str:
    return str(answer).lower() if isinstance(answer, bool) else str(answer)


def _first_input(item: Item) -> str:
    return f"{item.link_id}-day" if item.type == "date" else item.link_id


def _labelled(item: Item, value: Any) -> dict[str, Any]:
    return {
        "id": item.link_id,
        "name": item.link_id,
        "value": "" if value is None else str(value),
    }


def _other_input(name: str, typed: str) -> Any:
    return format_html(
        '<div class="op-other"><label class="nhsuk-label" for="{0}">If something else, tell us what</label>'
        '<input class="nhsuk-input" id="{0}" name="{0}" type="text" value="{1}"></div>',
        name,
        typed,
    )


_GROUPED = ("radios", "checkboxes", "date-input")

_INPUTS: Mapping[str, Mapping[str, Any]] = {
    "integer": {"inputmode": "numeric", "width": 5},
    "decimal": {"inputmode": "decimal", "width": 5},
    "time": {"type": "time", "width": 10},
    "dateTime": {"type": "datetime-local", "width": 20},
    "url": {"type": "url", "autocomplete": "off", "spellcheck": False},
}

_COMPONENTS: Mapping[str, Callable[[_Drawing, Item, Any], tuple[str, dict[str, Any]]]] = {
    "boolean": _Drawing.yes_or_no,
    "choice": _Drawing.choices,
    "open-choice": _Drawing.open_choice,
    "integer": _Drawing.line,
    "decimal": _Drawing.line,
    "string": _Drawing.line,
    "time": _Drawing.line,
    "dateTime": _Drawing.line,
    "url": _Drawing.line,
    "text": _Drawing.text,
    "date": _Drawing.date,
}
