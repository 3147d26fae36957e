"""The page of retention: placing a hold and lifting it, and that a hold beats deletion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import clock
from openprotect.governance.scope import system
from openprotect.jobs import retention
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, cohort_run, small_service

PAGE = "/oversight/retention"
LATE = BEGINS + timedelta(days=365.25 * 9)
PEOPLE: dict[str, UUID] = {}


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two people whom nobody cares for any more: in nine years their records are to go."""
    invited = small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR)
    PEOPLE.update({name: each.person for name, each in invited.items()})
    left = BEGINS + timedelta(days=30)
    for (need,) in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'"):
        flow.perform(act.close, call_to_action=need, outcome="resolved", by=system("test", now=left), now=left)
    cohort_run(now=left)


@pytest.fixture(autouse=True)
def undone(service: None) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    clock.set_clock(BEGINS, running=False)


def test_a_hold_placed_by_page_beats_deletion_until_it_is_lifted_by_page() -> None:
    lead = signed_in("ig-lead")
    assert "Place a hold" in text(lead)
    placed = lead.post(f"{PAGE}/holds", hold())
    assert placed.status_code == 302, placed.content.decode()
    page = text(lead)
    for said in ("The inquiry", "They ask for everything", "Martin Cole", "1 June 2020", "Lift this hold"):
        assert said in page
    at(LATE)
    retention.dispose(now=LATE)
    assert held_people() == set(PEOPLE.values())
    page = text(lead)
    assert "kept the records of 2 people" in page
    assert "Overdue" in page
    id_ = one("SELECT id FROM governance_legalhold", now=LATE)
    lifted = lead.post(f"{PAGE}/holds/{id_}/lift", {"words": "The inquiry has closed"})
    assert lifted.status_code == 302
    page = text(lead)
    assert "The inquiry has closed" in page
    assert "Lift this hold" not in page
    the_day_after = LATE + timedelta(days=1)
    at(the_day_after)
    retention.dispose(now=the_day_after)
    assert held_people(the_day_after) == set()
    assert lead.post(f"{PAGE}/holds/{id_}/lift", {"words": "Again"}).status_code == 409
    audited = [
        action for (action,) in rows("SELECT action FROM governance_auditevent WHERE action LIKE 'legal hold%%'")
    ]
    assert audited == ["legal hold placed", "legal hold lifted"]


def test_a_hold_covers_a_programme_or_a_basis() -> None:
    lead = signed_in("ig-lead")
    basis = one("SELECT id FROM governance_legalbasis WHERE key = 'direct-care'")
    for covers in ("programme-covid-protect", f"basis-{basis}"):
        assert lead.post(f"{PAGE}/holds", hold(covers=covers)).status_code == 302
    assert rows("SELECT programme, basis_id FROM governance_legalhold ORDER BY id") == [
        ("covid-protect", None), ("", basis),
    ]  # fmt: skip


def test_what_is_missing_is_said_and_what_was_typed_is_kept() -> None:
    lead = signed_in("ig-lead")
    wrong = lead.post(
        f"{PAGE}/holds", hold(name="Claim <7>", reason=" ", covers="basis-999", **{"review_on-day": "32"})
    )
    page = wrong.content.decode()
    assert wrong.status_code == 422
    for said in ("Select what is on hold", "Write why the records have to stay", "Enter a real day", "Claim &lt;7&gt;",
                 'value="32"', 'href="#review_on"'):  # fmt: skip
        assert said in page
    past = lead.post(f"{PAGE}/holds", hold(**{"review_on-month": "4", "review_on-day": "7"}))
    assert (past.status_code, "after today" in past.content.decode()) == (422, True)
    assert lead.post(f"{PAGE}/holds", hold()).status_code == 302
    id_ = one("SELECT id FROM governance_legalhold")
    unsaid = lead.post(f"{PAGE}/holds/{id_}/lift", {"words": ""})
    assert (unsaid.status_code, f'href="#words-{id_}"' in unsaid.content.decode()) == (422, True)
    assert one("SELECT ends_at FROM governance_legalhold") is None


def test_others_read_the_holds_or_find_no_page() -> None:
    assert signed_in("ig-lead").post(f"{PAGE}/holds", hold()).status_code == 302
    id_ = one("SELECT id FROM governance_legalhold")
    reader, handler = signed_in("siro"), signed_in("call-handler")
    page = text(reader)
    assert "The inquiry" in page
    assert "Place a hold" not in page
    for client in (reader, handler):
        assert client.post(f"{PAGE}/holds", hold()).status_code == 404
        assert client.post(f"{PAGE}/holds/{id_}/lift", {"words": "x"}).status_code == 404
    assert handler.get(PAGE).status_code == 404
    assert signed_in("ig-lead").post(f"{PAGE}/holds/999999/lift", {"words": "x"}).status_code == 404


def hold(**changed: str) -> dict[str, str]:
    return {
        "name": "The inquiry", "covers": "everything", "reason": "They ask for everything",
        "review_on-day": "1", "review_on-month": "6", "review_on-year": "2020", **changed,
    }  # fmt: skip


def held_people(now: datetime = LATE) -> set[UUID]:
    return {person for (person,) in rows("SELECT id FROM people_person", now=now)}


def at(now: datetime) -> None:
    clock.set_clock(now, running=False)


def text(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()
