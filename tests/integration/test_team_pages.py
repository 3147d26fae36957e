"""What the pages of teams and partners refuse, and what they leave as it was."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from openprotect.demo.personas import link_in
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.scope import enter, system
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs import sending
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.contact import actions as contact
from openprotect.web.strangers import STRANGERS
from tests.factories.accounts import signed_in
from tests.factories.small_service import ADA, BEGINS, answer, days_pass, small_service, staff

RANG_AFTER = 5  # days without an answer
NO_MEDICINES = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "rely_on": False}

pytestmark = pytest.mark.django_db


@pytest.fixture
def need(tmp_path: Path) -> UUID:
    """Ada has run out of medicines: her practice's need."""
    people = small_service(tmp_path, ADA)
    answer(people["ada"], **NO_MEDICINES)
    return UUID(str(_one("SELECT id FROM act_calltoaction WHERE category = 'medicines'")))


def test_a_lead_reads_no_answers_and_a_reviewer_does(need: UUID) -> None:
    hers = _one("SELECT id FROM act_calltoaction WHERE category = 'social'")
    lead = signed_in("locality-lead").get(f"/staff/needs/{hers}").content.decode()
    assert "Ada Okafor" in lead
    assert "Answers are shown to clinical reviewers only" in lead
    assert "Do you feel safe at home?" not in lead
    reviewer = signed_in("practice-reviewer").get(f"/staff/needs/{need}").content.decode()
    assert "Do you feel safe at home?" in reviewer


@pytest.mark.parametrize("organisation", ["999999", "99999999999999999999999", "1"])
def test_a_need_is_referred_only_where_the_pack_says(need: UUID, organisation: str) -> None:
    reviewer = signed_in("practice-reviewer")
    answered = reviewer.post(f"/staff/needs/{need}/refer", {"organisation": organisation, "asked": "Help"})
    assert answered.status_code == 422
    assert _one("SELECT count(*) FROM act_referral") == 0


def test_a_need_is_accepted_once(need: UUID) -> None:
    reviewer = signed_in("practice-reviewer")
    assert reviewer.post(f"/staff/needs/{need}/accept").status_code == 302
    again = reviewer.post(f"/staff/needs/{need}/accept")
    assert again.status_code == 409
    assert "This has moved on" in again.content.decode()


def test_opening_a_referral_uses_nothing_up(need: UUID) -> None:
    # Given a link that a mail scanner opens first
    path = _referred(need)
    Client().get(path, follow=True)
    # When the partner opens it, twice
    partner = Client()
    for _ in range(2):
        shown = partner.get(path, follow=True)
        # Then it is open for them each time
        assert shown.status_code == 200
        assert "Ada Okafor" in shown.content.decode()
    assert _one("SELECT status FROM act_referral") == "sent"
    assert _one("SELECT count(*) FROM governance_auditevent WHERE identity = 'partner' AND action = 'viewed'") == 3


def test_without_a_link_there_is_no_referral(need: UUID) -> None:
    _referred(need)
    stranger = Client()
    for answered in (stranger.get("/referral"), stranger.post("/referral/accept"), stranger.get("/r/nothing")):
        assert answered.status_code == 404
        assert "Ada" not in answered.content.decode()


SOON, LONG_AFTER = BEGINS + timedelta(hours=1), BEGINS + timedelta(days=90)
# Each end of what a partner's session rests on, and when the partner asks again.
ENDS = {
    "the link runs out": ("", LONG_AFTER),
    "the partner closes": ("UPDATE governance_organisation SET closed_at = %(now)s WHERE code = 'T03'", SOON),
    "the basis ends": ("UPDATE governance_legalbasis SET ends_at = %(now)s WHERE is_direct_care", SOON),
    "their access is stopped": (
        "WITH asked AS (INSERT INTO governance_accessstoprequest (practice_id, organisation_id, reason, asked_by,"
        " asked_at, due_at, status, decided_by, decided_at, words, reference) SELECT p.id, v.id, 'x', '1', %(now)s,"
        " %(now)s, 'granted', '2', %(now)s, 'x', gen_random_uuid() FROM governance_organisation p,"
        " governance_organisation v WHERE p.code = 'T06' AND v.code = 'T03' RETURNING *)"
        " INSERT INTO governance_accessstop (request_id, practice_id, organisation_id, spared, starts_at)"
        " SELECT id, practice_id, organisation_id, '{}', %(now)s FROM asked",
        SOON,
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_partners_session_ends_with_what_its_link_opens(need: UUID, end: str) -> None:
    # Given a partner who has followed their link
    path = _referred(need)
    partner = Client()
    assert "Ada Okafor" in partner.get(path, follow=True).content.decode()
    # When what it rests on ends, and they ask again
    sql, now = ENDS[end]
    clock.set_clock(now, running=False)
    if sql:
        with enter(system("test", now=now)), connection.cursor() as cursor:
            cursor.execute(sql, {"now": now})
    # Then that session opens nothing any more, and nor does the link
    for answered in (partner.get("/referral"), partner.post("/referral/accept"), partner.get(path)):
        assert answered.status_code == 404
        assert "Ada" not in answered.content.decode()
    assert _one("SELECT status FROM act_referral") == "sent"
    assert _one("SELECT count(*) FROM governance_auditevent WHERE identity = 'partner'") == 1


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("get", "/staff/worklist", "staff:worklist"),
        ("get", "/check-in/", "public:resume"),
        ("get", "/referral", "partner:referral"),
        ("post", "/referral/accept", "partner:answer"),
    ],
)
def test_whoever_comes_as_nobody_is_refused_and_that_is_written_down(method: str, path: str, route: str) -> None:
    assert getattr(Client(), method)(path).status_code in (403, 404)
    assert _one("SELECT object_id FROM governance_auditevent WHERE action = 'refused'") == route


