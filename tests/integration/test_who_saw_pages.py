"""The pages of who saw whom, as a browser asks for them: what they show, what they refuse, what they leave behind."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from openprotect.governance.scope import enter, system
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs import governance_letters
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, Invited, answer, small_service, staff

pytestmark = pytest.mark.django_db
NEEDS = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Invited]:
    made = small_service(tmp_path, ADA, BASHIR)
    for each in made.values():
        answer(each, **NEEDS)
    looked_at(made["ada"].person, "practice-reviewer", "medicines")
    looked_at(made["ada"].person, "locality-lead", "food")
    return made


def test_the_officer_searches_by_number_without_a_trace_in_the_address(people: dict[str, Invited]) -> None:
    officer = signed_in("ig-lead")
    found = officer.post(
        "/oversight/audit", {"nhs_number": "999 000 0018", "who": "Helen Marsh", "organisation": "t04"}
    )
    assert found.status_code == 302
    assert "999" not in found.url
    shown = officer.get(found.url).content.decode()
    for words in (
        "Helen Marsh",
        "Locality lead",
        "North locality",
        "Direct care of the members",
        str(people["ada"].person),
    ):
        assert words in shown
    assert "Dr Priya Nair" not in shown
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'looked up by NHS number'") == 1
    assert one("SELECT why FROM governance_auditevent WHERE action = 'audit trail read' ORDER BY id DESC LIMIT 1") == (
        f"user={staff('locality-lead').actor} organisation={org('T04')}"
    )


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"nhs_number": "999 000 0019"}, "nhs_number"),
        ({"nhs_number": "9999999999"}, "Nobody here has this NHS number"),
        ({"who": "Nobody Known"}, "No user has this username or name"),
        ({"organisation": "ZZZ"}, "No organisation has this code"),
        ({"since-day": "31", "since-month": "2", "since-year": "2020"}, "Enter a real date"),
    ],
)
def test_what_the_officer_mistypes_is_said_and_kept(
    people: dict[str, Invited], sent: dict[str, str], said: str
) -> None:
    answered = signed_in("ig-lead").post("/oversight/audit", sent)
    assert answered.status_code == 422
    shown = answered.content.decode()
    assert said in shown
    assert all(f'value="{value}"' in shown for value in sent.values())


def test_a_practice_sees_roles_of_others_and_names_of_its_own(people: dict[str, Invited]) -> None:
    shown = signed_in("practice-manager").get("/oversight/our-patients").content.decode()
    assert "In the last 30 days 2 organisations opened the record of 1 of your patients." in shown
    assert "Dr Priya Nair" in shown
    assert "Locality lead" in shown
    assert "Helen Marsh" not in shown
    # The manager's role does not see identities: an id stands there
    assert "Okafor" not in shown
    assert f"Patient {str(people['ada'].person)[:8]}" in shown
    assert str(people["bashir"].person)[:8] not in shown
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'who saw our patients: read'") == 1


@pytest.mark.parametrize("query", ["days=x&organisation=9999999999999999999999&person=a&before=b", "before=2020-04-07~1",
                                   "before=2020-04-07T00:00:00%2B00:00~99999999999999999999", "days=٣٠"])  # fmt: skip
def test_an_address_that_was_tampered_with_shows_no_more(people: dict[str, Invited], query: str) -> None:
    answered = signed_in("practice-manager").get(f"/oversight/our-patients?{query}")
    assert answered.status_code == 200
    assert str(people["bashir"].person)[:8] not in answered.content.decode()


def test_a_request_goes_to_the_guardian_and_its_decision_back(people: dict[str, Invited]) -> None:
    manager, guardian = signed_in("practice-manager"), signed_in("caldicott-guardian")
    assert manager.post("/oversight/access-stops/ask", {"organisation": "", "reason": " "}).status_code == 422
    assert manager.post("/oversight/access-stops/ask", {"organisation": "T06", "reason": "x"}).status_code == 422
    asked = {"organisation": "T04", "person": "", "reason": "Nobody asked us."}
    assert manager.post("/oversight/access-stops/ask", asked).status_code == 302
    again = manager.post("/oversight/access-stops/ask", asked)
    assert again.status_code == 422
    assert "Your practice has already asked" in again.content.decode()
    request = one("SELECT id FROM governance_accessstoprequest")
    # The guardian sees what is open there, by name, and whom it would touch
    shown = guardian.get(f"/oversight/access-stops/{request}").content.decode()
    for words in ("Nobody asked us.", "Ada Okafor", "It means 1 patient", "9 April 2020"):
        assert words in shown
    assert "Bashir" not in shown
    seen = rows("SELECT person_id FROM governance_auditevent WHERE action = 'seen in access stop request'")
    assert set(seen) == {(people["ada"].person,)}
    incomplete = guardian.post(f"/oversight/access-stops/{request}", {"verdict": "in_part", "words": "x"})
    assert incomplete.status_code == 422
    decision = {"verdict": "granted", "words": "Agreed: not needed."}
    assert guardian.post(f"/oversight/access-stops/{request}", decision).status_code == 302
    late = guardian.post(f"/oversight/access-stops/{request}", decision)
    assert late.status_code == 422
    assert "Agreed: not needed." in manager.get("/oversight/access-stops/ask").content.decode()
    # And the practice is told, once, without a word of anybody
    for _ in range(2):
        governance_letters.tell_practices(now=BEGINS)
    with enter(system("test", now=BEGINS)) as scope:
        (told,) = [m for m in outbox.messages(scope=scope, channel="email") if "access stops" in m.subject]
    assert told.to == "t06@example.org"
    assert "Ada" not in told.body


def test_who_may_not_finds_no_page(people: dict[str, Invited]) -> None:
    pages = {
        "/oversight/audit": {"ig-lead"},
        "/oversight/patterns": {"ig-lead"},
        "/oversight/who-saw-letter": {"ig-lead", "caldicott-guardian"},  # a request has a second officer
        "/oversight/our-patients": {"practice-manager"},
        "/oversight/access-stops/ask": {"practice-manager"},
        "/oversight/access-stops": {"caldicott-guardian"},
    }
    for username in ("ig-lead", "practice-manager", "caldicott-guardian", "practice-reviewer"):
        client = signed_in(username)
        opened = {page for page in pages if client.get(page).status_code == 200}
        assert opened == {page for page, whose in pages.items() if username in whose}


def test_a_person_reads_their_own_behind_the_door(people: dict[str, Invited]) -> None:
    browser = Client()
    assert browser.get("/who-saw-me").status_code == 403
    answered = browser.post(f"/c/{people['ada'].token}/who-saw", born(ADA))
    assert (answered.status_code, answered.url) == (302, "/who-saw-me")
    shown = browser.get("/who-saw-me")
    text = shown.content.decode()
    assert len(shown.content) < 60_000
    for words in (
        "7 April 2020",
        "Clinical reviewer at First Surgery, for your care",
        "Locality lead at North locality",
    ):
        assert words in text
    for name in ("Priya", "Helen", "Bashir", str(people["ada"].person)):
        assert name not in text
    assert rows("SELECT person_id, identity FROM governance_auditevent WHERE action = 'looked at who saw them'") == [
        (people["ada"].person, "person")
    ]
    wrong = Client().post(f"/c/{people['ada'].token}/who-saw", born(BASHIR))
    assert wrong.status_code == 422


def test_a_letter_says_the_same_and_leaves_once(people: dict[str, Invited]) -> None:
    officer = signed_in("ig-lead")
    assert officer.post("/oversight/who-saw-letter", {"person": ""}).status_code == 422
    assert officer.post("/oversight/who-saw-letter", {"person": str(UUID(int=1))}).status_code == 422
    no_address = officer.post("/oversight/who-saw-letter", {"person": BASHIR.nhs_number})
    assert no_address.status_code == 422
    assert "We have no address" in no_address.content.decode()
    assert officer.post("/oversight/who-saw-letter", {"person": "999 000 0018"}).status_code == 302
    for _ in range(2):
        governance_letters.send_who_saw_letters(now=BEGINS)
    with enter(system("test", now=BEGINS)) as scope:
        (letter,) = [m for m in outbox.messages(scope=scope, channel="letter") if m.subject == "Who saw your record"]
    assert letter.to == "Ada Okafor\n1 High Street\nTesttown\nZM1 1AA"
    assert "Clinical reviewer at First Surgery, for your care" in letter.body
    assert "Priya" not in letter.body
    assert one("SELECT count(*) FROM governance_whosawletter WHERE sent_at IS NULL") == 0


def looked_at(person: UUID, username: str, category: str) -> None:
    need = one("SELECT id FROM act_calltoaction WHERE person_id = %s AND category = %s", person, category)
    flow.perform(act.record_view, call_to_action=need, by=staff(username), now=BEGINS)


def born(who: object) -> dict[str, str]:
    day = who.date_of_birth
    return {f"date-of-birth-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


def org(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))
