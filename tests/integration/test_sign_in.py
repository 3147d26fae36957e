"""Signing in with an account of this service: what a password alone opens, who is locked out, who is signed out."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.scope import enter, signing_in, system
from openprotect.jobs import sweeper
from openprotect.journey import flow
from openprotect.journey.contact import actions as contact
from openprotect.web.sealed import seal, unseal
from tests.factories.accounts import PASSWORD, appointed, code_of, setup_link
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, FIRST, days_pass, open_service, small_service, staff

pytestmark = pytest.mark.usefixtures("db")
WORKLIST, SIGN_IN = "/staff/worklist", "/sign-in/"
SAME = "The username and the password do not go together"


@pytest.fixture
def nurse(tmp_path: Path) -> int:
    """Somebody who reviews at a practice, with a password and nothing else."""
    open_service(tmp_path)
    user = appointed("nurse", FIRST, "reviewer")
    Client().post(setup_link(user), {"password": PASSWORD})
    return user


def events(*actions: str) -> list[str]:
    """What was recorded of these, in order."""
    found = rows("SELECT action FROM governance_auditevent WHERE action = ANY(%s) ORDER BY id", list(actions))
    return [action for (action,) in found]


def password_given(client: Client, password: str = PASSWORD, username: str = "nurse", **headers: Any) -> Any:
    return client.post(SIGN_IN, {"login": username, "password": password}, **headers)


def with_app(client: Client) -> str:
    """Sign in and set an authenticator app up; returns its key."""
    password_given(client)
    shown = client.get("/sign-in/second-factor/app").content.decode()
    key = re.search(r'id="totp-key">(\w+)<', shown)
    assert key is not None
    done = client.post("/sign-in/second-factor/app", {"code": code_of(key[1])})
    assert done["Location"] == "/sign-in/recovery-codes"
    return key[1]


# --- The link and the password ---


def test_a_set_up_link_is_used_once(tmp_path: Path) -> None:
    open_service(tmp_path)
    link = setup_link(appointed("nurse", FIRST, "reviewer"))
    client = Client()
    assert client.get(link).status_code == 200  # looking uses nothing up
    assert client.post(link, {"password": "password1234"}).status_code == 422
    assert client.post(link, {"password": PASSWORD})["Location"] == SIGN_IN
    assert client.post(link, {"password": PASSWORD}).status_code == 404
    assert client.post("/sign-in/begin/made-up", {"password": PASSWORD}).status_code == 404
    assert events("password set", "set-up link handed over") == ["set-up link handed over", "password set"]


def test_a_leavers_set_up_link_is_dead(tmp_path: Path) -> None:
    open_service(tmp_path)
    user = appointed("nurse", FIRST, "reviewer")
    link = setup_link(user)
    by = system("test", now=BEGINS)
    flow.perform(governance.deactivate, user=user, by=by, now=BEGINS)
    assert Client().post(link, {"password": PASSWORD}).status_code == 404


def test_a_password_alone_reaches_only_the_page_to_set_up_more(nurse: int) -> None:
    client = Client()
    assert password_given(client)["Location"] == "/sign-in/onward"
    assert client.get("/sign-in/onward")["Location"] == "/sign-in/second-factor"
    assert client.get(WORKLIST)["Location"] == "/sign-in/second-factor"
    assert client.post("/staff/calls/next")["Location"] == "/sign-in/second-factor"
    assert client.get("/sign-in/work-as")["Location"] == "/sign-in/second-factor"
    assert "A password alone opens nothing here" in client.get("/sign-in/second-factor").content.decode()


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(nurse: int, next_: str) -> None:
    client = Client()
    sent = {"login": "nurse", "password": PASSWORD, "next": next_}
    assert client.post(f"{SIGN_IN}?{urlencode({'next': next_})}", sent)["Location"] == "/sign-in/onward"


def test_with_an_app_they_work_and_the_code_is_asked_next_time(nurse: int) -> None:
    client = Client()
    key = with_app(client)
    assert client.get("/sign-in/onward")["Location"] == WORKLIST
    assert client.get(WORKLIST).status_code == 200
    again = Client()
    assert password_given(again)["Location"] == "/sign-in/second-factor/code"
    assert again.get(WORKLIST).status_code == 403  # not signed in at all yet
    assert again.post("/sign-in/second-factor/code", {"code": "000000"}).status_code == 422
    code = code_of(key)
    assert again.post("/sign-in/second-factor/code", {"code": code})["Location"] == "/sign-in/onward"
    # The same code opens nothing twice
    third = Client()
    password_given(third)
    assert third.post("/sign-in/second-factor/code", {"code": code}).status_code == 422
    told = events("signed in", "second factor added", "second factor failed")
    assert told == ["signed in", "second factor added", "second factor added", "second factor failed", "signed in",
                    "second factor failed"]  # fmt: skip


def test_a_recovery_code_signs_in_once(nurse: int) -> None:
    client = Client()
    with_app(client)
    shown = client.get("/sign-in/recovery-codes").content.decode()
    code = re.findall(r"<li>([\w-]{6,})</li>", shown)[0]
    again = Client()
    password_given(again)
    assert again.post("/sign-in/second-factor/code", {"code": code})["Location"] == "/sign-in/onward"
    assert again.get(WORKLIST).status_code in (200, 302)
    third = Client()
    password_given(third)
    assert third.post("/sign-in/second-factor/code", {"code": code}).status_code == 422


# --- Wrong, and too often ---


def test_known_unknown_and_closed_accounts_look_the_same(nurse: int) -> None:
    def said(response: Any) -> str:
        return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", response.content.decode())

    wrong, unknown = password_given(Client(), "wrong"), password_given(Client(), "wrong", username="nobody-here")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert said(wrong) == said(unknown)
    assert SAME in said(wrong)
    with enter(system("test", now=BEGINS)) as by:
        governance.deactivate(user=nurse, by=by, now=BEGINS)
    assert said(password_given(Client())) == said(wrong)
    ids = rows("SELECT object_id FROM governance_auditevent WHERE action = 'sign-in failed' ORDER BY id")
    assert ids == [(str(nurse),), ("",), (str(nurse),)]


def test_too_many_tries_hold_up_that_account_from_that_address_alone(nurse: int) -> None:
    for _ in range(5):
        assert SAME in password_given(Client(), "wrong").content.decode()
    assert "Too many tries" in password_given(Client()).content.decode()
    assert events("locked out") == ["locked out"]
    # From their own desk, and for others at the same address, nothing is held up
    assert password_given(Client(), REMOTE_ADDR="192.0.2.7")["Location"] == "/sign-in/onward"
    assert SAME in password_given(Client(), "wrong", username="somebody-else").content.decode()
    # It stands in the database, so every process knows; and it ends
    with enter(signing_in(now=BEGINS)):
        held = one("SELECT count(*) FROM governance_signincache WHERE expires > now() + interval '16 minutes'")
        assert held == 0
        cache.clear()
    assert password_given(Client())["Location"] == "/sign-in/onward"


# --- For how long, and in how many browsers ---


def _moved(client: Client, **keys: float) -> None:
    """The browser's session as it is when time has passed."""
    session = client.session
    for key, value in keys.items():
        session[key] = value
    session.save()


