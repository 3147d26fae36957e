"""Reviewers, call handlers, partners and those who watch over all of it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection, connections
from playwright.sync_api import Page, expect

from openprotect.demo.personas import link_in
from openprotect.governance.scope import enter, system
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs.worker import run_jobs
from tests.browser.arrange import follow
from tests.factories.small_service import ADA, ALL_WELL, BASHIR, BEGINS, Invited, answer, days_pass, small_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
UNANSWERED_UNTIL_RUNG = 5  # days, by which two check-ins in a row were missed


@dataclass(frozen=True)
class Demo:
    address: str
    people: dict[str, Invited]


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Demo:
    """A served demo with two people, in two practices."""
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    people = small_service(tmp_path, ADA, BASHIR)
    return Demo(request.getfixturevalue("service"), people)


def test_a_reviewer_works_a_need_with_a_partner(demo: Demo, new_page: NewPage) -> None:
    # Given somebody who ran out of medicines and cannot have them collected
    answer(demo.people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    # When the reviewer of their practice opens the worklist, without JavaScript
    reviewer = _sign_in(new_page(javascript=False), demo, "Dr Priya Nair")
    expect(reviewer.get_by_role("row")).to_have_count(2)
    expect(reviewer.locator("tbody")).to_contain_text("due in 4 hours")
    follow(reviewer.get_by_role("link", name="Ada Okafor"))
    # Then they see whom, how to reach them, what to mind, the rule, and what was answered
    main = reviewer.locator("main")
    for seen in ("999 000 0018", "07700 900001", "1 High Street", "Needs large print", "rule R", "Surveillance team"):
        expect(main).to_contain_text(seen)
    # And when they accept it, the practice holds it
    follow(reviewer.get_by_role("button", name="Accept"))
    expect(main).to_contain_text("Responsible now: First Surgery")
    # And when they write a note and refer it to volunteers, the note stands there and a link is sent
    reviewer.get_by_text("Add a note").click()
    reviewer.get_by_label("Your note").fill("Rang her. <b>Daughter</b> is away.")
    follow(reviewer.get_by_role("button", name="Save the note"))
    expect(main).to_contain_text("Rang her. <b>Daughter</b> is away.")
    reviewer.get_by_text("Refer to another organisation").click()
    reviewer.get_by_label("Test Volunteers").check()
    reviewer.get_by_label("What do you ask of them?").fill("Please collect her prescription.")
    follow(reviewer.get_by_role("button", name="Refer"))
    expect(main).to_contain_text("With a partner")
    # And the partner opens the link, sees that and nothing else, accepts and reports
    partner = new_page(javascript=False)
    partner.goto(demo.address + _referral_link())
    expect(partner.locator("main")).to_contain_text("Please collect her prescription.")
    expect(partner.locator("main")).not_to_contain_text("999 000 0018")
    follow(partner.get_by_role("button", name="Accept"))
    partner.get_by_label("Done", exact=True).check()
    partner.get_by_label("Anything we should know").fill("Left with a neighbour.")
    follow(partner.get_by_role("button", name="Send the outcome"))
    expect(partner.locator("main")).to_contain_text("Left with a neighbour.")
    expect(partner.locator("main")).not_to_contain_text("Ada")
    # And the reviewer reads it and closes it
    reviewer.reload()
    expect(main).to_contain_text("Left with a neighbour.")
    reviewer.get_by_text("Close with an outcome").click()
    reviewer.get_by_label("Medicines delivered or collected").check()
    follow(reviewer.get_by_role("button", name="Close", exact=True))
    expect(main).to_contain_text("Nothing waits for you here.")


def test_a_call_handler_rings_the_next_person(demo: Demo, new_page: NewPage) -> None:
    # Given somebody who has missed two check-ins
    answer(demo.people["bashir"])
    days_pass(UNANSWERED_UNTIL_RUNG)
    handler = _sign_in(new_page(javascript=False), demo, "Sam Okafor")
    # When the handler takes the next person
    follow(handler.get_by_role("button", name="Next person to ring"))
    main = handler.locator("main")
    expect(main.get_by_role("heading", level=1)).to_contain_text("Ring ")
    expect(main).to_contain_text("Hello, my name is Sam Okafor")
    # And says that it was completed without having asked, the questions that lack an answer are named
    handler.get_by_label("07700").first.check()
    handler.get_by_label("Check-in completed").check()
    follow(handler.get_by_role("button", name="Record the call"))
    expect(handler.locator(".op-error-summary")).to_contain_text("Are you more breathless")
    # And when the questions are asked and it is sent again, answers and call are recorded together
    _answer(handler)
    follow(handler.get_by_role("button", name="Record the call"))
    expect(main).to_contain_text("The call is recorded")
    assert _count("check_in_answerset WHERE answered_by = 'call_handler'") == 1
    assert _count("contact_calltry WHERE outcome = 'completed'") == 1


def test_a_wrong_number_belongs_to_the_number(demo: Demo, new_page: NewPage) -> None:
    days_pass(UNANSWERED_UNTIL_RUNG)
    handler = _sign_in(new_page(javascript=False), demo, "Sam Okafor")
    _ring_until_it_is(handler, "Ada")
    # When it is the wrong number but not said which
    handler.get_by_label("Wrong number").check()
    follow(handler.get_by_role("button", name="Record the call"))
    expect(handler.locator(".op-error-summary")).to_contain_text("Select the number that is wrong")
    # Then it is asked; and the number alone ends, and she is still to be rung by the other one
    handler.get_by_label("01632 960111").check()
    follow(handler.get_by_role("button", name="Record the call"))
    _ring_until_it_is(handler, "Ada")
    expect(handler.locator("main")).to_contain_text("07700 900001")
    expect(handler.locator("main")).not_to_contain_text("01632 960111")


def test_nobody_opens_what_is_not_theirs(demo: Demo, new_page: NewPage) -> None:
    # Given a need of the first practice's patient
    answer(demo.people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    handler = _sign_in(new_page(), demo, "Sam Okafor")
    reviewer = _sign_in(new_page(), demo, "Dr Priya Nair")
    follow(reviewer.get_by_role("link", name="Ada Okafor"))
    need = reviewer.url
    # Then a call handler opens neither worklist nor need, the reviewer no calls, ledger or audit trail
    refused = [(handler, "/staff/worklist"), (handler, need.removeprefix(demo.address))]
    refused += [(reviewer, each) for each in ("/staff/calls", "/oversight/ledger", "/oversight/audit")]
    for page, path in refused:
        answered = page.goto(demo.address + path)
        assert answered is not None
        assert answered.status == 404
        assert "Ada" not in page.content()
    # And a patient of the other practice is not there for this one
    answer(demo.people["bashir"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    other = _id_of_need(demo.people["bashir"])
    found = reviewer.goto(f"{demo.address}/staff/needs/{other}")
    assert found is not None
    assert found.status == 404
    assert "Bashir" not in reviewer.content()
    # And every look at Ada is in the audit trail
    assert _count("governance_auditevent WHERE action = 'viewed' AND object_type = 'call to action'") == 1
    # And whoever is not signed in is told so
    stranger = new_page()
    stranger.goto(need)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("You are not signed in")


def test_every_page_is_accessible_at_three_widths(demo: Demo, new_page: NewPage, look: Look) -> None:
    page = new_page()
    page.goto(demo.address)
    look(page, "demo-front")
    answer(demo.people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False, rely_on=False)
    reviewer = _sign_in(page, demo, "Dr Priya Nair")
    look(reviewer, "worklist")
    follow(reviewer.get_by_role("link", name="Ada Okafor"))
    look(reviewer, "need")
    for unfold, button in (("Add a note", "Save the note"), ("Refer to another", "Refer"), ("Close with", "Close")):
        reviewer.get_by_text(unfold).click()
        follow(reviewer.get_by_role("button", name=button, exact=True))
        look(reviewer, f"need-error-{button.split()[0].lower()}")
    follow(reviewer.get_by_role("button", name="Accept"))
    look(reviewer, "need-accepted")
    reviewer.get_by_text("Refer to another").click()
    reviewer.get_by_label("Test Volunteers").check()
    reviewer.get_by_label("What do you ask of them?").fill("Please collect her prescription.")
    follow(reviewer.get_by_role("button", name="Refer"))
    look(reviewer, "need-with-partner")
    partner = new_page()
    partner.goto(demo.address + _referral_link())
    look(partner, "referral")
    follow(partner.get_by_role("button", name="Accept"))
    follow(partner.get_by_role("button", name="Send the outcome"))
    look(partner, "referral-error")
    partner.get_by_text("I cannot help").click()
    partner.get_by_label("Why do you hand it back?").fill("Not in our area.")
    follow(partner.get_by_role("button", name="Hand it back"))
    look(partner, "referral-settled")
    partner.goto(f"{demo.address}/r/{'x' * 22}")
    look(partner, "referral-unknown")
    days_pass(UNANSWERED_UNTIL_RUNG)
    handler = _sign_in(new_page(), demo, "Sam Okafor")
    look(handler, "calls")
    follow(handler.get_by_role("button", name="Next person to ring"))
    look(handler, "call")
    handler.get_by_label("Check-in completed").check()
    follow(handler.get_by_role("button", name="Record the call"))
    look(handler, "call-error")
    for who, name in (("Grace Adeyemi", "ledger"), ("Martin Cole", "audit"), ("Tom Whitfield", "worklist-overdue")):
        look(_sign_in(new_page(), demo, who), name)
    lead = _sign_in(new_page(), demo, "Helen Marsh")
    look(lead, "worklist-lead")
    lead.goto(f"{demo.address}/oversight/ledger")
    look(lead, "ledger-lead")
    page.goto(f"{demo.address}/demo/outbox")
    look(page, "outbox")
    follow(page.locator("tbody a").first)
    look(page, "message")


def test_signing_out_leaves_nothing(demo: Demo, new_page: NewPage) -> None:
    page = _sign_in(new_page(javascript=False), demo, "Dr Priya Nair")
    follow(page.get_by_role("button", name="Sign out"))
    page.goto(f"{demo.address}/staff/worklist")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")


def test_outside_a_demo_nobody_signs_in(service: str, new_page: NewPage, look: Look) -> None:
    page = new_page()
    page.goto(service)
    expect(page.get_by_role("button")).to_have_count(0)
    look(page, "front")
    answered = page.goto(f"{service}/demo/outbox")
    assert answered is not None
    assert answered.status == 404


def _sign_in(page: Page, demo: Demo, name: str) -> Page:
    page.goto(demo.address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page


def _ring_until_it_is(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name="Next person to ring"))
    if name not in page.title():
        page.get_by_label("No answer").check()
        follow(page.get_by_role("button", name="Record the call"))
        _ring_until_it_is(page, name)


def _answer(page: Page) -> None:
    for question, value in ALL_WELL.items():
        for one in value if isinstance(value, list) else [value]:
            page.check(f"[name={question}][value={str(one).lower() if isinstance(one, bool) else one}]")


def _referral_link() -> str:
    """What the worker sent to the partner."""
    with ThreadPoolExecutor(1) as worker:  # in this thread the browser's loop is running
        worker.submit(_work).result()
    by = system("test", now=BEGINS)
    with enter(by):
        return next(link for m in outbox.messages(scope=by, channel="email") if "/r/" in (link := link_in(m.body)))


def _work() -> None:
    try:
        run_jobs()
    finally:
        connections.close_all()


def _count(rows: str) -> int:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {rows}")
        return int(cursor.fetchone()[0])


def _id_of_need(invited: Invited) -> str:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM act_calltoaction WHERE person_id = %s", [invited.person])
        return str(cursor.fetchone()[0])
