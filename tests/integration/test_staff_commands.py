"""The first administrator, on the command line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from openprotect.config.database_urls import Urls
from tests.factories.accounts import PASSWORD
from tests.factories.command_line import Installation
from tests.factories.seen import rows
from tests.factories.small_service import open_service


def test_the_first_administrator_is_appointed_and_begins(committed_db: Urls, tmp_path: Path) -> None:
    open_service(tmp_path)
    installed = Installation(tmp_path / "data")
    assert "access_administrator" in installed.run("role", "load")
    appoint = ("staff", "appoint", "lee.turner", "--name", "Lee Turner", "--role", "access_administrator")
    installed.run(*appoint, "--at", "T01")
    link = installed.run("staff", "invite", "lee.turner").strip()
    client = Client()
    assert client.post(urlsplit(link).path, {"password": PASSWORD})["Location"] == "/sign-in/"
    assert client.post("/sign-in/", {"login": "lee.turner", "password": PASSWORD}).status_code == 302
    assert client.get("/sign-in/onward")["Location"] == "/sign-in/second-factor"
    done = "SELECT action FROM governance_auditevent WHERE actor = 'system:command line' AND action <> 'role defined'"
    assert rows(f"{done} ORDER BY id") == [("appointed",), ("set-up link handed over",)]
    with pytest.raises(AssertionError, match="no organisation with the code X99"):
        installed.run(*appoint, "--at", "X99")