def test_links_that_are_made_up_do_not_fill_the_trail(need: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _referred(need)
    monkeypatch.setattr(STRANGERS, "events", 3)
    stranger = Client()
    answers = [stranger.get(f"/r/{'x' * 20}{each}") for each in range(8)]
    assert {answer.status_code for answer in answers} == {404}
    assert _one("SELECT count(*) FROM governance_auditevent WHERE action = 'door refused'") == 3
    # And a link that opens something is written down however many were tried before
    assert stranger.get(path, follow=True).status_code == 200
    assert _one("SELECT count(*) FROM governance_auditevent WHERE action = 'referral opened'") == 1
    monkeypatch.setattr(time, "monotonic", lambda before=time.monotonic: before() + 60)
    Client().get("/healthz")
    assert _one("SELECT why FROM governance_auditevent WHERE why LIKE '%counted'") == "5 more of strangers, counted"


def test_a_stranger_does_not_fill_the_trail_and_nobody_who_is_signed_in_is_only_counted(
    need: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an address that has knocked as often as is written down singly
    path = _referred(need)
    monkeypatch.setattr(STRANGERS, "events", 3)
    stranger = Client()
    for _ in range(8):
        assert stranger.get("/referral").status_code == 404
    assert _one("SELECT count(*) FROM governance_auditevent WHERE action = 'refused'") == 3
    # Then whoever is signed in at that address is written down each time, and so is a partner whose link has run out
    handler = signed_in("call-handler")
    partner = Client()
    partner.get(path, follow=True)
    clock.set_clock(LONG_AFTER, running=False)
    for _ in range(5):
        assert handler.get("/oversight/audit").status_code == 404
        assert partner.get("/referral").status_code == 404
    assert _one("SELECT count(*) FROM governance_auditevent WHERE action = 'refused'") == 3 + 10
    # And with anybody's request after the minute, one event says how many more there were
    monkeypatch.setattr(time, "monotonic", lambda before=time.monotonic: before() + 60)
    Client().get("/healthz")
    assert _one("SELECT why FROM governance_auditevent WHERE why LIKE '%counted'") == "5 more of strangers, counted"


def test_a_call_belongs_to_whoever_took_it(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    now = days_pass(RANG_AFTER)
    first = staff("call-handler", now)
    taken = flow.perform(contact.claim_call, by=first, now=now)
    flow.perform(
        governance.appoint,
        username="second-handler",
        name="Second Handler",
        organisation=first.organisation,
        role="call_handler",
        team=None,
        ends_at=None,
        by=system("test", now=now),
        now=now,
    )
    handler = signed_in("second-handler")
    assert handler.get(f"/staff/calls/{taken}").status_code == 409
    assert handler.post(f"/staff/calls/{taken}", {"outcome": "no_answer"}).status_code == 409
    assert _one("SELECT count(*) FROM contact_calltry") == 0


def test_a_call_that_was_not_answered_keeps_no_answers(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    days_pass(RANG_AFTER)
    handler = signed_in("call-handler")
    call = handler.post("/staff/calls/next").url
    assert handler.post(call, {"outcome": "completed", "breathless": "no"}).status_code == 422
    assert _one("SELECT count(*) FROM contact_calltry") == 0
    assert handler.post(call, {"outcome": "no_answer", "breathless": "no"}).status_code == 302
    assert _one("SELECT count(*) FROM contact_calltry") == 1
    assert _one("SELECT count(*) FROM check_in_answerset") == 0
    assert _one("SELECT count(*) FROM check_in_draft") == 0


def _referred(need: UUID) -> str:
    """Volunteers have it; the path of their link."""
    organisation = _one("SELECT id FROM governance_organisation WHERE kind = 'voluntary'")
    by = staff("practice-reviewer")
    referral = flow.perform(act.refer, call_to_action=need, organisation=organisation, asked="Help", by=by, now=BEGINS)
    worker = system("worker", now=BEGINS)
    sending.send_referral_link(referral=referral, now=BEGINS)
    with enter(worker):
        return next(link_in(m.body) for m in outbox.messages(scope=worker, channel="email") if "/r/" in m.body)


def _one(query: str) -> object:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]
