"""Whatever goes wrong at a personal link, the link does not stand in the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from django.test import Client, RequestFactory

from openprotect.config import log
from openprotect.config.database_urls import Urls
from tests.factories.small_service import open_service

TOKEN = "canary_Zm9yZ290dGVu-1"
DATE = {"date-of-birth-day": "1", "date-of-birth-month": "2", "date-of-birth-year": "1945"}


@pytest.fixture(params=[True, False], ids=["live", "demo"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What our handler writes."""
    configured = log.configuration(live=request.param)["formatters"]["events"].copy()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(configured.pop("()")(**configured))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("kind", ["c", "r"])
def test_refused_and_failed_requests_tell_no_link(
    kind: str, committed_db: Urls, tmp_path: Path, written: io.StringIO
) -> None:
    open_service(tmp_path)
    path = f"/{kind}/{TOKEN}"
    client = Client(raise_request_exception=False)
    strict = Client(enforce_csrf_checks=True)
    assert client.post(path, DATE).status_code in (405, 422)
    assert strict.post(path, DATE).status_code == 403
    assert client.get(f"{path}/nothing").status_code == 404
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute("ALTER TABLE governance_auditevent RENAME TO lost")
    failed = client.post(path, DATE) if kind == "c" else client.get(path)
    assert failed.status_code == 500
    assert "Traceback" in written.getvalue()
    assert f"/{kind}/..." in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_neither_arguments_nor_requests_nor_exceptions_tell_a_link(written: io.StringIO) -> None:
    path = f"/c/{TOKEN}"
    asked = RequestFactory().get(path)
    ours, libraries = structlog.get_logger("openprotect.test"), logging.getLogger("library")
    ours.warning("opened", path=path, request=asked, held={"paths": [path]}, other=asked)
    libraries.warning("%s: %s", "Forbidden", path, extra={"request": asked})
    try:
        raise LookupError(f"nothing at {path}")
    except LookupError:
        ours.exception("not_found")
        libraries.exception("not found: %s", path)
    assert written.getvalue().count("/c/...") >= 6
    assert TOKEN not in written.getvalue()
