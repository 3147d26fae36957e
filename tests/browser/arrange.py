"""One person who was found, invited by text, and has not answered: made by the service's own actions.

`follow` clicks what leads to another page, and waits for that page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from playwright.sync_api import Locator

from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.journey.contact import actions as contact
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.facts import CohortResult
from openprotect.journey.identify.members import MEMBERS
from openprotect.people.facts import Arrival, ContactPointGiven
from openprotect.programmes import actions as programmes
from tests.factories.small_service import shipped_pack

NOW = datetime(2020, 4, 7, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Invited:
    """Somebody with a link in a text message."""

    token: str
    date_of_birth: date
    first_name: str
    family_name: str
    nhs_number: str


def follow(to_another_page: Locator) -> None:
    """Click a link or a form's button and wait for the page it leads to.

    A click alone returns while the old page is still there, and what is asked next is then asked of it.
    """
    with to_another_page.page.expect_navigation():
        to_another_page.click()


def invited_person() -> Invited:
    """A database with the teams of a board, the COVID-19 Protect pack, and one invited person."""
    clock.set_clock(NOW, running=False)
    by = system("test", now=NOW)
    with enter(by):
        _teams()
        for purpose in ("direct_care", "communicable_disease", "risk_stratification"):
            governance.state_basis(
                key=purpose,
                title=purpose.replace("_", " ").capitalize(),
                purpose=purpose,
                owner="Board",
                starts_at=NOW,
                ends_at=NOW + timedelta(days=100),
                by=by,
                now=NOW,
            )
        version = programmes.publish_pack(pack=shipped_pack(), by=by, now=NOW).value
        programmes.switch_on(version=version, by=by, now=NOW)
        arrival = Arrival(
            source="test",
            source_id="p1",
            nhs_number="9990000018",
            given_name="Adaeze",
            family_name="Okafor",
            date_of_birth=date(1945, 3, 31),
            practice_code="Y00001",
            contact_points=(ContactPointGiven("mobile", "+447700900001"),),
        )
        flow.perform(
            identify.build_cohort,
            pack_version=version,
            dataset="test",
            index_date=NOW.date(),
            result=_found("p1"),
            arrivals=[arrival],
            by=by,
            now=NOW,
        )
        (message,) = flow.perform(contact.claim_due, limit=10, by=by, now=NOW)
    found = re.search(r"/c/([\w-]+)", message.body)
    assert found is not None, message.body
    return Invited(found[1], date(1945, 3, 31), "Adaeze", "Okafor", "9990000018")


def _teams() -> None:
    by = system("test", now=NOW)
    board = {"code": "QXX", "name": "Test Integrated Care Board", "kind": "icb"}
    locality = {"code": "L1", "name": "North", "kind": "locality", "parent": "QXX"}
    practice = {"code": "Y00001", "name": "The Test Surgery", "kind": "practice", "parent": "L1"}
    ids = governance.register_organisations([board, locality, practice], by=by, now=NOW).value
    for duty in ("surveillance", "clinical", "social", "contact_data"):
        governance.form_team(organisation=ids["QXX"], duty=duty, name=duty.capitalize(), by=by, now=NOW)


def _found(source_id: str) -> CohortResult:
    row = {"person_id": source_id, "rule": "TEST", "group": "test", "reason": "Made for a test"}
    return CohortResult(
        index_date=NOW.date(),
        members=pa.Table.from_pylist([row], schema=MEMBERS),
        people=1,
        groups={"test": 1},
        excluded={},
        attrition=(("everybody", 1),),
    )
