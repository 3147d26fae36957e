"""A cohort in numbers, what its next version changes, and who was in on a day: in a real browser, without a script."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.journey.identify import why
from openprotect.journey.identify.facts import ConditionExplained, Explanation, RuleExplained
from openprotect.programmes import actions as programmes
from openprotect.programmes.loader import load_pack
from tests.browser.arrange import follow
from tests.factories.runs import reason, run_finds
from tests.factories.small_service import ADA, BEGINS, FIRST, PACK, SECOND, open_service

NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]
NEXT_DAY = BEGINS + timedelta(days=1)
CALLED = [("Mary", "Ash"), ("Brij", "Rao"), ("Joan", "Hill"), ("Peter", "Cole"), ("Ines", "Costa"), ("Tom", "Yates")]
SOMEBODY = replace(ADA, nhs_number="", contact_points=(), needs=())
PEOPLE = tuple(
    replace(
        SOMEBODY,
        source_id=f"p{n}",
        given_name=CALLED[n % 6][0],
        family_name=CALLED[n // 6][1],
        practice_code=SECOND if n % 3 else FIRST,
        sex="male" if n % 2 else "female",
        ethnic_category="AMHR"[n % 5 : n % 5 + 1],
        imd_decile=1 + n % 4,
    )
    for n in range(36)
)


@pytest.fixture
def demo(committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("OPENPROTECT_MODE", "demo")
    open_service(tmp_path)
    run_finds(*(reason(each) for each in PEOPLE[:30]), people=PEOPLE, now=BEGINS)
    _next_version(tmp_path / "2026.2")
    found = [reason(each) for each in PEOPLE[6:]] + [reason(each, "CKD-5", "later-added") for each in PEOPLE[20:]]
    run_finds(*found, people=PEOPLE, now=NEXT_DAY, data_age={"events": "2020-04-06", "medicines": "2020-04-01"})
    address: str = request.getfixturevalue("service")
    return address


def _next_version(folder: Path) -> None:
    shutil.copytree(PACK / "2026.1", folder)
    for file, was, now in (
        ("0-programme.yaml", "2026.1", "2026.2"),
        ("codelists.lock", "2026.1", "2026.2"),
        ("1-cohort.yaml", "blood_cancer_admissions], within: 5 years", "blood_cancer_admissions], within: 3 years"),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        assert was in text
        (folder / file).write_text(text.replace(was, now), encoding="utf-8")
    by = system("test", now=NEXT_DAY)
    version = flow.perform(programmes.publish_pack, pack=load_pack(folder), by=by, now=NEXT_DAY)
    flow.perform(programmes.switch_on, version=version, by=by, now=NEXT_DAY)


def test_a_cohort_is_seen_compared_and_asked_about(demo: str, new_page: NewPage, look: Look) -> None:
    # Given the central team, who cares for nobody
    central = _sign_in(new_page(javascript=False), demo, "Grace Adeyemi")
    follow(central.get_by_role("link", name="Cohorts"))
    expect(central.locator("main")).to_contain_text("30 people are in the cohort")
    expect(central.locator("main")).to_contain_text("Numbers under 5 are not shown")
    # When they look at what the new version changed
    follow(central.get_by_role("link", name="What changed"))
    expect(central.locator("main")).to_contain_text("30 were in by run 1")
    expect(central.locator("main")).to_contain_text("6 came in, 6 went out")
    expect(central.get_by_role("heading", name="Changed Rule BLOOD-CANCER")).to_be_visible()
    blood_cancer = central.locator(".op-says").filter(has_text="BLOOD-CANCER").last
    assert "blood cancer admissions recorded within 3 years" in blood_cancer.inner_text().splitlines()[1]
    expect(blood_cancer.locator("strong")).to_contain_text("within 3 years")
    central.get_by_label("What it became").select_option("")
    follow(central.get_by_role("button", name="Compare"))
    expect(central.locator(".op-error-summary")).to_contain_text("Choose what it became")
    follow(central.get_by_role("link", name="Who is at risk"))
    follow(central.get_by_role("link", name="What the definition says"))
    expect(central.locator("main")).to_contain_text("blood cancer admissions recorded within 3 years")
    # Then the board's surveillance team sees its people, and nothing of it is out of anybody's reach
    board = _sign_in(new_page(), demo, "Tom Whitfield")
    for address, name in (
        ("/oversight/cohorts", "cohort"),
        ("/oversight/cohorts/compare", "cohort-compare"),
        ("/oversight/cohorts/definition", "cohort-definition"),
    ):
        board.goto(demo + address)
        look(board, name)


def test_a_practice_asks_who_was_in(demo: str, new_page: NewPage, look: Look) -> None:
    reviewer = _sign_in(new_page(), demo, "Dr Priya Nair")
    reviewer.goto(f"{demo}/oversight/cohorts/was-in")
    follow(reviewer.get_by_role("button", name="Show who was in"))
    for part, value in (("Day", "7"), ("Month", "4"), ("Year", "2020")):
        reviewer.get_by_label(part, exact=True).fill(value)
    follow(reviewer.get_by_role("button", name="Show who was in"))
    expect(reviewer.locator("main")).to_contain_text("TRANSPLANT is true")
    look(reviewer, "cohort-was-in")


def _sign_in(page: Page, address: str, name: str) -> Page:
    page.goto(address)
    follow(page.get_by_role("button", name=f"Be {name}"))
    return page


def test_who_cares_for_somebody_is_told_why_they_are_listed(demo: str, new_page: NewPage, look: Look) -> None:
    # Given somebody of the practice who was found by the first run and not by the second
    reviewer = _sign_in(new_page(javascript=False), demo, "Dr Priya Nair")
    reviewer.goto(f"{demo}/oversight/cohorts/was-in?programme=covid-protect&on-day=7&on-month=4&on-year=2020")
    follow(reviewer.get_by_role("link", name="Mary Ash"))
    main = reviewer.locator("main")
    expect(main).to_contain_text("Not listed since 8 April 2020, by run 2: that run did not find them any more")
    expect(main).to_contain_text("TRANSPLANT is true")
    # When the reviewer has the records read, and the worker answers: here from a run of records that nobody has
    address = reviewer.url
    follow(reviewer.get_by_role("button", name="Read the records"))
    expect(main).to_contain_text("The records are being read")
    (question,) = _waiting()
    _answers(question)
    follow(reviewer.get_by_role("link", name="Show the answer"))
    # Then each rule is there with how near it is, for this reader alone
    expect(main).to_contain_text("No rule is true of them")
    expect(main).to_contain_text("one issue of two within 6 months")
    expect(reviewer.get_by_role("button", name="Read the records again")).to_be_visible()
    scripted = _sign_in(new_page(), demo, "Dr Priya Nair")
    scripted.goto(address)
    look(scripted, "why-listed")
    lead = _sign_in(new_page(), demo, "Helen Marsh")
    lead.goto(address)
    expect(lead.locator("h1")).to_contain_text("Page not found")


def _waiting() -> list[UUID]:
    with enter(system("test", now=NEXT_DAY)) as by:
        return why.waiting(scope=by)


def _answers(question: UUID) -> None:
    asked = ConditionExplained("at least two issues of immunosuppressants within 6 months", holds=False,
                               shown_by="one issue of two within 6 months")  # fmt: skip
    parts = ConditionExplained(
        "all of these", False, "none of one", (ConditionExplained("sex female", False, "sex male"),)
    )
    rules = (RuleExplained("IMMUNO-2IN6M", "immunosuppression", False, asked, None),
             RuleExplained("PREGNANT-HEART", "pregnancy", False, parts, None))  # fmt: skip
    told = Explanation("p0", "covid-protect", NEXT_DAY.date(), None, rules, {"services": "social_care_records"})
    by = system("test", now=NEXT_DAY)
    flow.perform(why.keep_answer, question=question, explanation=told, by=by, now=NEXT_DAY)
