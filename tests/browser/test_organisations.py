"""Organisations and who could see whom, on a phone, a tablet and a desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from openprotect.governance import actions
from openprotect.governance.scope import system
from openprotect.journey import flow
from tests.browser.arrange import follow
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A served demo with two people, in two practices, whose localities merge in May."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    small_service(tmp_path, ADA, BASHIR)
    flow.perform(
        actions.merge_organisations,
        codes=("T04", "T05"), into="T44", name="COUNTY LOCALITY", starts_on=date(2020, 5, 1),
        by=system("test", now=BEGINS), now=BEGINS,
    )  # fmt: skip
    address: str = request.getfixturevalue("service")
    return address


def test_an_organisation_is_found_read_and_changed(demo: str, new_page: NewPage, look: Look) -> None:
    page = _sign_in(new_page(), demo, "Lee Turner")
    page.goto(f"{demo}/oversight/organisations")
    page.get_by_label("Code or name").fill("first")
    follow(page.get_by_role("button", name="Search"))
    look(page, "organisations")
    follow(page.get_by_role("link", name="First Surgery"))
    expect(page.locator("main")).to_contain_text("COUNTY LOCALITY")
    look(page, "organisation")
    page.get_by_text("Say when a team is there").click()
    page.get_by_label("When are they there?").fill("sometimes")
    follow(page.get_by_role("button", name="Set the hours"))
    expect(page.get_by_label("When are they there?")).to_have_value("sometimes")
    look(page, "organisation-error")
    page.get_by_role("radio").first.check()
    page.get_by_label("When are they there?").fill("Monday to Sunday 00:00 to 24:00")
    page.get_by_label("They are also there on bank holidays").check()
    follow(page.get_by_role("button", name="Set the hours"))
    expect(page.locator("main")).to_contain_text("Open all day and night")


def test_who_could_see_whom_is_asked(demo: str, new_page: NewPage, look: Look) -> None:
    page = _sign_in(new_page(), demo, "Martin Cole")
    page.goto(f"{demo}/oversight/could-see")
    page.get_by_label("Code of an organisation").fill("T04")
    follow(page.get_by_role("button", name="Show who could"))
    look(page, "could-see-error")
    for label, value in (("Day", "7"), ("Month", "4"), ("Year", "2020")):
        page.get_by_label(label, exact=True).fill(value)
    follow(page.get_by_role("button", name="Show who could"))
    expect(page.locator("main")).to_contain_text("Live there")
    look(page, "could-see")


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=name))
    return page