def test_a_session_that_rested_or_lasted_too_long_has_ended(nurse: int) -> None:
    client = Client()
    with_app(client)
    assert client.get(WORKLIST).status_code == 200
    _moved(client, staff_seen=time.time() - settings.STAFF_IDLE_SECONDS - 1)
    assert client.get(WORKLIST).status_code == 403
    other = Client()
    user_session(other, nurse)
    assert other.get(WORKLIST).status_code == 200
    _moved(other, staff_began=time.time() - settings.STAFF_SESSION_SECONDS - 1)
    assert other.get(WORKLIST).status_code == 403


def user_session(client: Client, user: int) -> str:
    """A browser in which this user is signed in, as signing in leaves it; returns its key."""
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(pk=user))
    key = client.session.session_key
    assert key is not None
    with enter(system("test", now=BEGINS)) as by:
        given: dict[str, Any] = {"proven_by": "test", "keep": settings.STAFF_SESSIONS, "real_now": datetime.now(UTC)}
        governance.begin_session(user=user, session_key=key, by=by, now=BEGINS, **given)
    return key


def test_of_too_many_browsers_the_oldest_is_signed_out(nurse: int) -> None:
    browsers = [Client() for _ in range(settings.STAFF_SESSIONS + 1)]
    for each in browsers:
        user_session(each, nurse)
    assert [each.get(WORKLIST).status_code for each in browsers] == [403] + [200] * settings.STAFF_SESSIONS


