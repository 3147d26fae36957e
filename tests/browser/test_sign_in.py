"""Signing in with a passkey and an authenticator app, and a form that outlives its session, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.browser.arrange import follow
from tests.factories.accounts import PASSWORD, appointed, code_of, setup_link
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, FIRST, Invited, answer, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
LONG_AGO = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Demo:
    address: str
    people: dict[str, Invited]


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Demo:
    """A served demo with two people, in two practices."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    people = small_service(tmp_path, ADA, BASHIR)
    # By its name: a browser makes no passkeys for an address that is a number.
    return Demo(request.getfixturevalue("service").replace("127.0.0.1", "localhost"), people)


def test_somebody_begins_with_a_link_and_then_signs_in_with_a_passkey(
    demo: Demo, new_page: NewPage, look: Look
) -> None:
    page = new_page()
    _has_a_fingerprint_reader(page)
    # Given a link that was handed over
    page.goto(demo.address + setup_link(appointed("nurse", FIRST, "reviewer", title="Lead nurse, West")))
    look(page, "sign-in-begin")
    page.get_by_label("Choose a password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Set the password"))
    # When they sign in with the password
    look(page, "sign-in")
    _gives_password(page)
    # Then it opens nothing but the page to set up more
    expect(page.get_by_role("heading", level=1)).to_have_text("How you sign in")
    look(page, "second-factor")
    page.goto(f"{demo.address}/staff/worklist")
    expect(page.get_by_role("heading", level=1)).to_have_text("How you sign in")
    # And when they make a passkey, they have recovery codes and come to their work, under their title
    follow(page.get_by_role("link", name="Add a passkey"))
    look(page, "add-passkey")
    follow(page.get_by_role("button", name="Make the passkey"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    look(page, "recovery-codes")
    follow(page.get_by_role("link", name="Go on to your work"))
    expect(page.get_by_role("navigation", name="Account")).to_contain_text("Nurse, Lead nurse, West")
    # And the next time the passkey alone is enough
    follow(page.get_by_role("button", name="Sign out"))
    page.goto(f"{demo.address}/sign-in/")
    follow(page.get_by_role("button", name="Sign in with a passkey"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Needs action")
    # And as a second factor after the password, too
    follow(page.get_by_role("button", name="Sign out"))
    page.goto(f"{demo.address}/sign-in/")
    _gives_password(page)
    look(page, "second-factor-asked")
    follow(page.get_by_role("button", name="Use a passkey"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Needs action")
    proven = rows("SELECT why FROM governance_auditevent WHERE action = 'signed in' ORDER BY id")
    assert proven == [("password",), ("webauthn",), ("password, webauthn",)]


def test_an_authenticator_app_needs_no_script(demo: Demo, new_page: NewPage, look: Look) -> None:
    page = new_page(javascript=False)
    page.goto(demo.address + setup_link(appointed("nurse", FIRST, "reviewer")))
    page.get_by_label("Choose a password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Set the password"))
    page.get_by_label("Username").fill("nurse")
    page.get_by_label("Password").fill("not this one")
    follow(page.get_by_role("button", name="Sign in", exact=True))
    expect(page.locator(".op-error-summary")).to_contain_text("do not go together")
    _gives_password(page)
    follow(page.get_by_role("link", name="Set up an authenticator app"))
    key = page.locator("#totp-key").inner_text()
    page.get_by_label("Code").fill(code_of(key))
    follow(page.get_by_role("button", name="Set it up"))
    follow(page.get_by_role("link", name="Go on to your work"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Needs action")


def test_the_pages_of_an_administrator_are_for_everybody(demo: Demo, new_page: NewPage, look: Look) -> None:
    page = new_page()
    _is(page, demo, "Lee Turner")
    for path in ("people-who-work", "people-who-work/appoint", "roles"):
        page.goto(f"{demo.address}/oversight/{path}")
        look(page, path.replace("/", "-"))


def test_a_note_typed_into_a_session_that_had_ended_is_in_the_form_again(demo: Demo, new_page: NewPage) -> None:
    # Given a reviewer who writes a note, and goes to lunch before it is saved
    answer(demo.people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    page = new_page(javascript=False)
    _is(page, demo, "Dr Priya Nair")
    follow(page.get_by_role("link", name="Ada Okafor"))
    need = page.url
    page.get_by_text("Add a note").click()
    page.get_by_label("Your note").fill("Rang her. <b>Daughter</b> & son are away.\nTry at 6.")
    _time_passes("staff_seen")
    # When they save it, they are asked to sign in again, and nothing was sent
    follow(page.get_by_role("button", name="Save the note"))
    expect(page.locator("main")).to_contain_text("What you typed is kept for an hour")
    # And signed in as somebody else in the same browser they do not see it
    _is(page, demo, "Helen Marsh")
    page.goto(need)
    expect(page.get_by_label("Your note")).not_to_have_value("Rang her. <b>Daughter</b> & son are away.\nTry at 6.")
    assert _notes() == 0


def test_signed_in_again_the_note_is_there_and_is_sent_by_hand(demo: Demo, new_page: NewPage) -> None:
    answer(demo.people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    page = new_page(javascript=False)
    _is(page, demo, "Dr Priya Nair")
    follow(page.get_by_role("link", name="Ada Okafor"))
    page.get_by_text("Add a note").click()
    page.get_by_label("Your note").fill("Rang her. <b>Daughter</b> & son are away.\nTry at 6.")
    _time_passes("staff_seen")
    follow(page.get_by_role("button", name="Save the note"))
    _is(page, demo, "Dr Priya Nair")
    # Then the form stands open with what was typed, and it is said that nothing was sent
    expect(page.locator("main")).to_contain_text("You were signed out before this was sent")
    expect(page.get_by_label("Your note")).to_have_value("Rang her. <b>Daughter</b> & son are away.\nTry at 6.")
    assert _notes() == 0
    follow(page.get_by_role("button", name="Save the note"))
    expect(page.locator("main")).to_contain_text("Rang her. <b>Daughter</b> & son are away.")
    expect(page.get_by_label("Your note")).to_have_value("")
    assert _notes() == 1


def test_answers_entered_on_a_page_that_had_ended_are_there_after_the_door(demo: Demo, new_page: NewPage) -> None:
    page = new_page(javascript=False)
    _opens_link(page, demo)
    page.get_by_label("I am answering for myself").check()
    asked = page.url
    _time_passes("person_seen")
    follow(page.get_by_role("button", name="Continue"))
    expect(page.locator("main")).to_contain_text("What you just entered is kept for an hour, too")
    _opens_link(page, demo)
    assert page.url == asked
    expect(page.get_by_label("I am answering for myself")).to_be_checked()
    assert one("SELECT count(*) FROM check_in_draft") == 0  # not saved until it is sent
    follow(page.get_by_role("button", name="Continue"))
    assert one("SELECT count(*) FROM check_in_draft") == 1


def _has_a_fingerprint_reader(page: Page) -> None:
    """Chromium's own virtual authenticator: it makes passkeys, and somebody's finger is on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _gives_password(page: Page) -> None:
    page.get_by_label("Username").fill("nurse")
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign in", exact=True))


def _is(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.address}/")
    follow(page.get_by_role("button", name=f"Be {name}"))


def _opens_link(page: Page, demo: Demo) -> None:
    ada = demo.people["ada"]
    page.goto(f"{demo.address}/c/{ada.token}")
    for part, value in zip(("Day", "Month", "Year"), (31, 3, 1945), strict=True):
        page.get_by_label(part, exact=True).fill(str(value))
    follow(page.get_by_role("button", name="Continue"))


def _time_passes(key: str) -> None:
    """Every session was last used a day ago."""
    for held in Session.objects.all():
        session = SessionStore(session_key=held.session_key)
        if key in session:
            session[key] = time.time() - LONG_AGO
            session.save()


def _notes() -> int:
    return int(one("SELECT count(*) FROM act_note"))
