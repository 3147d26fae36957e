"""What the pages of organisations refuse, beside which field, and what they leave as it was."""

from __future__ import annotations

import pytest
from django.test import Client

from openprotect.config.database_urls import Urls
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, answer, small_service


@pytest.fixture(scope="module")
def page(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The access administrator of a service with one person in it, for all tests here, in their order."""
    people = small_service(tmp_path_factory.mktemp("service"), ADA)
    answer(people["ada"], medicines="not_enough", medicines_days=0, medicines_collect=False)
    return signed_in("access-administrator")


def test_an_organisation_is_found_by_code_and_by_name(page: Client) -> None:
    for text in ("t06", "first sur"):
        found = page.get("/oversight/organisations", {"q": text}).content.decode()
        assert "First Surgery" in found
        assert "Second Surgery" not in found
    nothing = page.get("/oversight/organisations", {"q": "zzz<script>", "after": "x~9999999999999999999999"})
    assert "zzz&lt;script&gt;" in nothing.content.decode()


def test_its_page_has_its_relations_and_its_teams_with_their_hours(page: Client) -> None:
    shown = page.get("/oversight/organisations/t06").content.decode()
    assert "Located in" in shown
    assert "North locality" in shown
    assert "Open until 6:30pm" in shown  # Tuesday 7 April 2020, 10am
    assert page.get("/oversight/organisations/T99").status_code == 404


@pytest.mark.parametrize(
    ("verb", "sent", "says"),
    [
        ("relate", {"kind": "part_of", "to": "T99", "starts_on-day": "1", "starts_on-month": "5", "starts_on-year": "2020"},
         "There is no organisation with the code T99"),
        ("relate", {}, "Choose what it is to the other"),
        ("relate", {"kind": "located_in", "to": "T05", "starts_on-day": "1", "starts_on-month": "5", "starts_on-year": "2020"},
         "T06 is already located in T04"),
        ("relate", {"kind": "part_of", "to": "T05", "starts_on-day": "31", "starts_on-month": "2", "starts_on-year": "2020"},
         "Enter a real date"),
        ("end", {"relation": "999999"}, "Choose the relation that ends"),
        ("merge", {"into": "NEW1", "merged_on-day": "1", "merged_on-month": "5", "merged_on-year": "2020"},
         "There is no organisation with the code NEW1 yet"),
        ("close", {"last_day-day": "x"}, "Enter a real date"),
        ("team", {"duty": "<b>", "team_name": ""}, "Enter the duty as the programme names it"),
        ("hours", {"hours": "always"}, "Write “always” as: Monday to Friday 08:00 to 18:30"),
        ("close-team", {"closing_team": "1e9"}, "Choose the team that closes"),
    ],
)  # fmt: skip
def test_a_fault_stands_at_its_field_and_nothing_is_written(
    page: Client, verb: str, sent: dict[str, str], says: str
) -> None:
    before = state()
    answered = page.post(f"/oversight/organisations/T06/{verb}", sent)
    assert answered.status_code == 422
    text = answered.content.decode()
    assert text.count(says) >= 2  # in the summary and at the field
    if typed := sent.get("to") or sent.get("into"):
        assert f'value="{typed}"' in text
    assert state() == before


def test_hours_are_set_and_shown_where_the_team_is_named(page: Client) -> None:
    team = one("SELECT owner_team_id FROM act_calltoaction WHERE category = 'medicines'")
    organisation = one("SELECT o.code FROM governance_team t JOIN governance_organisation o ON o.id = t.organisation_id"
                       " WHERE t.id = %s", team)  # fmt: skip
    lines = "Mon to Wed 9:00 to 12:00\r\nTuesday 13:00 – 24:00"
    sent = {"hours_team": team, "hours": lines, "bank_holidays": "yes"}
    assert page.post(f"/oversight/organisations/{organisation}/hours", sent).status_code == 302
    assert rows("SELECT weekday, opens::text, closes::text FROM governance_teamhours WHERE team_id = %s ORDER BY 1, 2",
                team) == [(0, "09:00:00", "12:00:00"), (1, "09:00:00", "12:00:00"), (1, "13:00:00", "00:00:00"),
                          (2, "09:00:00", "12:00:00")]  # fmt: skip
    need = one("SELECT id FROM act_calltoaction WHERE category = 'medicines'")
    shown = signed_in("practice-reviewer").get(f"/staff/needs/{need}").content.decode()
    assert "open until midday" in shown
    overlap = {"hours_team": team, "hours": "Monday 9:00 to 12:00\nMonday 11:00 to 13:00"}
    refused = page.post(f"/oversight/organisations/{organisation}/hours", overlap)
    assert "On Monday a team opens again before it has closed" in refused.content.decode()


def test_a_team_that_closes_hands_over_what_it_holds(page: Client) -> None:
    need = one("SELECT id FROM act_calltoaction WHERE category = 'medicines'")
    team = one("SELECT owner_team_id FROM act_calltoaction WHERE id = %s", need)
    assert page.post("/oversight/organisations/T06/close-team", {"closing_team": team}).status_code == 302
    holds = "SELECT o.code, t.closed_at FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id" \
            " JOIN governance_organisation o ON o.id = t.organisation_id WHERE c.id = %s"  # fmt: skip
    assert rows(holds, need) == [("T04", None)]


def test_the_last_safety_net_stays(page: Client) -> None:
    team = one("SELECT t.id FROM governance_team t WHERE duty = 'surveillance'")
    answered = page.post("/oversight/organisations/T01/close-team", {"closing_team": team})
    assert "This is the only open surveillance team of a board" in answered.content.decode()


def test_pages_are_not_there_for_others(page: Client) -> None:
    reviewer = signed_in("practice-reviewer")
    for path in ("/oversight/organisations", "/oversight/organisations/T06", "/oversight/could-see"):
        assert reviewer.get(path).status_code == 404
    assert reviewer.post("/oversight/organisations/T06/close", {}).status_code == 404
    assert signed_in("ig-lead").get("/oversight/organisations").status_code == 404


def test_who_could_see_is_asked_and_recorded(page: Client) -> None:
    lead = signed_in("ig-lead")
    then = {"on-day": "7", "on-month": "4", "on-year": "2020", "time": "23:59"}
    shown = lead.get("/oversight/could-see", {"organisation": "t06", **then}).content.decode()
    assert "First Surgery (T06)" in shown
    assert "Are registered there" in shown
    assert "Dr Priya Nair, Clinical reviewer" in shown
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'asked who could see'") == 1
    person = one("SELECT id FROM people_person")
    assert "North locality (T04)" in lead.get("/oversight/could-see", {"person": person, **then}).content.decode()
    for wrong, says in (
        ({"organisation": "T99", **then}, "There is no organisation with the code T99"),
        ({"organisation": "T06", "person": person, **then}, "Enter either the code of an organisation or the id"),
        ({"person": "abc", **then}, "Enter the whole id of a person"),
        ({"organisation": "T06", **then, "time": "25:00"}, "Enter a time of the day, such as 23:59"),
        ({"organisation": "T06", **then, "on-year": "2031"}, "Enter a moment that is past"),
        ({"organisation": "T06"}, "Enter a real date"),
    ):
        answered = lead.get("/oversight/could-see", wrong)
        assert answered.status_code == 422
        assert says in answered.content.decode()
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'asked who could see'") == 2


def state() -> list[tuple[int, ...]]:
    return rows(
        "SELECT (SELECT count(*) FROM governance_organisationrelation), (SELECT count(*) FROM governance_organisation),"
        " (SELECT count(*) FROM governance_team WHERE closed_at IS NULL), (SELECT count(*) FROM governance_teamhours)"
    )