def test_signed_out_everywhere_is_everywhere_at_once(nurse: int) -> None:
    browsers = [Client(), Client()]
    for each in browsers:
        user_session(each, nurse)
    by = system("test", now=BEGINS)
    flow.perform(governance.sign_out_everywhere, user=nurse, by=by, now=BEGINS)
    assert [each.get(WORKLIST).status_code for each in browsers] == [403, 403]
    assert one("SELECT count(*) FROM governance_staffsession") == 0
    assert events("signed out everywhere") == ["signed out everywhere"]


def test_signing_out_is_recorded(nurse: int) -> None:
    client = Client()
    user_session(client, nurse)
    assert client.post("/staff/sign-out")["Location"] == "/"
    assert events("signed out") == ["signed out"]
    assert client.get(WORKLIST).status_code == 403


def test_a_leaver_is_out_within_a_minute(tmp_path: Path) -> None:
    """The clock steps on from before their last second; what they had in hand is somebody else's."""
    small_service(tmp_path, ADA, BASHIR)
    now = days_pass(5)
    board = staff("call-handler", now).organisation
    ends = now + timedelta(minutes=1)
    by = system("test", now=now)
    given: dict[str, Any] = {"username": "leaver", "name": "Leaver", "team": None, "ends_at": ends}
    user = flow.perform(governance.appoint, organisation=board, role="call_handler", by=by, now=now, **given)
    client = Client()
    key = user_session(client, user)
    taken = client.post("/staff/calls/next")["Location"]
    assert client.get(taken).status_code == 200
    clock.set_clock(ends, running=False)
    # The next request already finds nobody
    assert client.get(taken).status_code in (302, 403)
    # And one round of the worker, which comes every five seconds, leaves nothing lying about
    sweeper.sweep(now=ends)
    assert one("SELECT count(*) FROM governance_staffsession WHERE session_key = %s", key, now=ends) == 0
    assert one("SELECT count(*) FROM contact_call WHERE claimed_by_id = %s", user, now=ends) == 0
    with enter(system("test", now=ends)):
        assert not import_module(settings.SESSION_ENGINE).SessionStore().exists(key)
    assert flow.perform(contact.claim_call, by=staff("call-handler", ends), now=ends) is not None


# --- Who reads what secrets ---


@pytest.mark.parametrize("table", ["governance_credential", "mfa_authenticator", "governance_staffsession"])
def test_secrets_are_read_by_the_sign_in_pages_and_the_system_alone(nurse: int, table: str) -> None:
    from django.db import connection

    with_app(Client())

    def seen(scope: Any) -> int:
        with enter(scope), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            return int(cursor.fetchone()[0])

    assert seen(signing_in(now=BEGINS)) > 0
    assert seen(system("test", now=BEGINS)) > 0
    with enter(system("test", now=BEGINS)):
        every = frozenset(p for (p,) in rows("SELECT DISTINCT unnest(permissions) FROM governance_role"))
    from dataclasses import replace

    from openprotect.governance.scope import Scope, nobody

    worker = replace(staff("access-administrator"), permissions=every)
    for other in (worker, replace(worker, actor="sign-in"), nobody(now=BEGINS), Scope("partner", "sign-in", BEGINS)):
        assert seen(other) == 0


# --- Forms that do not come from our pages, and the command line ---


