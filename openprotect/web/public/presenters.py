"""What the person's templates are given: words, addresses and values, nothing to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.errors import NotThere
from openprotect.journey.check_in import rules
from openprotect.journey.check_in.actions import Receipt
from openprotect.journey.check_in.queries import CheckInView
from openprotect.programmes.definitions.questionnaire import Page
from openprotect.web.pages import HelpLine
from openprotect.web.questionnaire import answered, posted, presenter
from openprotect.web.questionnaire.presenter import Error

BORN = "date-of-birth"
_WISHES = {
    "check-in": ("Tell us how you are", "door:start", "We will ask a few questions. It takes about two minutes."),
    "who-saw": ("Who saw my record", "door:who_saw", "You can read who saw your record with us, and why."),
    "stop": ("Stop our messages", "door:stop", "You can tell us not to send you any more messages."),
}

_NOTHING_NEEDED = "Nothing you told us needs anybody to ring you now."
_NEXT_TIME = "We will be in touch again when your next check-in is due."
_ANSWERED_BY = {"self", "carer"}


def start(
    token: str,
    wish: str,
    sent: QueryDict | None = None,
    errors: tuple[Error, ...] = (),
) -> dict[str, Any]:
    """The door. Nothing in it depends on the token but the address that it is sent to."""
    title, address, lead = _WISHES[wish]
    given = "-".join(sent.get(f"{BORN}-{part}", "").strip() for part in reversed(posted.PARTS)) if sent else ""
    params: dict[str, Any] = presenter.date_input(BORN, given, fault=bool(errors))
    params["fieldset"] = {"legend": {"text": "What is your date of birth?", "classes": "nhsuk-fieldset__legend--m"}}
    params["hint"] = {
        "text": "So that we know it is you. If you answer for somebody else, give theirs. For example, 31 3 1945."
    }
    if errors:
        params["errorMessage"] = {"text": errors[0].text}
    return {
        "start": {
            "title": title,
            "lead": lead,
            "action": reverse(address, args=[token]),
            "date_of_birth": params,
        },
        "errors": errors,
    }


def date_of_birth(sent: QueryDict) -> tuple[date | None, tuple[Error, ...]]:
    """The date that was typed, or what is wrong with it."""
    parts = [sent.get(f"{BORN}-{part}", "").strip() for part in posted.PARTS]
    if not any(parts):
        return None, _fault("Enter your date of birth")
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day), ()
    except (ValueError, OverflowError):  # 25 digits are a number, too
        return None, _fault("Enter a real date of birth, such as 31 3 1945")


def not_matched() -> tuple[Error, ...]:
    """The one answer to a wrong date, an unknown link and too many tries."""
    return _fault(f"The date of birth does not match. Check it and try again, or ring {settings.HELP_PHONE}")


def find_page(check_in: CheckInView, page_id: str) -> Page:
    """The page, if it is asked of this person. Raises NotThere."""
    for each in rules.visible_pages(check_in.questionnaire, check_in.answers):
        if each.id == page_id:
            return each
    raise NotThere()


def topic(
    check_in: CheckInView,
    asked: Page,
    *,
    sent: posted.Form | None = None,
    faults: Mapping[str, str] | None = None,
    checking: bool = False,
) -> dict[str, Any]:
    """One page of questions, with saved answers or with what was sent and is wrong."""
    pages = rules.visible_pages(check_in.questionnaire, check_in.answers)
    number = [each.id for each in pages].index(asked.id)
    drawn = presenter.topic(
        asked,
        check_in.answers if sent is None else posted.drawn_again(posted.questions(asked), sent),
        faults,
        asked=lambda item: rules.is_enabled(item, check_in.answers),
    )
    before = _address(pages[number - 1]) if number else ""
    return {
        "topic": drawn,
        "errors": drawn.errors,
        "help": help_of(check_in),
        "progress": f"Page {number + 1} of {len(pages)}",
        "back": reverse("public:check_answers") if checking else before,
    }


def first_unanswered(check_in: CheckInView) -> str:
    """The address of the first page that lacks a required answer, or of the end."""
    missing = rules.validate_all(check_in.questionnaire, check_in.answers)
    for each in rules.visible_pages(check_in.questionnaire, check_in.answers):
        if any(item.link_id in missing for item in posted.questions(each)):
            return _address(each)
    return reverse("public:check_answers")


def onward(check_in: CheckInView, asked: Page, answers: Mapping[str, Any], *, checking: bool = False) -> str:
    """Where a saved page leads: to 999 first, where it must."""
    if _signs(check_in, asked, answers):
        return reverse("public:emergency", args=[asked.id])
    return reverse("public:check_answers") if checking else _after(check_in, asked, answers)


def with_page(check_in: CheckInView, asked: Page, answers: Mapping[str, Any]) -> dict[str, Any]:
    """All answers so far, those of this page as they were just given."""
    here = {item.link_id for item in posted.questions(asked)}
    others = {key: value for key, value in check_in.answers.items() if key not in here}
    return {**others, **answers}


def emergency(check_in: CheckInView, asked: Page) -> dict[str, Any]:
    """999, what to say, and the two ways on."""
    return {
        "help": help_of(check_in),
        "chosen": _signs(check_in, asked, check_in.answers),
        "onward": _after(check_in, asked, check_in.answers),
        "back": _address(asked),
    }


def check_answers(check_in: CheckInView, key: UUID, *, faults: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Every answer that may be shown, each with the way to change it."""
    missing = faults or {}
    counted = rules.kept(check_in.questionnaire, check_in.answers)
    pages = rules.visible_pages(check_in.questionnaire, check_in.answers)
    topics = answered.topics(
        pages,
        check_in.answers,
        asked=lambda each: rules.enabled_within(each.group, counted),
        change=lambda page_id: f"{reverse('public:topic', args=[page_id])}?check",
    )
    lines = tuple(
        Error(missing[item.link_id], f"{_address(each)}?check#{item.link_id}")
        for each in pages
        for item in posted.questions(each)
        if item.link_id in missing
    )
    return {
        "answered": topics,
        "help": help_of(check_in),
        "errors": lines,
        "submission_key": key,
        "back": _address(pages[-1]),
        "emergency": bool(rules.emergency_options(check_in.questionnaire, check_in.answers)),
    }


