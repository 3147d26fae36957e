"""An administrator changes how somebody works here, by page: role, team, title, supervisor, last day; and ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import clock
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, FIRST, open_service, staff

WORKS = "/oversight/people-who-work"
LATER = BEGINS + timedelta(minutes=5)
TERMS = "role_id, team_id, title, supervisor_id, ends_at::date::text"


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))


@pytest.fixture
def client(service: None) -> Iterator[Client]:
    """The administrator of the board, five minutes after everybody began."""
    with transaction.atomic():
        clock.set_clock(LATER, running=False)
        yield signed_in("access-administrator")
        transaction.set_rollback(True)
    clock.set_clock(BEGINS, running=False)


def test_terms_are_changed_from_now_on_and_the_past_stays(client: Client) -> None:
    page, old = works("practice-reviewer")
    shown = text(client, page)
    assert "selected" in shown
    assert f'href="{page}"' in text(client, WORKS)
    team = one("SELECT id FROM governance_team WHERE organisation_id ="
               " (SELECT id FROM governance_organisation WHERE code = %s) ORDER BY id LIMIT 1", FIRST)  # fmt: skip
    supervisor = user("surveillance")
    done = client.post(page, terms(team=str(team), supervisor=str(supervisor)))
    assert done.status_code == 302, done.content.decode()
    assert rows(f"SELECT {TERMS} FROM governance_membership WHERE user_id = %s AND id <> %s", user("practice-reviewer"),
                old, now=LATER) == [("reviewer", team, "Lead, West", supervisor, "2020-06-30")]  # fmt: skip
    assert one("SELECT ends_at FROM governance_membership WHERE id = %s", old) == LATER
    listed = text(client, WORKS)
    assert "Lead, West (Clinical reviewer)" in listed
    assert "Supervised by Tom Whitfield" in listed
    assert "This ended on" in text(client, page)
    assert client.post(page, terms()).status_code == 409
    events = rows("SELECT actor FROM governance_auditevent WHERE action = 'membership changed'", now=LATER)
    assert events == [(staff("access-administrator").actor,)]


def test_it_is_ended_by_page(client: Client) -> None:
    page, old = works("practice-reviewer")
    assert "End it now" in text(client, page)
    assert client.post(f"{page}/end").status_code == 302
    assert one("SELECT ends_at FROM governance_membership WHERE id = %s", old) == LATER
    assert signed_in("practice-reviewer").get("/staff/worklist").status_code != 200


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"role": ""}, "role", "Select a role"),
        ({"role": "nobody"}, "role", "There is no role called nobody"),
        ({"role": "ig_lead"}, "role", ""),  # reaches past a practice
        ({"team": "999999"}, "team", "Select a team from the list"),
        ({"supervisor": "999999"}, "supervisor", "Select somebody from the list"),
        ({"title": "x" * 81}, "title", "at most 80 characters"),
        ({"until-day": "31"}, "until", "Enter a day that there is"),
        ({"until-year": "2019"}, "until", "enter a later day"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_what_was_typed_stays(
    client: Client, wrong: dict[str, str], field: str, said: str
) -> None:
    page, old = works("practice-reviewer")
    answer = client.post(page, terms(**{"title": "Lead & <co>", **wrong}))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert said in shown
    assert f'href="#{field}"' in shown
    if "title" not in wrong:
        assert "Lead &amp; &lt;co&gt;" in shown
    assert one("SELECT ends_at FROM governance_membership WHERE id = %s", old) is None


def test_nobody_changes_their_own_or_what_is_not_theirs(client: Client) -> None:
    own, _ = works("access-administrator")
    assert "another administrator changes or ends it" in text(client, own)
    assert client.post(own, terms(role="access_administrator")).status_code == 409
    page, _ = works("practice-reviewer")
    handler = signed_in("call-handler")
    assert handler.get(page).status_code == 404
    assert handler.post(page, terms()).status_code == 404
    assert client.get(f"{WORKS}/999999").status_code == 404
    outside = one("SELECT max(m.id) FROM governance_membership m JOIN governance_organisation o"
                  " ON o.id = m.organisation_id WHERE o.kind = 'council'")  # fmt: skip
    assert client.get(f"{WORKS}/{outside}").status_code == 404


def test_somebody_is_appointed_with_a_team_of_where_they_work(client: Client) -> None:
    practice = one("SELECT id FROM governance_organisation WHERE code = %s", FIRST)
    theirs = one("SELECT min(id) FROM governance_team WHERE organisation_id = %s", practice)
    anothers = one("SELECT min(id) FROM governance_team WHERE organisation_id <> %s AND organisation_id IN"
                   " (SELECT id FROM governance_organisation WHERE kind = 'locality')", practice)  # fmt: skip
    form = {"username": "new.nurse", "name": "New Nurse", "role": "reviewer", "organisation": str(practice)}
    wrong = client.post(f"{WORKS}/appoint", {**form, "team": str(anothers)})
    said = wrong.content.decode()
    assert (wrong.status_code, "select one of where they work, or none" in said) == (422, True)
    assert 'value="New Nurse"' in said
    assert client.post(f"{WORKS}/appoint", {**form, "team": "x"}).status_code == 422
    assert client.post(f"{WORKS}/appoint", {**form, "team": str(theirs)}).status_code == 302
    made = one("SELECT team_id FROM governance_membership WHERE user_id = %s", user("new.nurse"), now=LATER)
    assert made == theirs


def terms(**changed: str) -> dict[str, Any]:
    return {
        "role": "reviewer", "team": "", "title": "Lead, West", "supervisor": "",
        "until-day": "30", "until-month": "6", "until-year": "2020", **changed,
    }  # fmt: skip


def works(username: str) -> tuple[str, int]:
    """The page of somebody's only membership, and its id."""
    id_ = one("SELECT id FROM governance_membership WHERE user_id = %s", user(username))
    return f"{WORKS}/{id_}", id_


def user(username: str) -> int:
    return int(one("SELECT id FROM governance_user WHERE username = %s", username))


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()
