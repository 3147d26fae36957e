"""A reviewer opens a record in an emergency, ends it, and is looked into: in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrange import follow
from tests.factories.small_service import ADA, BASHIR, answer, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    people = small_service(tmp_path, ADA, BASHIR)
    answer(people["bashir"], food="no_food")
    address: str = request.getfixturevalue("service")
    return address


def test_a_record_is_opened_seen_ended_and_reviewed(demo: str, new_page: NewPage, look: Look) -> None:
    # Given a reviewer whose own list does not have Bashir
    page = _sign_in(new_page(), demo, "Dr Priya Nair")
    follow(page.get_by_role("link", name="Emergency access"))
    look(page, "emergency-form")
    # When nothing is filled in, each thing is named beside its field
    follow(page.get_by_role("button", name="Open this record"))
    expect(page.locator(".op-error-summary li")).to_have_count(4)
    look(page, "emergency-form-errors")
    # When the date of birth is wrong there is nothing to open, and what was typed is kept
    _fill(page, day="3")
    follow(page.get_by_role("button", name="Open this record"))
    expect(page.locator(".op-error-summary")).to_contain_text("nothing to open")
    expect(page.get_by_label("Say why in a few words")).to_have_value("Rang us and cannot breathe")
    # When it is right, the record is there, with a banner on this page and on every other
    _fill(page, day="2")
    follow(page.get_by_role("button", name="Open this record"))
    main = page.locator("main")
    expect(main).to_contain_text("Emergency access to one record until")
    for seen in ("Bashir Khan", "07700 900002", "Needs an interpreter", "What they answered"):
        expect(main).to_contain_text(seen)
    look(page, "emergency-record")
    follow(page.get_by_role("link", name="Food").first)
    expect(main).to_contain_text("Bashir Khan")
    follow(page.get_by_role("link", name="Needs action").first)
    expect(main).to_contain_text("Emergency access to one record until")
    expect(main).not_to_contain_text("Bashir")
    follow(page.get_by_role("button", name="End it now"))
    expect(main).to_contain_text("Emergency access has ended.")
    page.goto(f"{demo}/staff/emergency/record")
    expect(main).not_to_contain_text("Bashir")
    # Then the information governance lead is told on their first page, sees each view, and says what they found
    lead = _sign_in(new_page(), demo, "Martin Cole")
    expect(lead.locator("main")).to_contain_text("1 emergency access waits for your review")
    follow(lead.get_by_role("link", name="1 emergency access waits for your review"))
    look(lead, "emergency-reviews")
    follow(lead.locator("tbody a").first)
    expect(lead.locator("main")).to_contain_text("Rang us and cannot breathe")
    expect(lead.locator(".op-history li").first).to_contain_text("Emergency access opened")
    follow(lead.get_by_role("button", name="Record your review"))
    expect(lead.locator(".op-error-summary li")).to_have_count(2)
    look(lead, "emergency-review-errors")
    lead.get_by_label("Ask them first").check()
    lead.get_by_label("Say why").fill("Did you ring 999?")
    follow(lead.get_by_role("button", name="Record your review"))
    # And the reviewer answers, and it is settled
    page.goto(f"{demo}/staff/emergency")
    look(page, "emergency-asked")
    page.get_by_label("Your answer").fill("Yes, at once.")
    follow(page.get_by_role("button", name="Send your answer"))
    follow(lead.locator("tbody a").first)
    expect(lead.locator("main")).to_contain_text("Yes, at once.")
    lead.get_by_label("It was justified").check()
    lead.get_by_label("Say why").fill("The call was real.")
    follow(lead.get_by_role("button", name="Record your review"))
    expect(lead.locator("main")).to_contain_text("Nothing waits for a review.")


def _fill(page: Page, *, day: str) -> None:
    page.get_by_label("NHS number").fill(BASHIR.nhs_number)
    for part, value in (("Day", day), ("Month", "1"), ("Year", "1950")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("Their life or health may be in danger now").check()
    page.get_by_label("Say why in a few words").fill("Rang us and cannot breathe")


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page
