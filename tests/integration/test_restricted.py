"""A restricted person has no address, telephone or practice on any page or in any file, whatever there was before.

Driven through every journey while nothing was restricted, so that there was something to find; and what a call
handler may open never says why somebody is at risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from openprotect.config import urls
from openprotect.config.database_urls import Urls
from openprotect.demo.personas import STAFF
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import sending
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.contact import actions as contact
from openprotect.web.opened_by import routes
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import (
    ADA,
    BASHIR,
    BEGINS,
    FIRST,
    answer,
    cohort_run,
    days_pass,
    small_service,
    staff,
)

NEEDS = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}
PLACES = (
    "1 High Street",
    "Testtown",
    "ZM1 1AA",
    "07700 900001",
    "07700900001",
    "+447700900001",
    "01632 960111",
    "01632960111",
)
NEIGHBOUR = replace(BASHIR, practice_code=FIRST)
REASON = "Made for a test"  # of the factory: why everybody is in the cohort


@pytest.fixture(scope="module")
def ada(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    """Ada was invited, has answered, has needs, and one of them is with the council."""
    invited = small_service(tmp_path_factory.mktemp("service"), ADA, NEIGHBOUR)
    answer(invited["ada"], **NEEDS)
    food = one("SELECT id FROM act_calltoaction WHERE category = 'food'")
    council = one("SELECT id FROM governance_organisation WHERE kind = 'council'")
    asked = {"organisation": council, "asked": "A food parcel"}
    referral = flow.perform(act.refer, call_to_action=food, by=staff("reviewer-t04"), now=BEGINS, **asked)
    sending.send_referral_link(referral=referral, now=BEGINS)
    return invited["ada"].person


def test_before_it_the_place_is_there_to_be_found(ada: UUID) -> None:
    found = {place for text in pages(ada).values() for place in PLACES if place in text}
    assert {"1 High Street", "07700 900001"} <= found


def test_nothing_says_where_a_restricted_person_is(ada: UUID) -> None:
    # When a source says that she is restricted
    cohort_run(replace(ADA, restricted=True), NEIGHBOUR)
    # Then no page, no row and no file that is made from now on has a place of hers
    before = set(settings.DATA.rglob("*"))
    shown = pages(ada)
    assert {path: place for path, text in shown.items() for place in PLACES if place in text} == {}
    now = days_pass(7)
    with enter(system("test", now=now)):
        kept = rows("SELECT value || as_given FROM people_contactpoint WHERE person_id = %s", ada, now=now)
        referred = rows("SELECT telephone || address FROM act_referral WHERE person_id = %s", ada, now=now)
    assert {value for (value,) in (*kept, *referred)} == {""}
    made = [path for path in set(settings.DATA.rglob("*")) - before if path.is_file()]
    assert [path for path in made if any(place.encode() in path.read_bytes() for place in PLACES)] == []
    assert one("SELECT count(*) FROM contact_call WHERE person_id = %s AND ended_at IS NULL", ada, now=now) == 0
    # And the board's team has her, counts her, and reads what to do
    assert one("SELECT practice_id FROM people_person WHERE id = %s", ada, now=now) is None
    need = one("SELECT id FROM act_calltoaction WHERE person_id = %s AND source = 'contact'", ada, now=now)
    page = signed_in("surveillance").get(f"/staff/needs/{need}").content.decode()
    assert "This record is restricted" in page


def test_a_call_handler_never_reads_why_somebody_is_at_risk(ada: UUID) -> None:
    assert one("SELECT count(*) FROM identify_reason WHERE reason = %s", REASON) > 0
    now = days_pass(8)
    handler = signed_in("call-handler")
    taken = flow.perform(contact.claim_call, by=staff("call-handler", now), now=now)
    paths = {*addresses(), reverse("staff:call", args=[taken])}
    texts = {path: handler.get(path).content.decode(errors="replace") for path in paths}
    assert "Bashir" in texts[reverse("staff:call", args=[taken])]
    assert [path for path, text in texts.items() if REASON in text] == []
    with enter(staff("call-handler", now)):
        assert seen(staff("call-handler", now)) == 0
    assert seen(staff("practice-reviewer", now)) > 0


def seen(scope: Scope) -> int:
    """How many reasons these eyes see."""
    from django.db import connection

    with enter(scope), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM identify_reason")
        return int(cursor.fetchone()[0])


def pages(person: UUID) -> dict[str, str]:
    """Every page that takes no object, and every need and referral of a person, as everybody who works there sees it.

    The demo's outbox is left out: what left before stays what it was.
    """
    needs = [
        reverse("staff:need", args=[id_])
        for (id_,) in rows("SELECT id FROM act_calltoaction WHERE person_id = %s", person)
    ]
    referrals = [
        reverse("partner_staff:referral", args=[id_])
        for (id_,) in rows("SELECT id FROM act_referral WHERE person_id = %s", person)
    ]
    return {
        f"{username} {path}": client.get(path).content.decode(errors="replace")
        for username in STAFF
        for client in [signed_in(username)]
        for path in (*addresses(), *needs, *referrals)
    }


def addresses() -> Iterator[str]:
    for route in routes(urls.urlpatterns):
        if (
            route.name.startswith(("staff:", "oversight:", "partner_staff:"))
            and route.methods
            and "GET" in route.methods
        ):
            with nothing_to_name():
                yield reverse(route.name)


@contextmanager
def nothing_to_name() -> Iterator[None]:
    try:
        yield
    except NoReverseMatch:
        return