@dataclass(frozen=True)
class ReceiptPage:
    """The receipt as it is shown and printed; no answer stands on it."""

    first_name: str
    code: str
    submitted_at: datetime
    lines: tuple[str, ...]


def answered_by(check_in: CheckInView) -> str:
    """Who answers, as the pack's question with the choices self and carer says; else the person."""
    for question in check_in.questionnaire.questions():
        if {option.code for option in question.options} == _ANSWERED_BY:
            return str(check_in.answers.get(question.link_id, "self"))
    return "self"


def receipt(check_in: CheckInView, held: Receipt, topics: Sequence[str]) -> dict[str, Any]:
    """What was received and what follows; `topics` is what somebody will ring about."""
    ring = tuple(f"Someone will ring you about {topic}." for topic in topics) or (_NOTHING_NEEDED,)
    return {
        "receipt": ReceiptPage(
            check_in.first_name,
            f"{held.code[:4]} {held.code[4:]}",
            held.submitted_at,
            (*ring, _NEXT_TIME),
        ),
        "help": help_of(check_in),
    }


def help_of(check_in: CheckInView) -> HelpLine:
    """The programme's own number, where the programme is known."""
    programme = check_in.pack.programme
    return HelpLine(programme.phone, programme.phone_hours)


def _signs(check_in: CheckInView, asked: Page, answers: Mapping[str, Any]) -> list[dict[str, str]]:
    """The questions of this page whose answer means 999, with that answer, in their own words."""
    known = with_page(check_in, asked, answers)
    here = {item.link_id: item for item in posted.questions(asked)}
    found = rules.emergency_options(check_in.questionnaire, known)
    return [
        {"question": here[each.link_id].text, "answer": option.display}
        for each in found
        if each.link_id in here and (option := here[each.link_id].option(each.code))
    ]


def _after(check_in: CheckInView, asked: Page, answers: Mapping[str, Any]) -> str:
    pages = rules.visible_pages(check_in.questionnaire, with_page(check_in, asked, answers))
    ids = [each.id for each in pages]
    following = pages[ids.index(asked.id) + 1 :]
    return _address(following[0]) if following else reverse("public:check_answers")


def _address(each: Page) -> str:
    return reverse("public:topic", args=[each.id])


def _fault(text: str) -> tuple[Error, ...]:
    return (Error(text, f"#{BORN}-day"),)
