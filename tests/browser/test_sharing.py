"""Sharing agreements, files of people and requests about records, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from openprotect.jobs import exports
from tests.browser.arrange import follow
from tests.factories.agreed import agreed
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A served demo with two people and an agreement between the board and the council."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    small_service(tmp_path, ADA, BASHIR)
    agreed()
    address: str = request.getfixturevalue("service")
    return address


def test_an_agreement_is_stated_signed_and_used(demo: str, new_page: NewPage, look: Look) -> None:
    lead = _sign_in(new_page(), demo, "Martin Cole")
    lead.goto(f"{demo}/oversight/agreements")
    expect(lead.locator("main")).to_contain_text("In force")
    look(lead, "agreements")
    # Something is missing: it is said, and what was typed is kept
    follow(lead.get_by_role("button", name="State an agreement"))
    lead.get_by_label("What is this agreement about?").fill("Welfare calls")
    follow(lead.get_by_role("button", name="State the agreement"))
    expect(lead.locator(".op-error-summary")).to_contain_text("Choose who gives")
    expect(lead.get_by_label("What is this agreement about?")).to_have_value("Welfare calls")
    look(lead, "agreement-faults")
    # One agreement, and a signature that is wrong
    lead.goto(f"{demo}/oversight/agreements")
    follow(lead.get_by_role("link", name="Food parcels in the county"))
    expect(lead.locator("main")).to_contain_text("We give this and no more.")
    look(lead, "agreement")
    # A file is asked for, made and collected
    asker = _sign_in(new_page(), demo, "Tom Whitfield")
    asker.goto(f"{demo}/oversight/exports")
    follow(asker.get_by_role("button", name="Ask for the file"))
    expect(asker.locator(".op-error-summary")).to_contain_text("Choose an agreement")
    look(asker, "export-faults")
    asker.get_by_label("Food parcels in the county").check()
    asker.get_by_label("What is the file for?").fill("Parcels of this week")
    follow(asker.get_by_role("button", name="Ask for the file"))
    expect(asker.locator("main")).to_contain_text("Being made")
    exports.sweep(now=BEGINS)
    connections.close_all()
    asker.reload()
    expect(asker.locator("main")).to_contain_text("2 of 2")
    look(asker, "exports")
    with asker.expect_download() as download:
        asker.get_by_role("button", name="Collect the file").click()
    assert download.value.suggested_filename.startswith("synthetic-not-for-care-people-2020-04-07")
    assert "999 000 0018" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_a_request_is_received_and_worked(demo: str, new_page: NewPage, look: Look) -> None:
    lead = _sign_in(new_page(), demo, "Martin Cole")
    lead.goto(f"{demo}/oversight/requests")
    follow(lead.get_by_role("button", name="Receive a request"))
    follow(lead.get_by_role("button", name="Receive it"))
    expect(lead.locator(".op-error-summary")).to_contain_text("Choose what they ask for")
    look(lead, "request-faults")
    lead.get_by_label("See their records").check()
    lead.get_by_label("Who asks?").fill("Ada Okafor")
    lead.get_by_label("Where does the answer go?").fill("1 High Street")
    lead.get_by_label("What do they ask, in their words?").fill("What do you hold about me?")
    lead.get_by_label("NHS number, if they gave it").fill("999 000 0018")
    for part, value in (("Day", "6"), ("Month", "4"), ("Year", "2020")):
        lead.get_by_label(part, exact=True).fill(value)
    follow(lead.get_by_role("button", name="Receive it"))
    main = lead.locator("main")
    expect(main).to_contain_text("Answer by 6 May 2020")
    look(lead, "request")
    lead.get_by_text("Record that their identity was checked").click()
    lead.get_by_label("How was their identity checked?").fill("Passport")
    follow(lead.get_by_role("button", name="Record the check"))
    follow(lead.get_by_role("button", name="Make the file"))
    expect(main).to_contain_text("Being made")
    exports.sweep(now=BEGINS)
    connections.close_all()
    lead.reload()
    expect(main).to_contain_text("a colleague who works requests looks at it")
    guardian = _sign_in(new_page(), demo, "Dr Amina Yusuf")
    guardian.goto(lead.url)
    with guardian.expect_download() as download:
        guardian.get_by_role("button", name="Collect the file").click()
    assert "What is held about you" in Path(download.value.path()).read_text(encoding="utf-8")
    lead.goto(f"{demo}/oversight/requests")
    look(lead, "requests")


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page
