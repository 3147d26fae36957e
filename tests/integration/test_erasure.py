"""Erasure that somebody asks for: one officer upholds it, another carries it out by page, and nothing open is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import enter
from openprotect.jobs import retention
from openprotect.journey import flow
from openprotect.journey.learn.erasure import erase_upheld
from openprotect.people import rights
from openprotect.people.errors import NotUpheld
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, Invited, answer, small_service, staff

INVITED: dict[str, Invited] = {}
SURE = {"sure": "yes"}


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    INVITED.update(small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR))


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_what_one_officer_upholds_another_erases() -> None:
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    page = upheld_by_page(lead)
    listed = text(lead, "/oversight/requests")
    assert "Upheld: waits for a second officer" in listed
    # Whoever answered reads that another has to do it, and cannot.
    shown = text(lead, page)
    assert "It waits for a second officer" in shown
    assert f"{page}/erase" not in shown
    alone = lead.post(f"{page}/erase", SURE)
    assert (alone.status_code, "You answered this request yourself" in alone.content.decode()) == (422, True)
    # The other has to say that they looked.
    unsure = guardian.post(f"{page}/erase", {})
    assert (unsure.status_code, "Confirm that you have looked" in unsure.content.decode()) == (422, True)
    assert 'href="#sure"' in unsure.content.decode()
    assert here("ada")
    erased = guardian.post(f"{page}/erase", SURE)
    assert erased.status_code == 302, erased.content.decode()
    assert erased.headers["Location"] == "/oversight/requests"
    assert "Nothing of this person is left" in text(guardian, "/oversight/requests")
    assert not here("ada")
    assert here("bashir")
    assert guardian.get(page).status_code == 404
    ((actor, why),) = rows("SELECT actor, why FROM governance_auditevent WHERE action = 'erasure decided'")
    assert actor == staff("caldicott-guardian").actor
    assert page.rsplit("/", 1)[-1] in why


def test_nothing_is_erased_while_something_is_open() -> None:
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    answer(INVITED["ada"], food="no_food")
    page = upheld_by_page(lead)
    refused = guardian.post(f"{page}/erase", SURE)
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "The record is still needed: there is something that needs action" in said
    assert "checked" in said
    assert here("ada")
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'record erased'") == 0


def test_nothing_is_erased_while_a_hold_keeps_it() -> None:
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    page = upheld_by_page(lead)
    flow.perform(governance.place_hold, name="Inquiry", reason="A claim", by=staff("ig-lead"), now=BEGINS)
    refused = guardian.post(f"{page}/erase", SURE)
    assert (refused.status_code, "A legal hold keeps this record" in refused.content.decode()) == (422, True)
    assert here("ada")


def test_only_what_was_upheld_and_only_who_may() -> None:
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    page = received(lead)
    asked = UUID(page.rsplit("/", 1)[-1])
    assert guardian.post(f"{page}/erase", SURE).status_code == 409
    with pytest.raises(NotUpheld):
        flow.perform(erase_upheld, request=asked, by=staff("caldicott-guardian"), now=BEGINS)
    # Nobody's record is erased before it is known whose it is, and that it is theirs.
    unchecked = lead.post(f"{page}/answer", {"outcome": "upheld", "answer": "We will"})
    assert unchecked.status_code == 409
    for other in ("call-handler", "siro", "practice-manager"):
        assert signed_in(other).post(f"{page}/erase", SURE).status_code == 404
    with pytest.raises(NotPermitted):
        flow.perform(erase_upheld, request=asked, by=staff("siro"), now=BEGINS)
    assert lead.post(f"{page}/answer", {"outcome": "refused", "answer": "Care records stay"}).status_code == 302
    assert guardian.post(f"{page}/erase", SURE).status_code == 409
    assert guardian.post(f"/oversight/requests/{uuid4()}/erase", SURE).status_code == 404
    assert here("ada")


def test_letters_go_with_the_record() -> None:
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    asked = flow.perform(governance.ask_who_saw_letter, person=INVITED["ada"].person, by=staff("ig-lead"), now=BEGINS)
    letter = settings.DATA / "letters" / f"{asked}.pdf"
    letter.parent.mkdir()
    letter.write_bytes(b"Dear Ada")
    page = upheld_by_page(lead)
    assert guardian.post(f"{page}/erase", SURE).status_code == 302
    jobs = rows("SELECT args ->> 'letters' FROM procrastinate_jobs WHERE task_name = 'remove_letters'")
    assert jobs == [(f'["{asked}"]',)]
    retention.remove_letters([asked])
    assert not letter.exists()


def test_an_upheld_request_stays_due_until_it_is_carried_out() -> None:
    upheld_by_page(signed_in("ig-lead"))
    late = BEGINS.replace(month=6)
    with enter(staff("ig-lead", late)) as scope:
        (found,) = rights.requests(scope=scope)
    assert (found.to_be_erased, found.overdue) == (True, True)


def upheld_by_page(lead: Client) -> str:
    page = received(lead)
    assert lead.post(f"{page}/identity", {"how": "Passport"}).status_code == 302
    answered = lead.post(f"{page}/answer", {"outcome": "upheld", "answer": "We will erase it"})
    assert answered.status_code == 302, answered.content.decode()
    return page


def received(lead: Client) -> str:
    made = lead.post("/oversight/requests/new", {
        "kind": "erasure", "who": "Ada Okafor", "reply_to": "1 High Street", "asked": "Forget me",
        "nhs_number": "999 000 0018", "received_on-day": "6", "received_on-month": "4", "received_on-year": "2020",
    })  # fmt: skip
    assert made.status_code == 302, made.content.decode()
    return made.headers["Location"]


def here(who: str) -> bool:
    return bool(rows("SELECT 1 FROM people_person WHERE id = %s", INVITED[who].person))


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()
