"""A person on an old phone: link, date of birth, questions, answers checked, receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrange import Invited, follow, invited_person

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
LIGHTEST_PROMISE = 60 * 1024

# One ordinary answer for each page of the pack: nothing wrong, nothing needed.
ALL_WELL: dict[str, str] = {
    "who": "self",
    "breathless": "no",
    "emergency_signs": "none",
    "symptoms": "none",
    "worse_today": "false",
    "condition_worse": "no",
    "medicines": "enough",
    "food": "enough",
    "care": "not_needed",
    "rely_on": "true",
    "mood": "all_right",
    "lonely": "hardly_ever",
    "home": "none",
    "safe_at_home": "rather_not_say",
    "oximeter": "do_not_have",
    "call_wanted": "no",
}


@pytest.fixture
def invited(committed_db: object) -> Invited:
    return invited_person()


def test_a_whole_check_in_without_javascript(service: str, invited: Invited, new_page: NewPage) -> None:
    # Given somebody who opened the link in their text on a phone without JavaScript
    page = new_page(javascript=False)
    page.goto(f"{service}/c/{invited.token}")
    # When they give their date of birth, answer every page and send their answers
    _prove(page, invited.date_of_birth)
    _answer_all(page, ALL_WELL)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    assert "safe at home" not in page.inner_text("main").lower()
    assert invited.token not in page.url
    follow(page.get_by_role("button", name="Send my answers"))
    # Then they are thanked, and see whom to ring; and again when they come back by the link
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Adaeze")
    code = page.inner_text(".op-receipt-code")
    page.goto(f"{service}/c/{invited.token}")
    _prove(page, invited.date_of_birth)
    assert page.inner_text(".op-receipt-code") == code


def test_every_page_is_accessible_at_three_widths(
    service: str, invited: Invited, new_page: NewPage, look: Look
) -> None:
    page = new_page()
    page.goto(f"{service}/c/{invited.token}")
    look(page, "start")
    follow(page.get_by_role("button", name="Continue"))
    look(page, "start-empty")
    _prove(page, date(1945, 3, 30))
    look(page, "start-wrong")
    _prove(page, invited.date_of_birth)
    number = 0
    while "check-answers" not in page.url:
        number += 1
        look(page, f"page-{number:02}")
        follow(page.get_by_role("button", name="Continue"))
        if page.locator(".op-error-summary").count():
            look(page, f"page-{number:02}-error")
        _answer(page, ALL_WELL)
        follow(page.get_by_role("button", name="Continue"))
    look(page, "check-answers")
    follow(page.get_by_role("button", name="Send my answers"))
    look(page, "receipt")
    follow(page.get_by_role("link", name="stop our messages"))
    look(page, "stop")
    follow(page.get_by_role("button", name="Stop my messages"))
    look(page, "stopped")
    page.goto(f"{service}/nothing-here")
    look(page, "not-found")


def test_a_wrong_date_of_birth_says_the_same_to_everybody(service: str, invited: Invited, new_page: NewPage) -> None:
    # Given a link that exists and one that does not
    answers = []
    for token in (invited.token, "x" * len(invited.token)):
        page = new_page()
        page.goto(f"{service}/c/{token}")
        # When a wrong date of birth is given, more often than five times
        for _ in range(7):
            _prove(page, date(1990, 1, 1))
        answers.append(_without_secrets(page.content(), token))
    # Then both say that it does not match, in the same words
    assert answers[0] == answers[1]
    assert "does not match" in answers[0]


def test_a_link_shows_the_same_bytes_whoever_it_belongs_to(service: str, invited: Invited) -> None:
    known = _without_secrets(_get(f"{service}/c/{invited.token}"), invited.token)
    unknown = _without_secrets(_get(f"{service}/c/{'x' * 22}"), "x" * 22)
    assert known == unknown
    for secret in (invited.first_name, invited.family_name, invited.nhs_number):
        assert secret not in known


def test_an_emergency_is_said_at_once_and_again_after_sending(
    service: str, invited: Invited, new_page: NewPage
) -> None:
    # Given somebody at the page of symptoms, without JavaScript
    page = new_page(javascript=False)
    page.goto(f"{service}/c/{invited.token}")
    _prove(page, invited.date_of_birth)
    _answer(page, ALL_WELL)
    follow(page.get_by_role("button", name="Continue"))
    warning = page.locator(".op-emergency-chosen").first
    expect(page.locator(".op-emergency-chosen:visible")).to_have_count(0)
    # When they choose that they are breathless at rest
    page.check("[name=breathless][value=at_rest]")
    # Then the page says to ring 999 before anything is sent
    expect(warning).to_be_visible()
    expect(page.locator(".op-emergency-chosen:visible")).to_have_count(1)
    # And when they send it, the page of 999 comes first, and they may still go on
    for question in ("emergency_signs", "symptoms", "worse_today"):
        page.check(f"[name={question}][value={ALL_WELL[question]}]")
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ring 999 now")
    follow(page.get_by_role("link", name="Go on with the check-in"))
    expect(page).to_have_url(f"{service}/check-in/page-condition")


def test_answers_are_kept_when_the_session_ends(service: str, invited: Invited, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{service}/c/{invited.token}")
    _prove(page, invited.date_of_birth)
    _answer(page, ALL_WELL)
    follow(page.get_by_role("button", name="Continue"))
    page.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open your link again")
    page.goto(f"{service}/c/{invited.token}")
    _prove(page, invited.date_of_birth)
    expect(page).to_have_url(f"{service}/check-in/page-symptoms")


def test_sent_twice_is_one_check_in_with_one_receipt(service: str, invited: Invited, new_page: NewPage) -> None:
    # Given the answers to be checked, open in two tabs
    first = new_page()
    first.goto(f"{service}/c/{invited.token}")
    _prove(first, invited.date_of_birth)
    _answer_all(first, ALL_WELL)
    second = first.context.new_page()
    second.goto(first.url)
    # When both are sent
    for page in (first, second):
        follow(page.get_by_role("button", name="Send my answers"))
    # Then both show the same receipt
    assert first.inner_text(".op-receipt-code") == second.inner_text(".op-receipt-code")


def test_the_keyboard_alone_is_enough(service: str, invited: Invited, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{service}/c/{invited.token}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    _tab_to(page, "[name=date-of-birth-day]")
    born = invited.date_of_birth
    for part in (born.day, born.month, born.year):
        page.keyboard.type(str(part))
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service}/check-in/page-who")
    page.keyboard.press("Tab")
    _tab_to(page, "[name=who]")
    page.keyboard.press("Space")
    _tab_to(page, "button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service}/check-in/page-symptoms")
    # An error takes the keyboard to its summary, and the link in it to the question.
    _tab_to(page, "button")
    page.keyboard.press("Enter")
    expect(page.locator(".op-error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "breathless"


def test_the_persons_pages_are_light(service: str, invited: Invited, new_page: NewPage) -> None:
    page = new_page()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    bytes_of: list[int] = []
    wire.on("Network.loadingFinished", lambda event: bytes_of.append(event["encodedDataLength"]))
    page.goto(f"{service}/c/{invited.token}", wait_until="networkidle")
    _prove(page, invited.date_of_birth)
    while "check-answers" not in page.url:
        bytes_of.clear()  # what still comes of the page before counts against this one
        page.reload(wait_until="networkidle")
        assert 0 < sum(bytes_of) < LIGHTEST_PROMISE
        _answer(page, ALL_WELL)
        follow(page.get_by_role("button", name="Continue"))


def _prove(page: Page, born: date) -> None:
    for part, value in (("day", born.day), ("month", born.month), ("year", born.year)):
        page.fill(f"[name=date-of-birth-{part}]", str(value))
    follow(page.get_by_role("button", name="Continue"))


def _answer_all(page: Page, answers: dict[str, str]) -> None:
    while "check-answers" not in page.url:
        _answer(page, answers)
        follow(page.get_by_role("button", name="Continue"))


def _answer(page: Page, answers: dict[str, str]) -> None:
    for question, value in answers.items():
        box = page.locator(f"[name={question}][value={value}]")
        if box.count():
            box.check()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {selector}")


def _get(address: str) -> str:
    try:
        with urlopen(address) as answer:
            return answer.read().decode()
    except HTTPError as refused:
        return refused.read().decode()


def _without_secrets(html: str, token: str) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", html).replace(token, "TOKEN")
