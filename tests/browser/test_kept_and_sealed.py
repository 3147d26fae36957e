"""How long everything is kept, and how the audit trail is sealed, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from openprotect.governance import actions as governance
from openprotect.governance.scope import system
from openprotect.jobs import retention, trail
from openprotect.journey import flow
from tests.browser.arrange import follow
from tests.factories.small_service import ADA, BEGINS, small_service, staff

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def kept(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealed trail, a hold on everything, and a hold on sending."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    small_service(tmp_path, ADA)
    by = staff("ig-lead")
    flow.perform(governance.place_hold, name="Inquiry", reason="It asked for it", by=by, now=BEGINS)
    retention.dispose(now=BEGINS + timedelta(minutes=1))
    trail.seal(now=BEGINS)
    worker = system("worker", now=BEGINS)
    flow.perform(governance.hold_sending, because="The anchor knows more", by=worker, now=BEGINS)


def test_an_officer_reads_what_is_kept_and_what_is_sealed(
    kept: None, service: str, new_page: NewPage, look: Look
) -> None:
    page = new_page()
    page.goto(f"{service}/")
    follow(page.get_by_role("button", name="Martin Cole"))
    main = page.locator("main")
    page.goto(f"{service}/oversight/governance")
    follow(page.get_by_role("link", name="How long everything is kept"))
    expect(main.get_by_role("heading", name="Inquiry")).to_be_visible()
    expect(main.get_by_role("definition").filter(has_text="everything").first).to_be_visible()
    expect(main).to_contain_text("NHS Records Management Code of Practice")
    look(page, "retention")
    page.goto(f"{service}/oversight/governance")
    follow(page.get_by_role("link", name="Seal of the audit trail"))
    expect(main).to_contain_text("Sending is on hold")
    expect(main).to_contain_text("Not sealed yet")
    look(page, "seal-of-the-audit-trail")
