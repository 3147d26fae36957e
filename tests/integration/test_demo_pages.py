"""The demo's doors open on a database that was made as a demo, and on no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.test import RequestFactory

from openprotect.config.database_urls import Urls
from openprotect.demo.urls import urlpatterns
from openprotect.governance.errors import NotADemo
from openprotect.governance.scope import enter, nobody

ARGUMENTS = {"message": {"reference": uuid4()}, "letter": {"reference": uuid4()}}
START = "import openprotect.config.wsgi"


@pytest.fixture
def no_demo(committed_db: Urls) -> Urls:
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute("UPDATE governance_installation SET demo = false")
    return committed_db


@pytest.mark.parametrize("name", [each.name for each in urlpatterns])
def test_no_page_of_the_demo_opens(name: str, no_demo: Urls) -> None:
    view = next(each.callback for each in urlpatterns if each.name == name)
    request = RequestFactory().generic("POST" if name == "sign_in" else "GET", "/")
    request.scope = nobody(now=datetime.now(UTC))
    with enter(request.scope), pytest.raises(NotADemo):
        view(request, **ARGUMENTS.get(name, {}))


def test_the_web_server_of_a_demo_does_not_start(no_demo: Urls, tmp_path: Path) -> None:
    started = starting(tmp_path)
    assert started.returncode == 1
    assert "not marked as a demo" in started.stderr


def test_the_web_server_of_a_demo_starts_on_a_demo(committed_db: Urls, tmp_path: Path) -> None:
    started = starting(tmp_path)
    assert (started.returncode, started.stderr) == (0, "")


def starting(folder: Path) -> subprocess.CompletedProcess[str]:
    """A web server that does not know the password of the tables' owner: it has nothing to do as that role."""
    owner = re.sub(r"(?<=:)[^:/@]+(?=@)", "wrong", os.environ["DATABASE_OWNER_URL"])
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(owner)
    environ = {
        **os.environ, "OPENPROTECT_MODE": "demo", "OPENPROTECT_DATA": str(folder), "DATABASE_OWNER_URL": owner,
    }  # fmt: skip
    return subprocess.run([sys.executable, "-c", START], env=environ, capture_output=True, text=True, check=False)
