"""Which questions are asked, and whether the answers can be taken. Pure.

Answers of items that are not enabled do not count and are not kept (FHIR R4 enableWhen).
"""

import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from openprotect.journey.check_in.facts import Answers, EmergencySign
from openprotect.programmes.definitions.questionnaire import (
    EnableWhen,
    Item,
    Page,
    Questionnaire,
)

# Beyond this a text is no answer to any question; the pack may set less by maxLength.
LONGEST_TEXT = 5_000

RawForm = Mapping[str, list[str]]


def is_enabled(item: Item, answers: Answers) -> bool:
    """Whether the item's own conditions hold; its group may still not be asked."""
    held = [_holds(condition, answers) for condition in item.enable_when]
    return not held or (any(held) if item.enable_behavior == "any" else all(held))


def kept(questionnaire: Questionnaire, answers: Answers) -> dict[str, object]:
    """The answers without those of items that are not asked, and of items that do not exist."""
    return _kept([page.group for page in questionnaire.pages], answers)


def visible_pages(questionnaire: Questionnaire, answers: Answers) -> tuple[Page, ...]:
    """The pages that have something to ask or to read, given these answers."""
    counted = kept(questionnaire, answers)
    return tuple(
        page
        for page in questionnaire.pages
        if any(item.type != "group" for item in enabled_within(page.group, counted))
    )


def enabled_within(item: Item, answers: Answers) -> Iterator[Item]:
    """`item` and what is inside it, as far as it is asked, in order."""
    if is_enabled(item, answers):
        yield item
        for child in item.items:
            yield from enabled_within(child, answers)


def validate_page(
    questionnaire: Questionnaire, page_id: str, raw: RawForm, known: Answers
) -> tuple[dict[str, object], dict[str, str]]:
    """What was sent for one page as answers, and a sentence for each that cannot be taken.

    `raw` is the form as it came; a date may come as one ISO text or as `linkId-day`, `-month`,
    `-year`. `known` are the answers of the other pages. KeyError for a page that does not exist.
    """
    page = next((page for page in questionnaire.pages if page.id == page_id), None)
    if page is None:
        raise KeyError(page_id)
    questions = [item for item in page.group.within() if item.is_question]
    of_others = {key: value for key, value in known.items() if key not in {q.link_id for q in questions}}
    read: dict[str, object] = {}
    unread: dict[str, str] = {}
    for item in questions:
        try:
            value = _read(item, raw)
        except ValueError as error:
            unread[item.link_id] = str(error)
            continue
        if value is not None:
            read[item.link_id] = value
    counted = kept(questionnaire, {**of_others, **read})
    errors = {}
    answers = {}
    for item in enabled_within(page.group, counted):
        if item.link_id in unread:
            errors[item.link_id] = unread[item.link_id]
        elif sentence := _wrong(item, counted.get(item.link_id)):
            errors[item.link_id] = sentence
        elif item.link_id in counted:
            answers[item.link_id] = counted[item.link_id]
    return answers, errors


def validate_all(questionnaire: Questionnaire, answers: Answers) -> dict[str, str]:
    """A sentence for every answer that is missing, of the wrong type, or to no question of ours."""
    known = {item.link_id for item in questionnaire.questions()}
    errors = {key: "This is not one of the questions" for key in answers if key not in known}
    counted = kept(questionnaire, answers)
    for page in questionnaire.pages:
        for item in enabled_within(page.group, counted):
            if sentence := _wrong(item, counted.get(item.link_id)):
                errors[item.link_id] = sentence
    return errors


def emergency_options(questionnaire: Questionnaire, answers: Answers) -> tuple[EmergencySign, ...]:
    """The answers given that show the 999 page at once, in the order of the questionnaire."""
    counted = kept(questionnaire, answers)
    return tuple(
        EmergencySign(item.link_id, option.code)
        for item in questionnaire.questions()
        for option in item.options
        if option.emergency and option.code in _listed(counted.get(item.link_id))
    )


def _kept(items: list[Item], answers: Answers) -> dict[str, object]:
    # In the order of the questionnaire: an answer that does not count must not enable another.
    counted = dict(answers)
    asked: dict[str, object] = {}

    def walk(item: Item, inside: bool) -> None:
        enabled = inside and is_enabled(item, counted)
        if item.is_question and item.link_id in counted:
            if enabled:
                asked[item.link_id] = counted[item.link_id]
            else:
                del counted[item.link_id]
        for child in item.items:
            walk(child, enabled)

    for item in items:
        walk(item, inside=True)
    return asked


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def _holds(condition: EnableWhen, answers: Answers) -> bool:
    given = _listed(answers.get(condition.question))
    if condition.operator == "exists":
        return bool(given) is condition.answer
    compare = _COMPARE[condition.operator]
    return any(compare(one, condition.answer) for one in given if _comparable(one) == _comparable(condition.answer))


