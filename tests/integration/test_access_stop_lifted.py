"""The Caldicott guardian lifts a stop of access by page, and the practice reads why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import enter
from openprotect.journey import flow
from openprotect.people.models import Person
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, cohort_run, small_service, staff

LATER = BEGINS + timedelta(hours=1)
NEXT = LATER + timedelta(days=1)


@pytest.fixture(scope="module")
def ada(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    return small_service(tmp_path_factory.mktemp("service"), ADA)["ada"].person


@pytest.fixture
def page(ada: UUID) -> Iterator[str]:
    """The page of a request of Ada's practice that was granted: her locality sees her no more."""
    with transaction.atomic():
        locality = one("SELECT id FROM governance_organisation WHERE code = 'T04'")
        asked: dict[str, Any] = {"organisation": locality, "person": None, "reason": "Not needed"}
        request = flow.perform(governance.ask_access_stop, **asked, by=staff("practice-manager"), now=BEGINS)
        decided = {"request": request, "verdict": "granted", "words": "Agreed"}
        flow.perform(governance.decide_access_stop, **decided, by=staff("caldicott-guardian", LATER), now=LATER)
        clock.set_clock(LATER, running=False)
        yield f"/oversight/access-stops/{request}"
        transaction.set_rollback(True)
    clock.set_clock(BEGINS, running=False)


def test_a_stop_is_lifted_and_access_comes_back_with_the_next_run(ada: UUID, page: str) -> None:
    guardian, practice = signed_in("caldicott-guardian"), signed_in("practice-manager")
    assert "Lift this stop" in text(guardian, page)
    lifted = guardian.post(f"{page}/lift", {"why": "The practice has merged & agrees"})
    assert lifted.status_code == 302, lifted.content.decode()
    shown = text(guardian, page)
    assert "Lift this stop" not in shown
    for reader, where in (
        (guardian, page),
        (guardian, "/oversight/access-stops"),
        (practice, "/oversight/access-stops/ask"),
    ):
        assert "Lifted" in text(reader, where), where
    assert "The practice has merged &amp; agrees" in text(practice, "/oversight/access-stops/ask")
    assert seen() == set()  # nothing is given back by itself
    cohort_run(ADA, now=NEXT)
    assert seen() == {ada}
    assert guardian.post(f"{page}/lift", {"why": "Again"}).status_code == 409
    events = rows("SELECT actor FROM governance_auditevent WHERE action = 'access stop: lifted'")
    assert events == [(staff("caldicott-guardian").actor,)]


def test_while_it_is_in_force_a_run_brings_nothing_back(page: str) -> None:
    cohort_run(ADA, now=NEXT)
    assert seen() == set()


def test_without_why_it_stays_in_force(page: str) -> None:
    answer = signed_in("caldicott-guardian").post(f"{page}/lift", {"why": " "})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "Write why access goes on" in said
    assert 'href="#why"' in said
    assert one("SELECT ends_at FROM governance_accessstop") is None


def test_only_the_guardian_lifts(page: str) -> None:
    for other in ("practice-manager", "ig-lead", "call-handler"):
        assert signed_in(other).post(f"{page}/lift", {"why": "x"}).status_code == 404
    lift = {"request": int(page.rsplit("/", 1)[-1]), "words": "x"}
    with pytest.raises(NotPermitted):
        flow.perform(governance.lift_access_stop, **lift, by=staff("ig-lead", LATER), now=LATER)
    assert signed_in("caldicott-guardian").post("/oversight/access-stops/999999/lift", {"why": "x"}).status_code == 404
    assert one("SELECT ends_at FROM governance_accessstop") is None


def test_a_refused_request_stopped_nothing_that_could_be_lifted(page: str, ada: UUID) -> None:
    council = one("SELECT id FROM governance_organisation WHERE code = 'T02'")
    asked: dict[str, Any] = {"organisation": council, "person": None, "reason": "Not needed"}
    request = flow.perform(governance.ask_access_stop, **asked, by=staff("practice-manager"), now=BEGINS)
    decided = {"request": request, "verdict": "refused", "words": "Meals"}
    flow.perform(governance.decide_access_stop, **decided, by=staff("caldicott-guardian"), now=BEGINS)
    guardian = signed_in("caldicott-guardian")
    assert "Lift this stop" not in text(guardian, f"/oversight/access-stops/{request}")
    assert guardian.post(f"/oversight/access-stops/{request}/lift", {"why": "x"}).status_code == 409


def seen() -> set[UUID]:
    with enter(staff("locality-lead", NEXT)):
        return set(Person.objects.values_list("id", flat=True))


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()