def test_a_form_without_its_token_is_refused_recorded_and_kept_if_it_is_ours(tmp_path: Path) -> None:
    open_service(tmp_path)
    user = appointed("lee", "T01", "access_administrator")
    client = Client(enforce_csrf_checks=True)
    user_session(client, user)
    form = {"name": "Typed by hand", "on_page": "/oversight/people-who-work/appoint"}
    forged = client.post("/oversight/people-who-work/appoint", form, headers={"origin": "https://elsewhere.example"})
    assert (forged.status_code, "is kept" in forged.content.decode()) == (403, False)
    late = client.post("/oversight/people-who-work/appoint", form, headers={"origin": "http://testserver"})
    assert (late.status_code, "Go back to the form" in late.content.decode()) == (403, True)
    assert 'value="Typed by hand"' in client.get("/oversight/people-who-work/appoint").content.decode()
    refusals = rows("SELECT object_id, why, actor FROM governance_auditevent WHERE action = 'refused'")
    assert refusals == [("oversight:appoint", "FormNotOurs", str(user))] * 2


@pytest.mark.parametrize(
    "page", ["https://elsewhere.example/", "//elsewhere.example/", "/c/token", "javascript:alert(1)"]
)
def test_a_form_does_not_say_that_it_stands_elsewhere(tmp_path: Path, page: str) -> None:
    open_service(tmp_path)
    client = Client()
    user_session(client, appointed("lee", "T01", "access_administrator"))
    _moved(client, staff_seen=time.time() - settings.STAFF_IDLE_SECONDS - 1)
    client.cookies["was_signed_in"] = seal(one("SELECT max(id) FROM governance_user"), purpose="was_signed_in")
    client.post("/oversight/people-who-work/appoint", {"name": "x", "on_page": page})
    held = unseal(client.session["kept_form"], purpose="kept_form")
    assert held["page"] == "/oversight/people-who-work/appoint"
    assert "x" not in client.session["kept_form"][:8]


def test_what_was_kept_is_not_another_users(nurse: int) -> None:
    client = Client()
    client.cookies["was_signed_in"] = seal(nurse, purpose="was_signed_in")
    client.post("/oversight/people-who-work/appoint", {"name": "Typed by the nurse"})
    user_session(client, int(one("SELECT id FROM governance_user WHERE username = 'access-administrator'")))
    shown = client.get("/oversight/people-who-work/appoint")
    assert (shown.status_code, "Typed by the nurse" in shown.content.decode()) == (200, False)


def test_one_changes_ones_own_password_and_signs_in_anew_with_it(nurse: int) -> None:
    client, other, new = Client(), Client(), "eleven-kettles-over-fire"
    with_app(client)
    shown = client.get("/sign-in/second-factor").content.decode()
    assert "/sign-in/password" in shown
    assert client.get("/sign-in/password").status_code == 200
    short = client.post("/sign-in/password", {"password": "short"})
    assert (short.status_code, 'href="#password"' in short.content.decode()) == (422, True)
    changed = client.post("/sign-in/password", {"password": new})
    assert (changed.status_code, changed["Location"]) == (302, SIGN_IN)
    assert client.get("/sign-in/second-factor")["Location"].startswith(SIGN_IN)  # signed out here, too
    assert password_given(other).status_code == 422  # the old one opens nothing
    assert password_given(other, new)["Location"].startswith("/sign-in/second-factor/code")
    assert events("password changed") == ["password changed"]


def test_a_password_is_not_changed_by_whoever_only_found_the_browser(nurse: int) -> None:
    client, alone = Client(), Client()
    password_given(alone)
    assert alone.get("/sign-in/password")["Location"] == "/sign-in/second-factor"
    with_app(client)
    session = client.session
    session["account_authentication_methods"] = [
        {**each, "at": time.time() - 600} for each in session["account_authentication_methods"]
    ]
    session.save()
    asked = client.post("/sign-in/password", {"password": "eleven-kettles-over-fire"})
    assert asked.status_code == 302
    assert asked["Location"].startswith(("/sign-in/again", "/sign-in/second-factor/again"))
    assert Client().get("/sign-in/password").status_code == 302
    assert events("password changed") == []