def _comparable(value: object) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


# Reading the form. ValueError carries the sentence for the page.


def _read(item: Item, raw: RawForm) -> object:
    """The answer as it was sent; None where there is none."""
    if item.type in ("date", "dateTime") and item.link_id not in raw:
        parts = [_clean(raw.get(f"{item.link_id}-{part}", [])) for part in ("year", "month", "day")]
        sent = [f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}"] if any(parts) else []
    else:
        sent = [one for one in (_clean([text]) for text in raw.get(item.link_id, [])) if one]
    if not sent:
        return None
    if item.repeats:
        return list(dict.fromkeys(sent))
    if len(sent) > 1:
        raise ValueError("Select one answer only")
    return _typed(item, sent[0])


def _clean(sent: list[str]) -> str:
    text = "".join(sent[:1]).replace("\r\n", "\n")
    # Control characters cannot be shown, and NUL cannot be stored.
    shown = (sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(shown).strip()


def _typed(item: Item, text: str) -> object:
    if item.type == "boolean":
        if text not in ("true", "false"):
            raise ValueError("Select yes or no")
        return text == "true"
    if item.type == "integer":
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise ValueError("Enter a whole number, like 12")
        return int(text)
    if item.type == "decimal":
        if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", text):
            raise ValueError("Enter a number, like 12 or 36.6")
        return float(text)
    return text


# Judging an answer, from a form or from anywhere else.


def _wrong(item: Item, value: object) -> str:
    """What is wrong with the value as an answer to the item; "" where nothing is."""
    if not item.is_question:
        return ""
    if value is None or value == [] or value == "":
        if not item.required:
            return ""
        return f"Select an answer: {item.text}" if item.options else f"Answer this: {item.text}"
    if item.repeats:
        if not isinstance(value, list):
            return "Select from the answers shown"
        exclusive = [option.code for option in item.options if option.exclusive]
        if len(value) > 1 and set(map(str, value)) & set(exclusive):
            alone = next(option for option in item.options if option.code in value and option.exclusive)
            return f"Select “{alone.display}” alone, or take it out"
        return next((said for one in value if (said := _wrong_one(item, one))), "")
    return _wrong_one(item, value)


def _wrong_one(item: Item, value: object) -> str:
    kind = item.type
    if kind == "choice":
        known = isinstance(value, str) and item.option(value) is not None
        return "" if known else "Select from the answers shown"
    if kind == "boolean":
        return "" if isinstance(value, bool) else "Select yes or no"
    if kind in ("integer", "decimal"):
        return _wrong_number(item, value)
    if not isinstance(value, str):
        return "Enter text"
    if kind in ("date", "dateTime", "time"):
        return _wrong_time(item, value)
    longest = min(item.max_length or LONGEST_TEXT, LONGEST_TEXT)
    if len(value) > longest:
        return f"Use {longest:,} characters or fewer"
    if kind == "url" and not re.fullmatch(r"https?://[^\s]+", value):
        return "Enter a web address, like https://www.nhs.uk"
    if kind == "string" and "\n" in value:
        return "Write it in one line"
    return ""


def _wrong_number(item: Item, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return "Enter a number"
    if item.type == "integer" and not isinstance(value, int):
        return "Enter a whole number, like 12"
    low, high = item.min_value, item.max_value
    if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
        if low is not None and high is not None:
            return f"Enter a number from {low} to {high}"
        return f"Enter {low} or more" if high is None else f"Enter {high} or less"
    return ""


def _wrong_time(item: Item, value: str) -> str:
    parse, like = {
        "date": (date.fromisoformat, "a real date, like 27 3 2020"),
        "time": (time.fromisoformat, "a time, like 14:30"),
        "dateTime": (datetime.fromisoformat, "a real date and time"),
    }[item.type]
    try:
        parse(value)
    except ValueError:
        return f"Enter {like}"
    low, high = item.min_value, item.max_value
    if (isinstance(low, str) and value < low) or (isinstance(high, str) and value > high):
        return f"Enter a date from {low or 'any day'} to {high or 'any day'}"
    return ""
