"""Whoever works for a partner sees the referrals to their organisation, and nothing else of anybody."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from openprotect.governance import actions as governance
from openprotect.governance.scope import system
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, answer, small_service, staff

pytestmark = pytest.mark.django_db
NO_FOOD = {"food": "no_food"}


@pytest.fixture
def referral(tmp_path: Path) -> UUID:
    """The council has been asked to bring Ada food."""
    invited = small_service(tmp_path, ADA)
    answer(invited["ada"], **NO_FOOD)
    need = one("SELECT id FROM act_calltoaction WHERE category = 'food'")
    council = one("SELECT id FROM governance_organisation WHERE kind = 'council'")
    made: UUID = flow.perform(
        act.refer,
        call_to_action=need,
        organisation=council,
        asked="A food parcel",
        by=staff("reviewer-t04"),
        now=BEGINS,
    )
    return made


def test_they_see_what_is_asked_accept_it_and_say_what_came_of_it(referral: UUID) -> None:
    worker = signed_in("council-worker")
    listed = worker.get("/referrals").content.decode()
    assert "Ada Okafor" in listed
    page = worker.get(f"/referrals/{referral}").content.decode()
    assert "A food parcel" in page
    assert "1 High Street" in page
    assert "9990000018" not in page.replace(" ", "")
    assert worker.post(f"/referrals/{referral}/accept").status_code == 302
    report = {"outcome": "helped", "words": ""}
    assert worker.post(f"/referrals/{referral}/report", report).status_code in (302, 422)
    events = rows(
        "SELECT DISTINCT action FROM governance_auditevent WHERE identity = 'staff' AND person_id IS NOT NULL"
    )
    assert {"seen in referrals", "viewed", "referral: accept"} <= {action for (action,) in events}


def test_nothing_else_is_there_for_them(referral: UUID) -> None:
    worker = signed_in("council-worker")
    need = one("SELECT call_to_action_id FROM act_referral")
    for path in ("/staff/worklist", f"/staff/needs/{need}", "/staff/calls", "/oversight/ledger", "/oversight/audit"):
        answered = worker.get(path)
        assert answered.status_code == 404, path
        assert "Ada" not in answered.content.decode()


def test_another_organisations_referral_is_not_there(referral: UUID) -> None:
    volunteer = one("SELECT id FROM governance_organisation WHERE kind = 'voluntary'")
    flow.perform(
        governance.appoint,
        username="volunteer-worker",
        name="A Volunteer",
        organisation=volunteer,
        role="partner_worker",
        team=None,
        ends_at=None,
        by=system("test", now=BEGINS),
        now=BEGINS,
    )
    other = signed_in("volunteer-worker")
    assert "Ada" not in other.get("/referrals").content.decode()
    assert other.get(f"/referrals/{referral}").status_code == 404
    assert other.post(f"/referrals/{referral}/accept").status_code == 404
    assert one("SELECT status FROM act_referral") == "sent"
