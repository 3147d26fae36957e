"""Every route x method x identity x (own, another's, absent): what is another's answers as what is not there.

The routes come from the resolver, and each has a rule. Each request is undone. In `make test` a fixed part of
them; all in `make trials`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.urls import path as django_path

from openprotect.config import urls
from openprotect.config.database_urls import Urls
from openprotect.demo import urls as demo
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.web.front import front
from openprotect.web.opened_by import SIGNING_IN, Route, routes
from tests.architecture.test_scope import NOW
from tests.factories.seen import one
from tests.factories.twins import Twin, twins

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
ABSENT = UUID(int=1)
# What differs between two answers that say the same: nonces, tokens, and the address that was asked.
PASSING = re.compile(rb'nonce-?="?[^"\s]+"?|csrfmiddlewaretoken" value="[^"]+"|value="[A-Za-z0-9]{64}"')
PART = 31


@dataclass(frozen=True)
class Asker:
    """Somebody with a browser, what their role may do, and whether both twins are theirs, as for the board's."""

    name: str
    client: Client
    permissions: frozenset[str]
    sees_both: bool = False


@dataclass(frozen=True)
class Asked:
    """A route's addresses: of the asker's own, another's, and nothing at all."""

    route: Route
    own: str
    other: str
    absent: str
    of_a_person: bool


@dataclass(frozen=True)
class World:
    askers: list[Asker]
    asked: list[Asked]


@pytest.fixture(scope="module")
def world(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> World:
    two = twins(tmp_path_factory.mktemp("twins"))
    clock.set_clock(NOW, running=False)
    return World(list(_askers(two)), list(_asked(two)))


@pytest.mark.parametrize("live", [True, False], ids=["live", "demo"])
def test_every_route_has_a_rule(live: bool) -> None:
    first = [django_path("", front, name="front")] if live else []
    patterns = [*first, *urls.urlpatterns]
    found = [*routes(patterns), *(() if live else routes(demo.urlpatterns, namespace="demo"))]
    assert [each.name for each in found if not each.rule] == []
    permissions = {each.rule for each in found} & PERMISSIONS.keys()
    assert len(permissions) > 10


def test_a_part_of_the_routes_opens_for_whom_its_rule_says(world: World) -> None:
    assert list(faults(world, PART)) == []


@pytest.mark.trial
def test_every_route_opens_for_whom_its_rule_says(world: World) -> None:
    count: list[int] = []
    found = list(faults(world, 1, count))
    print(f"{len(count)} asked", *found[:30], sep="\n")
    assert found == []


def test_somebody_with_the_permission_opens_each_page_of_staff(world: World) -> None:
    closed = {
        asked.route.name
        for asked in world.asked
        if asked.route.rule in PERMISSIONS and "GET" in asked.route.methods and asked.route.name not in NEEDS_MORE
        and not any(
            asked.route.rule in asker.permissions and answer(asker, "GET", asked.own).status_code == 200
            for asker in world.askers
        )
    }  # fmt: skip
    assert closed == set()


# Pages that open while something is going on which the twins are past: with what.
NEEDS_MORE = {
    "staff:call": "a call in hand",
    "staff:emergency_record": "emergency access under way",
    "oversight:agreement": "a sharing agreement",
    "oversight:risk": "a risk decision",
    "oversight:document": "a document that others adopt",
}


def faults(world: World, part: int, count: list[int] | None = None) -> Iterator[str]:
    """What does not answer as its rule says: the same for another's as for what is not there, and nothing without
    the permission."""
    combinations = [(asker, method, asked) for asker in world.askers for asked in world.asked for method in METHODS]
    for asker, method, asked in combinations[::part]:
        other, absent = answer(asker, method, asked.other), answer(asker, method, asked.absent)
        if count is not None:
            count.extend((1, 1))
        name = f"{asker.name} {method} {asked.route.name}"
        if other.status_code >= 500 or absent.status_code >= 500:
            yield f"{name}: {other.status_code}, {absent.status_code}"
        theirs = (asker.sees_both and asked.route.rule in asker.permissions) or not asked.of_a_person
        if not theirs and said(other, asked.other) != said(absent, asked.absent):
            yield f"{name}: another's answers {other.status_code}, what is not there {absent.status_code}"
        if asked.route.rule in PERMISSIONS and asked.route.rule not in asker.permissions:
            own = answer(asker, method, asked.own)
            if own.status_code not in (302, 403, 404, 405):
                yield f"{name}: {own.status_code} without {asked.route.rule}"
            if said(own, asked.own) != said(absent, asked.absent):
                yield f"{name}: without the permission it says whether the thing is there"


def answer(asker: Asker, method: str, address: str) -> HttpResponse:
    """What a request is answered with; nothing that it did stays."""
    with transaction.atomic():
        cookies = asker.client.cookies.copy()
        response = asker.client.generic(method, address)
        asker.client.cookies = cookies
        transaction.set_rollback(True)
    return response


def said(response: HttpResponse, address: str) -> tuple[int, bytes, str]:
    """An answer without what passes; a redirect as where it leads."""
    body, onward = PASSING.sub(b"", response.content), response.headers.get("Location", "")
    for form in (quote(address, safe=""), address, *(part for part in address.split("/") if len(part) == 36)):
        body, onward = body.replace(form.encode(), b"HERE"), onward.replace(form, "HERE")
    return response.status_code, body, onward


def _askers(two: tuple[Twin, Twin]) -> Iterator[Asker]:
    yield Asker("anybody", Client(), frozenset())
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (m.role_id) u.username, r.permissions, o.kind = 'icb' FROM governance_user u"
            " JOIN governance_membership m ON m.user_id = u.id JOIN governance_role r ON r.name = m.role_id"
            " JOIN governance_organisation o ON o.id = m.organisation_id"
            " WHERE m.ends_at IS NULL AND o.code <> 'T07' AND o.code <> 'T05'"
            " ORDER BY m.role_id, o.code DESC, u.username"
        )
        members = cursor.fetchall()
    for username, permissions, board in members:
        yield Asker(username, _signed_in(username), frozenset(permissions), sees_both=board)
    leaver = "leaver"
    begin = NOW - timedelta(days=2)
    flow.perform(
        governance.appoint, username=leaver, name="A Leaver", organisation=two[0].practice, role="reviewer", team=None,
        ends_at=NOW - timedelta(days=1), by=system("test", now=begin), now=begin,
    )  # fmt: skip
    yield Asker("whose membership has ended", _signed_in(leaver), frozenset())
    ended = Client()
    ended.cookies["sessionid"] = "ended" * 6
    yield Asker("whose session has ended", ended, frozenset())
    check_in = one("SELECT id FROM check_in_checkin WHERE person_id = %s AND status = 'open'", two[0].person, now=NOW)
    person = {"link": "0" * 16, "person": str(two[0].person), "check_in": str(check_in)}
    yield Asker("person", _holding(person_proof=person, person_seen=4_000_000_000.0), frozenset())
    link = one("SELECT reference FROM act_referrallink WHERE referral_id = %s", two[0].referral, now=NOW)
    partner = {"link": str(link)}
    yield Asker("partner", _holding(partner_proof=partner), frozenset())


