"""Cohorts on screen: who cares for the people sees their own as they are, all others nothing that is small."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import clock
from openprotect.governance.scope import enter, system
from openprotect.journey.identify import figures
from openprotect.people.facts import Arrival
from tests.factories.accounts import appointed
from tests.factories.runs import reason, run_finds
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, FIRST, SECOND, open_service

NEXT_DAY = BEGINS + timedelta(days=1)
FEW, MANY, ELSEWHERE = 3, 30, 6
NOBODY = "Rule DOWN found nobody."


def crowd(name: str, size: int, practice: str, sex: str) -> list[Arrival]:
    made = replace(ADA, nhs_number="", contact_points=(), needs=(), practice_code=practice, sex=sex)
    return [replace(made, source_id=f"{name}-{n}", family_name=f"{name}-{n}") for n in range(size)]


PEOPLE = (
    *crowd("few", FEW, FIRST, "female"),
    *crowd("many", MANY, SECOND, "male"),
    *crowd("elsewhere", ELSEWHERE, "", "male"),
)


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))
    first = [reason(each) for each in PEOPLE[1:]]
    run_finds(*first, people=PEOPLE, now=BEGINS)
    second = [reason(each) for each in PEOPLE] + [reason(each, "CKD-5", "later-added") for each in PEOPLE[:7]]
    run_finds(*second, people=PEOPLE, now=NEXT_DAY, data_age={"events": "2020-04-06"}, notes=(NOBODY,))
    clock.set_clock(NEXT_DAY + timedelta(hours=1), running=False)


def page(username: str, address: str, status: int = 200) -> str:
    client = Client()
    with enter(system("test", now=clock.now())):
        user = get_user_model().objects.get(username=username)
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[-2000:]
    text = re.sub(r"<svg.*?</svg>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.split("<main", 1)[-1]))


@pytest.mark.usefixtures("service")
def test_whoever_cares_for_nobody_sees_no_small_number() -> None:
    shown = page("central-team", "/oversight/cohorts")
    assert "39 people are in the cohort" in shown
    assert "Numbers under 5 are not shown" in shown
    # Three of one locality and six of none: with thirty shown, either would tell the other.
    assert re.search(r"South locality 30 Second Surgery 30", shown)
    assert re.search(r"North locality Not shown", shown)
    assert re.search(r"No practice known Not shown", shown)
    # Three women and 36 men: with one number that is not small, none is shown.
    assert "Too few people differ in this to show any number" in shown
    assert "Rules" not in shown
    # Seven are in both groups, and 32 in one: what is said of a group adds up from these.
    assert "Solid organ transplant 39 32" in shown
    assert "Solid organ transplant and Added to the national list later 7" in shown or (
        "Added to the national list later and Solid organ transplant 7" in shown
    )
    assert "Events Latest of 6 April 2020" in shown


@pytest.mark.usefixtures("service")
def test_a_practice_sees_its_own_people_as_they_are_and_nobody_elses() -> None:
    shown = page("reviewer-t06", "/oversight/cohorts")
    assert "Of your people 3 are in the cohort" in shown
    assert "Numbers under 5 are not shown" not in shown
    assert re.search(r"North locality 3 First Surgery 3", shown)
    assert "Second Surgery" not in shown
    assert re.search(r"Female 3 Male 0", shown)
    assert re.search(r"CKD-5 3", shown)


@pytest.mark.usefixtures("service")
def test_a_locality_lead_who_may_not_read_reasons_is_told_no_small_group() -> None:
    shown = page("reviewer-t04", "/oversight/cohorts")  # a locality lead in North
    assert "Of your people 3 are in the cohort" in shown
    assert "Too few people are in each group to show any" in shown
    assert "CKD-5" not in shown


@pytest.mark.usefixtures("service")
def test_the_board_sees_everybody() -> None:
    shown = page("surveillance", "/oversight/cohorts?programme=covid-protect&run=1")
    assert "38 people are in the cohort" in shown
    assert re.search(r"North locality 2 First Surgery 2", shown)
    assert re.search(r"Had died 20 168", shown)


@pytest.mark.usefixtures("service")
def test_what_may_be_a_mistake_stands_with_its_run_for_whoever_sees_the_rules_of_everybody() -> None:
    appointed("board-reviewer", "T01", "reviewer", now=NEXT_DAY)
    assert f"What may be a mistake {NOBODY}" in page("board-reviewer", "/oversight/cohorts")
    assert "What may be a mistake" not in page("board-reviewer", "/oversight/cohorts?programme=covid-protect&run=1")
    for one_who_does_not in ("surveillance", "central-team", "reviewer-t06", "reviewer-t04"):
        assert NOBODY not in page(one_who_does_not, "/oversight/cohorts")


@pytest.mark.usefixtures("service")
def test_each_view_is_an_event() -> None:
    before = one("SELECT count(*) FROM governance_auditevent WHERE action = 'cohort viewed'")
    page("central-team", "/oversight/cohorts")
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'cohort viewed'") == before + 1


@pytest.mark.usefixtures("service")
def test_what_changed_between_two_runs_is_shown_to_those_who_care_for_the_people() -> None:
    shown = page("reviewer-t06", "/oversight/cohorts/compare?before=run-1&after=run-2")
    assert "Of your people 2 were in by run 1" in shown
    assert "1 came in, 0 went out" in shown
    assert re.search(r"CKD-5 3 0", shown)
    hidden = page("central-team", "/oversight/cohorts/compare")
    assert "Who came in and who went out is not shown: one of these numbers is under 5" in hidden
    assert "Both are of the same version" in hidden


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/oversight/cohorts?programme=none", 404),
        ("/oversight/cohorts?run=99", 404),
        ("/oversight/cohorts?run=x", 404),
        ("/oversight/cohorts/compare?before=run-1&after=version-1", 422),
        ("/oversight/cohorts/compare?before=run-1", 422),
        ("/oversight/cohorts/compare?before=run-1&after=run-77", 404),
        ("/oversight/cohorts/compare?before=version-999&after=version-998", 404),
        ("/oversight/cohorts/definition?version=1066", 404),
        ("/oversight/cohorts/definition", 200),
        ("/oversight/cohorts/was-in", 404),
    ],
)
def test_every_question_is_answered_or_refused(address: str, status: int) -> None:
    page("central-team", address, status)


@pytest.mark.usefixtures("service")
def test_who_was_in_on_a_day_and_why() -> None:
    shown = page("reviewer-t06", "/oversight/cohorts/was-in?on-day=7&on-month=4&on-year=2020")
    assert "By run 1" in shown
    assert "Ada few-1 TRANSPLANT is true (TRANSPLANT) " in shown
    assert "few-0" not in shown
    assert "many" not in shown
    seen = rows(
        "SELECT p.source_id FROM governance_auditevent e JOIN people_person p ON p.id = e.person_id"
        " WHERE e.action = 'seen in who was in' ORDER BY 1"
    )
    assert [name for (name,) in seen] == ["few-1", "few-2"]
    assert "Nobody had been looked for by then" in page(
        "reviewer-t06", "/oversight/cohorts/was-in?on-day=6&on-month=4&on-year=2020"
    )
    page("reviewer-t06", "/oversight/cohorts/was-in?on-day=1&on-month=1&on-year=2021", 422)


@pytest.mark.usefixtures("service")
def test_the_definition_is_read_aloud() -> None:
    shown = page("central-team", "/oversight/cohorts/definition")
    assert "at least two issues of immunosuppressants within 6 months, those of one day counted once" in shown
    assert "not clinically approved" in shown
    assert "The reason they are given:" in shown
    assert "This is the version that runs." in shown


@pytest.mark.parametrize(
    ("first", "people", "shown"), [(30, 29, False), (30, 25, True), (30, 30, True), (34, 30, False)]
)
def test_how_everybody_was_found_is_not_shown_where_it_tells_how_few_were_not(
    first: int, people: int, shown: bool
) -> None:
    picture = figures.Picture(True, False, True, people, (), None, figures.Breakdown("rule", ()), ())
    assert figures.may_show_steps(first, people, picture) is shown


def test_the_pages_stand_behind_governance(service: None, tmp_path: Path) -> None:
    assert "Who is at risk, in numbers" in page("ig-lead", "/oversight/governance")


@pytest.mark.usefixtures("service")
def test_a_run_that_found_nobody_says_why_to_everybody_who_sees_it() -> None:  # the last: later runs know of it
    run_finds(people=PEOPLE, now=NEXT_DAY + timedelta(hours=2), notes=(NOBODY,))
    for somebody in ("central-team", "surveillance", "reviewer-t06"):
        assert NOBODY in page(somebody, "/oversight/cohorts?programme=covid-protect&run=3")
