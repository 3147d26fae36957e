"""The register of legal bases, one of them, and what is decided about it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.scope import system
from openprotect.journey import flow
from tests.browser.arrange import follow
from tests.factories.seen import one
from tests.factories.small_service import ADA, BASHIR, answer, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def address(
    committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """A served demo with two people, 20 days before the notice ends."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    people = small_service(tmp_path, ADA, BASHIR)
    answer(people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    now = one("SELECT ends_at FROM governance_legalbasis WHERE key = 'copi-general'") - timedelta(days=20)
    clock.set_clock(now, running=False)
    flow.perform(governance.warn_of_ends, by=system("worker", now=now), now=now)
    served: str = request.getfixturevalue("service")
    return served


def test_a_lead_is_warned_decides_and_a_guardian_approves(address: str, new_page: NewPage, look: Look) -> None:
    lead = new_page()
    sign_in(lead, address, "Martin Cole")
    # Given the lead of information governance, who is warned on the page of governance
    lead.goto(f"{address}/oversight/governance")
    expect(lead.locator("main")).to_contain_text("ends in 20 days")
    # Then the register shows each basis with what it is for and how long it holds
    lead.goto(f"{address}/oversight/bases")
    expect(lead.locator("main")).to_contain_text("Ends in 20 days")
    expect(lead.locator("tbody")).to_contain_text("Direct care of the members of a programme")
    look(lead, "bases")
    # And one of them everything apart, what rests on it, and what is open
    follow(lead.get_by_role("link", name="COPI notice to healthcare organisations").last)
    main = lead.locator("main")
    for said in (
        "6(1)(e) Public task", "9(2)(i) Public health", "Regulation 3 of the Control of Patient Information",
        "Not yet approved by", "COVID-19 Protect", "Check-ins", "Stated",
    ):  # fmt: skip
        expect(main).to_contain_text(said)
    look(lead, "basis")
    # When it is extended without words and with a day that is none, both are said, and what was typed stays
    lead.get_by_text("Extend", exact=True).first.click()
    lead.locator("#extend-day-day").fill("31")
    lead.locator("#extend-day-month").fill("2")
    lead.locator("#extend-day-year").fill("2021")
    follow(lead.get_by_role("button", name="Extend"))
    summary = lead.locator(".op-error-summary")
    expect(summary).to_contain_text("Enter a real day")
    expect(summary).to_contain_text("Write why")
    expect(lead.locator("#extend-day-day")).to_have_value("31")
    look(lead, "basis-errors")
    # And an earlier day than the end is refused with a sentence
    lead.locator("#extend-day-month").fill("3")
    lead.locator("#extend-day-year").fill("2020")
    lead.locator("#extend-words").fill("The notice was extended.")
    follow(lead.get_by_role("button", name="Extend"))
    expect(summary).to_contain_text("give an end that is later")
    # And a right one waits for the two who approve it, with the words
    lead.locator("#extend-day-year").fill("2021")
    follow(lead.get_by_role("button", name="Extend"))
    expect(main).to_contain_text("A later end is asked for")
    expect(main).to_contain_text("until the end of 31 March 2021")
    expect(main).to_contain_text("The notice was extended.")
    look(lead, "basis-extension")
    # And the Caldicott guardian approves it
    guardian = new_page(javascript=False)
    sign_in(guardian, address, "Dr Amina Yusuf")
    guardian.goto(lead.url)
    guardian.get_by_text("Approve the later end", exact=True).first.click()
    guardian.locator("#approve_extension-words").fill("The letter is here.")
    follow(guardian.get_by_role("button", name="Approve the later end"))
    expect(guardian.locator("main")).to_contain_text(
        "Not yet approved by: Senior information risk owner. Until then it ends"
    )
    guardian.get_by_text("Approve", exact=True).first.click()
    guardian.locator("#approve-words").fill("Read and agreed.")
    follow(guardian.get_by_role("button", name="Approve", exact=True))
    expect(guardian.locator("main")).to_contain_text("Caldicott guardian: Dr Amina Yusuf")


def test_a_lead_states_a_new_basis(address: str, new_page: NewPage, look: Look) -> None:
    lead = new_page()
    sign_in(lead, address, "Martin Cole")
    lead.goto(f"{address}/oversight/bases/new")
    look(lead, "new-basis")
    lead.get_by_label("Title").fill("Evaluation with consent")
    follow(lead.get_by_role("button", name="State this basis"))
    expect(lead.locator(".op-error-summary li")).to_have_count(8)
    expect(lead.get_by_label("Title")).to_have_value("Evaluation with consent")
    look(lead, "new-basis-errors")
    for label in ("Planning and evaluation", "6(1)(e) Public task", "9(2)(h) Health or social care", "Explicit consent",
                  "Information governance lead"):  # fmt: skip
        lead.get_by_label(label, exact=True).check()
    for name, year in (("from", "2020"), ("until", "2021")):
        lead.locator(f"#{name}-day").fill("1")
        lead.locator(f"#{name}-month").fill("10")
        lead.locator(f"#{name}-year").fill(year)
    lead.get_by_label("What it rests on").fill("Each person was asked.")
    follow(lead.get_by_role("button", name="State this basis"))
    expect(lead.locator("main")).to_contain_text("Awaiting approval")
    expect(lead.locator("main")).to_contain_text("the end of 1 October 2021")


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
