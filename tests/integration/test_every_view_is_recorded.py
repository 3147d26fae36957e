"""Whoever is shown a person leaves an event that names that person, whichever page it was.

Nothing is declared but the addresses: every route of the resolver is opened by everybody who works in
the demo, by a partner and by a person, and where somebody's name or NHS number stands in the answer, the
trail has to know of it. An id alone shows nobody: reading the trail by ids is one event, or it would fill itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from openprotect.config.database_urls import Urls
from openprotect.demo.personas import link_in
from openprotect.governance import clock
from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.journey.contact import actions as contact
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, staff
from tests.factories.twins import Twin, twins

SIGN_IN = re.compile(r"sign-in/")  # pages of an account of one's own, and of nobody else
FIRST_OF = {
    "staff/needs/<uuid:need>": "SELECT id FROM act_calltoaction WHERE status <> 'closed'",
    "staff/people/<uuid:person>/listed": "SELECT person_id FROM identify_member WHERE left_at IS NULL",
    "staff/calls/<uuid:call>": "SELECT id FROM contact_call WHERE status = 'being_phoned'",
    "staff/emergency/<int:access>/answer": "SELECT id FROM governance_emergencyaccess",
    "oversight/emergency-access/<int:access>": "SELECT id FROM governance_emergencyaccess",
    "oversight/emergency-access/<int:access>/review": "SELECT id FROM governance_emergencyaccess",
    "oversight/access-stops/<int:request_id>": "SELECT id FROM governance_accessstoprequest",
    "oversight/people-who-work/<int:membership>": "SELECT id FROM governance_membership WHERE ends_at IS NULL",
    "oversight/requests/<uuid:asked>": "SELECT id FROM people_rightsrequest",
    "oversight/organisations/<str:code>": "SELECT code FROM governance_organisation",
    "oversight/agreements/<int:agreement>": "SELECT id FROM governance_sharingagreement",
    "oversight/exports/<uuid:export>/file": "SELECT id FROM governance_export",
    "oversight/bases/<int:basis>": "SELECT id FROM governance_legalbasis",
    "referrals/<uuid:referral>": "SELECT id FROM act_referral",
    "oversight/bases/<int:basis>/hand-over": "SELECT id FROM governance_legalbasis",
    "check-in/<str:page_id>": "VALUES ('medicines'), ('health')",
    "check-in/<str:page_id>/emergency": "VALUES ('health')",
}
# Only forms are sent there, or a door that is tried below.
NOT_OPENED = {
    "referrals/<uuid:referral>/<slug:verb>", "oversight/people-who-work/<int:membership>/<slug:verb>",
    "c/<str:token>", "c/<str:token>/who-saw", "c/<str:token>/stop", "r/<str:token>", "referral/<slug:verb>",
    "staff/needs/<uuid:need>/<slug:verb>", "oversight/organisations/<str:code>/<slug:verb>",
    "oversight/agreements/<int:agreement>/<slug:verb>", "oversight/requests/<uuid:asked>/<slug:verb>",
    "oversight/bases/<int:basis>/<str:choice>", "oversight/access-stops/<int:request_id>/lift",
    "oversight/retention/holds/<int:hold>/lift",
    # Decisions and documents of the service: there are none among the twins, and nobody stands in them.
    "oversight/risks/<int:risk>", "oversight/risks/<int:risk>/decide", "oversight/risks/<int:risk>/review",
    "oversight/documents/<int:document>", "oversight/documents/<int:document>/version",
    "oversight/documents/<int:document>/answer",
}  # fmt: skip


@pytest.fixture(scope="module")
def two(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> tuple[Twin, Twin]:
    both = twins(tmp_path_factory.mktemp("twins"))
    now = clock.now() + timedelta(days=1)  # whoever was not reached is rung again
    clock.set_clock(now, running=False)
    flow.perform(contact.claim_call, by=staff("call-handler", now), now=now)
    return both


def routes() -> list[str]:
    def walk(resolver: URLResolver) -> Iterator[str]:
        for each in resolver.url_patterns:
            if isinstance(each, URLPattern):
                yield str(each.pattern)
            else:
                yield from (f"{each.pattern}{below}" for below in walk(each))

    return sorted(set(walk(get_resolver())))


def addresses() -> list[str]:
    """Every address that can be opened: with ids that are there, where it has any."""
    opened = []
    for route in routes():
        if SIGN_IN.match(route) or route in NOT_OPENED:
            continue
        if "<" not in route:
            opened.append(f"/{route}")
            continue
        assert route in FIRST_OF, f"say in FIRST_OF which ids open {route}"
        found = [value for (value,) in rows(FIRST_OF[route])][:2]
        opened += ["/" + re.sub(r"<[^>]*>", str(value), route) for value in found]
    return opened


def everybody() -> dict[str, Client]:
    clients = {}
    # One of each role and kind of organisation: who has the same sees the same.
    one_of_each = rows(
        "SELECT DISTINCT ON (m.role_id, o.kind) m.user_id FROM governance_membership m"
        " JOIN governance_organisation o ON o.id = m.organisation_id WHERE m.ends_at IS NULL ORDER BY m.role_id, o.kind, m.id"
    )
    with enter(system("test", now=clock.now())):
        for user in get_user_model().objects.filter(id__in=[user for (user,) in one_of_each], is_active=True):
            clients[user.username] = Client()
            clients[user.username].force_login(user)
    clients["a partner"] = Client()
    body = one(
        "SELECT body FROM outbox_message WHERE channel = 'email' AND body LIKE '%%/r/%%' ORDER BY accepted_at LIMIT 1"
    )
    clients["a partner"].get(link_in(body))
    return clients


def unrecorded(client: Client, address: str, people: Mapping[UUID, re.Pattern[str]]) -> list[str]:
    """Who was shown and is not in the trail."""
    before = one("SELECT coalesce(max(id), 0) FROM governance_auditevent")
    answer = client.get(address)
    if answer.status_code != 200:
        return []
    page = answer.content.decode(errors="replace")
    shown = {person for person, marks in people.items() if marks.search(page)}
    named = {person for (person,) in rows("SELECT person_id FROM governance_auditevent WHERE id > %s", before)}
    return [f"{address} shows {person}" for person in shown - named]


def marks_of(twin: Twin, arrival: Any) -> re.Pattern[str]:
    number = arrival.nhs_number
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    return re.compile("|".join(map(re.escape, (f"{arrival.given_name} {arrival.family_name}", number, spaced))))


def test_every_page_that_shows_a_person_says_so_in_the_trail(two: tuple[Twin, Twin], tmp_path: Path) -> None:
    people = {twin.person: marks_of(twin, arrival) for twin, arrival in zip(two, (ADA, BASHIR), strict=True)}
    opened = addresses()
    missed = {}
    for name, client in everybody().items():
        for address in opened:
            if problems := unrecorded(client, address, people):
                missed[f"{name}: {address}"] = problems
    assert missed == {}
    actions = {action for (action,) in rows("SELECT DISTINCT action FROM governance_auditevent")}
    assert {"seen in worklist", "viewed"} <= actions
