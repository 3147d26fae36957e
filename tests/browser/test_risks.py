"""A risk is written down, decided, overdue and reviewed; a document is accepted: in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrange import follow
from tests.factories.small_service import open_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
SAID = {
    "What could go wrong?": "A text reaches the wrong person",
    "Why does it need a decision now?": "The first texts leave tomorrow",
    "Who could be harmed, and how?": "Whoever is not asked",
    "What is done so that it does not happen?": "No name in the text",
    "When would we stop?": "One in a thousand astray",
}


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    open_service(tmp_path)
    address: str = request.getfixturevalue("service")
    return address


def test_a_risk_is_written_down_decided_and_reviewed(demo: str, new_page: NewPage, look: Look) -> None:
    # Given an information governance lead who writes a risk down, at first with things missing
    lead = _sign_in(new_page(), demo, "Martin Cole")
    follow(lead.get_by_role("link", name="Governance"))
    follow(lead.get_by_role("link", name="Risk decisions"))
    look(lead, "risks-empty")
    follow(lead.get_by_role("link", name="Write down a risk"))
    look(lead, "risk-new")
    follow(lead.get_by_role("button", name="Write it down"))
    expect(lead.locator(".op-error-summary li")).to_have_count(2)
    look(lead, "risk-new-errors")
    for label, text in SAID.items():
        lead.get_by_label(label).fill(text)
    lead.get_by_label("When would we stop?").fill("If 999 000 0018 complains")
    lead.get_by_label("Information", exact=True).check()
    lead.get_by_label("A programme", exact=True).check()
    lead.get_by_label("Its key or number").fill("covid-protect")
    follow(lead.get_by_role("button", name="Write it down"))
    expect(lead.locator(".op-error-summary")).to_contain_text("Take the NHS number out")
    lead.get_by_label("When would we stop?").fill(SAID["When would we stop?"])
    follow(lead.get_by_role("button", name="Write it down"))
    expect(lead.locator("main")).to_contain_text("Waits for a decision")
    # When the senior information risk owner decides, at first without a day of review
    siro = _sign_in(new_page(), demo, "Ruth Bell")
    siro.goto(f"{demo}/oversight/risks?show=open")
    follow(siro.get_by_role("link", name="A text reaches the wrong person"))
    siro.get_by_label("Go on, at this risk").check()
    siro.get_by_label("Why, in your words").fill("Not asking harms more people")
    siro.get_by_label("Legal basis").select_option(label="Direct care of the members of a programme")
    follow(siro.get_by_role("button", name="Record your decision"))
    expect(siro.locator(".op-error-summary")).to_contain_text("Give the day by which it is reviewed")
    look(siro, "risk-decide-errors")
    for part, value in (("Day", "30"), ("Month", "4"), ("Year", "2020")):
        siro.get_by_label(part, exact=True).fill(value)
    siro.get_by_text("Somebody disagreed").click()
    siro.get_by_label("Name (1)").fill("Dr Amina Yusuf")
    siro.get_by_label("Role (1)").fill("Caldicott guardian")
    siro.get_by_label("What they said (1)").fill("Wait a week")
    follow(siro.get_by_role("button", name="Record your decision"))
    main = siro.locator("main")
    for seen in ("Going on at this risk", "Review by 30 April 2020", "Dr Amina Yusuf", "Wait a week", "Direct care"):
        expect(main).to_contain_text(seen)
    look(siro, "risk-decided")
    # Then a review stops it, and the programme is shown as suspended
    siro.get_by_label("Stop: the stop rule is met").check()
    siro.get_by_label("Why, in your words").fill("Two texts went astray")
    follow(siro.get_by_role("button", name="Record your review"))
    expect(main).to_contain_text("Suspended")
    follow(siro.get_by_role("link", name="Risk decisions").last)
    expect(main).to_contain_text("How long decisions take")
    look(siro, "risks")


def test_each_organisation_accepts_a_document_for_itself(demo: str, new_page: NewPage, look: Look) -> None:
    lead = _sign_in(new_page(), demo, "Martin Cole")
    lead.goto(f"{demo}/oversight/documents/new")
    follow(lead.get_by_role("button", name="Ask them"))
    expect(lead.locator(".op-error-summary")).to_contain_text("Give the document's title")
    look(lead, "document-new-errors")
    lead.get_by_label("Title").fill("Protect DPIA")
    lead.get_by_label("Data protection impact assessment").check()
    lead.get_by_label("Version, as it stands on the document").fill("1.0")
    lead.get_by_label("What it says, or what changed").fill("The first one")
    lead.get_by_label("First Surgery").check()
    lead.get_by_label("Second Surgery").check()
    follow(lead.get_by_role("button", name="Ask them"))
    expect(lead.locator("main")).to_contain_text("0 of 2 have accepted version 1.0")
    look(lead, "document")
    # When a practice has reservations, it says which
    practice = _sign_in(new_page(), demo, "Joan Webb")
    practice.goto(f"{demo}/oversight/documents")
    expect(practice.locator("main")).to_contain_text("0 of 2 have accepted version 1.0; yours is waiting.")
    look(practice, "documents")
    follow(practice.get_by_role("link", name="Protect DPIA"))
    practice.get_by_label("Accept, with reservations").check()
    follow(practice.get_by_role("button", name="Record the answer"))
    expect(practice.locator(".op-error-summary")).to_contain_text("Say what your reservations are")
    practice.get_by_label("Your reservations").fill("Look at it again in May")
    follow(practice.get_by_role("button", name="Record the answer"))
    expect(practice.locator("main")).to_contain_text("1 of 2 has accepted version 1.0.")
    look(practice, "document-answered")


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page
