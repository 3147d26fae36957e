"""Local accounts of people who work here, as an administrator and they themselves make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from tests.factories.seen import one
from tests.factories.small_service import BEGINS

# Tables of secrets: whoever is being found out, by the pages that do it, and the system. Nobody else reads them.
SECRET = {
    "governance_credential", "governance_staffsession", "governance_signincache", "mfa_authenticator",
    "account_emailaddress", "account_emailconfirmation", "socialaccount_socialaccount", "socialaccount_socialapp",
    "socialaccount_socialtoken",
}  # fmt: skip
PASSWORD = "nine-lanterns-under-water"
LONG_ENOUGH = 4  # seconds in which a test has sent the code


def appointed(username: str, organisation: str, role: str, now: datetime = BEGINS, **terms: Any) -> int:
    """A user with a membership; returns their id."""
    at = one("SELECT id FROM governance_organisation WHERE code = %s", organisation)
    given = {"name": username.title(), "team": None, "ends_at": None, **terms}
    by = system("test", now=now)
    user: int = flow.perform(governance.appoint, username=username, organisation=at, role=role, by=by, now=now, **given)
    return user


def signed_in(username: str) -> Client:
    """A browser in which somebody who works here is signed in."""
    client = Client()
    with enter(system("test", now=BEGINS)):
        client.force_login(get_user_model().objects.get(username=username))
    return client


def setup_link(user: int, now: datetime = BEGINS) -> str:
    """The path of a link by which they set a password."""
    token = flow.perform(
        governance.hand_over_setup, user=user, by=system("test", now=now), now=now, real_now=datetime.now(UTC)
    )
    return f"/sign-in/begin/{token}"


def code_of(key: str) -> str:
    """The six digits that an authenticator app shows for a key, for some seconds yet."""
    left = 30 - time.time() % 30
    if left < LONG_ENOUGH:
        time.sleep(left)
    counter = struct.pack(">Q", int(time.time()) // 30)
    made = hmac.new(base64.b32decode(key), counter, hashlib.sha1).digest()
    start = made[-1] & 15
    return f"{(struct.unpack('>I', made[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
