"""Signing in with an account at an OpenID Connect provider: a real one, in a process of its own, asked over HTTP."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from openprotect.config.providers import Provider
from openprotect.governance import actions as governance
from openprotect.governance.errors import AccountBelongsToAnother
from openprotect.governance.scope import system
from openprotect.journey import flow
from tests.factories.accounts import appointed
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, FIRST, open_service

pytestmark = pytest.mark.usefixtures("db")
STARTS_WITHIN = 30
PEOPLE = {
    "555036632103": {"email": "nurse@example.org", "email_verified": True},
    "555000000001": {"email": "nurse@example.org", "email_verified": False},
    "555000000002": {"email": "nurse@example.org", "email_verified": "false"},
    "555000000003": {"email": "stranger@example.org", "email_verified": True},
}
KNOWN, UNVERIFIED, SAYS_FALSE, STRANGER = PEOPLE
WORKLIST = "/staff/worklist"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider that knows four people."""
    port = free_port()
    people = [json.dumps({"sub": sub, **said}) for sub, said in PEOPLE.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.factories.provider_process", str(port), *people],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and process.poll() is None:
            try:
                requests.get(f"{address}/.well-known/openid-configuration", timeout=2)
                break
            except requests.RequestException:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def nurse(tmp_path: Path, issuer: str, settings: Any) -> int:
    """A reviewer whose e-mail address an administrator has entered, and the provider in the settings."""
    provide(settings, issuer)
    open_service(tmp_path)
    user = appointed("nurse", FIRST, "reviewer")
    flow.perform(
        governance.enter_email, user=user, email="Nurse@Example.org", by=system("test", now=BEGINS), now=BEGINS
    )
    return user


def provide(settings: Any, issuer: str) -> None:
    app = Provider("trust", "The trust's accounts", issuer, "openprotect", "a-secret").app()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}


def gone_to(client: Client) -> str:
    """The address at the provider to which the browser is sent."""
    sent = client.get("/sign-in/with/trust")
    assert sent.status_code == 302
    return str(sent["Location"])


def proven(there: str, subject: str) -> str:
    """The path with which the provider sends the browser back, once somebody has proven who they are."""
    back = requests.post(there, data={"sub": subject}, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    pieces = urlsplit(back.headers["Location"])
    return f"{pieces.path}?{pieces.query}"


def comes_back(client: Client, subject: str) -> Any:
    return client.get(proven(gone_to(client), subject))


def recorded(action: str) -> list[tuple[Any, ...]]:
    query = "SELECT object_id, why FROM governance_auditevent WHERE action = %s ORDER BY id"
    return rows(query, action)


def test_somebody_whom_an_administrator_entered_signs_in(nurse: int) -> None:
    client = Client()
    assert "The trust&#39;s accounts" in client.get("/sign-in/").content.decode()
    assert comes_back(client, KNOWN)["Location"] == "/sign-in/onward"
    assert client.get("/sign-in/onward")["Location"] == WORKLIST
    assert client.get(WORKLIST).status_code == 200
    assert recorded("signed in") == [(str(nurse), "trust")]
    # From then on the subject counts, not the address
    flow.perform(governance.enter_email, user=nurse, email="x@example.org", by=system("t", now=BEGINS), now=BEGINS)
    assert comes_back(Client(), KNOWN)["Location"] == "/sign-in/onward"
    assert one("SELECT extra_data::text FROM socialaccount_socialaccount") == "{}"  # nothing of theirs is kept


def test_a_subject_that_was_linked_by_hand_signs_in(nurse: int) -> None:
    by = system("test", now=BEGINS)
    flow.perform(governance.link_account, user=nurse, provider="trust", subject=STRANGER, by=by, now=BEGINS)
    assert comes_back(Client(), STRANGER)["Location"] == "/sign-in/onward"
    other = appointed("other", FIRST, "reviewer")
    with pytest.raises(AccountBelongsToAnother):
        flow.perform(governance.link_account, user=other, provider="trust", subject=STRANGER, by=by, now=BEGINS)


@pytest.mark.parametrize("subject", [STRANGER, UNVERIFIED, SAYS_FALSE])
def test_nobody_gets_in_whom_nobody_entered(nurse: int, subject: str) -> None:
    client = Client()
    answer = comes_back(client, subject)
    assert answer.status_code == 403
    assert "We do not know this account" in answer.content.decode()
    assert client.get(WORKLIST).status_code == 403
    assert rows("SELECT count(*) FROM socialaccount_socialaccount") == [(0,)]
    assert ("openid_connect_callback", "UnknownAccount") in recorded("refused")


def test_a_leaver_does_not_come_in_by_the_provider(nurse: int) -> None:
    comes_back(Client(), KNOWN)
    flow.perform(governance.deactivate, user=nurse, by=system("test", now=BEGINS), now=BEGINS)
    client = Client()
    assert comes_back(client, KNOWN).status_code == 403
    assert client.get(WORKLIST).status_code == 403


def test_pkce_is_used_and_without_its_verifier_a_code_opens_nothing(nurse: int) -> None:
    client = Client()
    there = gone_to(client)
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    # A code that was made for another challenge than the one this browser has the verifier of
    other = re.sub(r"code_challenge=[^&]+", "code_challenge=" + "A" * 43, there)
    refused(client, proven(other, KNOWN))


def test_a_link_does_not_choose_how_strictly_the_provider_asks(nurse: int) -> None:
    sent = Client().get("/sign-in/with/trust?auth_params=acr_values%3Dlow&process=connect&scope=everything")
    assert "acr_values" not in sent["Location"]
    assert "everything" not in sent["Location"]


def test_a_wrong_state_and_a_code_that_was_used_open_nothing(nurse: int) -> None:
    client = Client()
    back = proven(gone_to(client), KNOWN)
    refused(Client(), back)  # somebody else's browser
    refused(client, re.sub(r"state=[^&]+", "state=another", back))
    assert client.get(back)["Location"] == "/sign-in/onward"
    client.post("/staff/sign-out")
    refused(client, back)
    refused(client, "/sign-in/with/trust/back?error=access_denied")


def refused(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Signing in did not work" in answer.content.decode()
    assert client.get(WORKLIST).status_code == 403
    assert ("openid_connect_callback", "ProviderRefused") in recorded("refused")


def test_a_provider_that_is_away_leaves_no_half_session(nurse: int, issuer: str, settings: Any) -> None:
    client = Client()
    back = proven(gone_to(client), KNOWN)
    provide(settings, f"http://127.0.0.1:{free_port()}")
    for path in ("/sign-in/with/trust", back):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "cannot be reached just now" in answer.content.decode()
        assert client.get(WORKLIST).status_code == 403
    assert "_auth_user_id" not in client.session


def test_an_unknown_provider_is_not_there(nurse: int) -> None:
    assert Client().get("/sign-in/with/another").status_code == 404
