"""Who saw whom, in a real browser: for the practice, the Caldicott guardian, the privacy officer and the person."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from openprotect.governance.actions import record
from openprotect.governance.scope import enter
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from tests.browser.arrange import follow
from tests.factories.seen import rows
from tests.factories.small_service import ADA, BEGINS, Invited, answer, small_service, staff

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
NEEDS = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}


@pytest.fixture
def ada(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invited:
    """A patient with needs, which her practice and her locality have looked at."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    invited = small_service(tmp_path, ADA)["ada"]
    answer(invited, **NEEDS)
    for username in ("practice-reviewer", "locality-lead"):
        for (need,) in rows("SELECT id FROM act_calltoaction WHERE category IN ('medicines', 'food')"):
            flow.perform(act.record_view, call_to_action=need, by=staff(username), now=BEGINS)
    return invited


def test_a_practice_asks_and_the_guardian_decides(ada: Invited, service: str, new_page: NewPage, look: Look) -> None:
    manager = _sign_in(new_page(), service, "Joan Webb")
    main = manager.locator("main")
    # The manager reads who saw whom, and asks from there
    follow(manager.get_by_role("link", name="Who saw our patients").first)
    expect(main).to_contain_text("2 organisations opened the record of 1 of your patients")
    expect(main).to_contain_text("Dr Priya Nair")
    expect(main).not_to_contain_text("Helen Marsh")
    look(manager, "own-audit")
    follow(manager.get_by_role("link", name=re.compile("Ask for access to stop.*North locality")))
    expect(manager.get_by_label("Whose access should stop?")).to_have_value("T04")
    manager.get_by_label("For one patient only?").fill("Ada")
    follow(manager.get_by_role("button", name="Ask for access to stop"))
    expect(manager.locator(".op-error-summary li")).to_have_count(2)
    expect(manager.get_by_label("For one patient only?")).to_have_value("Ada")
    look(manager, "ask-access-stop-errors")
    manager.get_by_label("For one patient only?").fill("")
    manager.get_by_label("Why?").fill("We do this ourselves.")
    follow(manager.get_by_role("button", name="Ask for access to stop"))
    expect(main).to_contain_text("Your request is with the Caldicott guardian.")
    # The guardian sees what is open, must say why, and decides
    guardian = _sign_in(new_page(), service, "Dr Amina Yusuf")
    guardian.goto(f"{service}/oversight/access-stops")
    look(guardian, "access-stops")
    follow(guardian.get_by_role("link", name="First Surgery about North locality"))
    expect(guardian.locator("main")).to_contain_text("Ada Okafor")
    follow(guardian.get_by_role("button", name="Record the decision"))
    expect(guardian.locator(".op-error-summary li")).to_have_count(2)
    look(guardian, "access-stop-errors")
    guardian.get_by_label("Stop the access").check()
    guardian.get_by_label("Why?").fill("Agreed.")
    follow(guardian.get_by_role("button", name="Record the decision"))
    expect(guardian.locator("main")).to_contain_text("Your decision is recorded")
    # And the practice reads it, and the locality sees nobody of theirs
    manager.reload()
    expect(main).to_contain_text("Granted")
    look(manager, "ask-access-stop-decided")
    lead = _sign_in(new_page(javascript=False), service, "Helen Marsh")
    expect(lead.locator("main")).not_to_contain_text("Ada")


def test_the_officer_searches_and_looks_into_patterns(
    ada: Invited, service: str, new_page: NewPage, look: Look
) -> None:
    officer = _sign_in(new_page(), service, "Martin Cole")
    officer.goto(f"{service}/oversight/audit")
    officer.locator("summary", has_text="Search").click()
    officer.get_by_label("NHS number").fill("999 000 0019")
    officer.get_by_label("User").fill("Nobody")
    follow(officer.get_by_role("button", name="Search"))
    expect(officer.locator(".op-error-summary")).to_contain_text("No user has this username or name")
    look(officer, "audit-search-errors")
    officer.get_by_label("NHS number").fill("999 000 0018")
    officer.get_by_label("User").fill("Helen Marsh")
    follow(officer.get_by_role("button", name="Search"))
    assert "9990000018" not in re.sub(r"\+|%20", "", officer.url)
    expect(officer.locator("tbody")).to_contain_text("North locality")
    look(officer, "audit-search")
    officer.goto(f"{service}/oversight/who-saw-letter")
    follow(officer.get_by_role("button", name="Send the letter"))
    look(officer, "who-saw-letter-error")
    # A colleague of the patient's surname looked: Sam Okafor
    with enter(staff("call-handler")) as kin:
        record("viewed", by=kin, person=ada.person)
    officer.goto(f"{service}/oversight/patterns")
    expect(officer.locator("main")).to_contain_text("Sam Okafor")
    officer.locator("summary", has_text="Looked into").first.click()
    follow(officer.get_by_role("button", name="Write it down").first)
    expect(officer.locator(".op-error-summary")).to_contain_text("Write what you found")
    look(officer, "patterns-error")
    officer.get_by_label("What did you find?").first.fill("No relation.")
    follow(officer.get_by_role("button", name="Write it down").first)
    expect(officer.locator("main")).not_to_contain_text("Sam Okafor")
    look(officer, "patterns")


def test_a_person_reads_who_saw_them_on_a_phone(ada: Invited, service: str, new_page: NewPage, look: Look) -> None:
    phone = new_page()
    phone.goto(f"{service}/c/{ada.token}/who-saw")
    for part, value in (("Day", "31"), ("Month", "3"), ("Year", "1945")):
        phone.get_by_label(part, exact=True).fill(value)
    follow(phone.get_by_role("button"))
    main = phone.locator("main")
    expect(main).to_contain_text("Clinical reviewer at First Surgery, 2 times, for your care")
    expect(main).not_to_contain_text("Priya")
    look(phone, "who-saw-me")
    stranger = new_page(javascript=False)
    answered = stranger.goto(f"{service}/who-saw-me")
    assert answered is not None
    assert answered.status == 403


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page