def _signed_in(username: str) -> Client:
    client = Client()
    with enter(system("test", now=NOW)):
        client.force_login(get_user_model().objects.get(username=username))
    return client


def _holding(**held: object) -> Client:
    client = Client()
    session = client.session
    session.update(held)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def _asked(two: tuple[Twin, Twin]) -> Iterator[Asked]:
    ids = {name: [_id(query, each) for each in two] for name, query in OBJECTS.items()}
    for route in routes(urls.urlpatterns):
        if route.name.startswith((*SIGNING_IN, "demo:")):
            continue
        values = [{**WORDS, **{name: each[i] for name, each in ids.items()}} for i in range(2)]
        absent = {**WORDS, **{name: _none_like(each[0]) for name, each in ids.items()}}
        of_a_person = any(f":{name}>" in route.path for name in OBJECTS.keys() - OF_NOBODY)
        yield Asked(route, *(_address(route, each) for each in (*values, absent)), of_a_person)


# The objects that an address names, each of a twin. What is nobody's is the same for both.
OBJECTS = {
    "person": "SELECT %(person)s::uuid",
    "need": "SELECT id FROM act_calltoaction WHERE person_id = %(person)s ORDER BY category LIMIT 1",
    "call": "SELECT id FROM contact_call WHERE person_id = %(person)s LIMIT 1",
    "referral": "SELECT id FROM act_referral WHERE person_id = %(person)s LIMIT 1",
    # Its own are those whom somebody at the twin's practice opened, of whomever.
    "access": "SELECT e.id FROM governance_emergencyaccess e JOIN governance_membership m ON m.id = e.membership_id"
    " JOIN people_person p ON p.practice_id = m.organisation_id WHERE p.id = %(person)s LIMIT 1",
    "membership": "SELECT min(m.id) FROM governance_membership m JOIN people_person p ON p.practice_id = m.organisation_id"
    " WHERE p.id = %(person)s",
    "asked": "SELECT id FROM people_rightsrequest WHERE person_id = %(person)s LIMIT 1",
    "code": "SELECT code FROM governance_organisation WHERE code = 'T06' AND %(person)s IS NOT NULL",
    "basis": "SELECT min(id) FROM governance_legalbasis WHERE %(person)s IS NOT NULL",
    "request_id": "SELECT id FROM governance_accessstoprequest WHERE person_id = %(person)s LIMIT 1",
}
OF_NOBODY = {"code", "basis"}
WORDS = {"token": "no-such-token", "page_id": "symptoms", "verb": "accept", "choice": "extend"}


def _id(query: str, twin: Twin) -> object:
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        cursor.execute(query, {"person": twin.person})
        return cursor.fetchone()[0]


def _address(route: Route, values: dict[str, object]) -> str:
    kinds = {name: kind for kind, name in re.findall(r"<(\w+):(\w+)>", route.path)}
    given = {name: values.get(name, _other(kind)) for name, kind in kinds.items()}
    try:
        return reverse(route.name, kwargs=given)
    except NoReverseMatch:
        return reverse(route.name, kwargs={name: _other(kind) for name, kind in kinds.items()})


def _none_like(value: object) -> object:
    return ABSENT if isinstance(value, UUID) else "NONE" if isinstance(value, str) else 999_999


def _other(kind: str) -> object:
    return {"int": 999_999, "uuid": ABSENT}.get(kind, "x")
