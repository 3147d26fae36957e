"""One request is one transaction: what is undone, what is recorded, and what does not leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import enter, system
from openprotect.lib.errors import Refusal
from openprotect.web import errors
from openprotect.web.middleware import ScopeMiddleware, StreamedAnswer

pytestmark = pytest.mark.usefixtures("committed_db")


class Unrecordable(Refusal):
    """The audit trail cannot be written."""

    status = 503


def asked(view: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
    """What leaves when a view wrote an audit event first and then answered so."""
    middleware = ScopeMiddleware(lambda request: _as_django(middleware, request, view))
    return middleware(RequestFactory().get("/healthz"))


def _as_django(
    middleware: ScopeMiddleware, request: HttpRequest, view: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    scope = request.scope
    governance.record("written by the view", by=scope)
    try:
        return view(request)
    except Exception as raised:
        return middleware.process_exception(request, raised) or errors.failed(request)


def actions_written() -> list[str]:
    with enter(system("test", now=datetime.now(UTC))) as scope:
        return [event.action for event in reversed(queries.audit_events(scope=scope))]


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponseBase]:
    def view(request: HttpRequest) -> HttpResponseBase:
        raise error

    return view


def test_what_a_view_wrote_is_kept() -> None:
    assert asked(lambda request: HttpResponse("ok")).status_code == 200
    assert actions_written() == ["written by the view"]


def test_a_failure_undoes_everything() -> None:
    assert asked(raising(ValueError("ours"))).status_code == 500
    assert actions_written() == []


def test_a_server_error_that_a_view_answered_undoes_everything() -> None:
    assert asked(lambda request: HttpResponse(status=502)).status_code == 502
    assert actions_written() == []


def test_a_refusal_undoes_everything_and_is_recorded() -> None:
    answer = asked(raising(NotPermitted()))
    assert answer.status_code == 404  # not allowed looks like not there
    assert actions_written() == ["refused"]


def test_what_the_database_cannot_keep_is_a_sentence_and_undoes_everything() -> None:
    assert asked(raising(DataError("value too long for type character varying(200)"))).status_code == 422
    assert actions_written() == ["refused"]


def test_a_refusal_that_a_view_turned_into_its_own_page_is_recorded_too() -> None:
    asked(lambda request: errors.refused(HttpResponse("form", status=422), NotPermitted()))
    assert actions_written() == ["refused"]


def test_what_cannot_be_recorded_is_a_503() -> None:
    assert asked(raising(Unrecordable())).status_code == 503
    assert actions_written() == []


def test_a_denial_that_cannot_be_recorded_does_not_leave(committed_db: Urls) -> None:
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute("ALTER TABLE governance_auditevent ADD CONSTRAINT no_denials CHECK (action <> 'refused')")
    assert asked(raising(NotPermitted())).status_code == 503


def test_a_streamed_answer_is_refused() -> None:
    with pytest.raises(StreamedAnswer):
        asked(lambda request: StreamingHttpResponse(iter(["row"])))


def test_the_scope_ends_with_the_request() -> None:
    asked(lambda request: HttpResponse("ok"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('openprotect.identity', true)")
        assert cursor.fetchone() in ((None,), ("",))


def test_answers_are_not_kept_by_browsers_and_tell_no_path() -> None:
    answer = Client().get("/c/some-token", headers={"host": "127.0.0.1"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize(
    "address", ["/sign-in/?next=%00", "/sign-in/?%00=1", "/c/%00", "/oversight/audit?action=a%00b"]
)
def test_a_character_that_is_no_text_is_refused_before_any_view(address: str) -> None:
    assert Client().get(address).status_code in (400, 404)
    assert Client().post(address.split("?")[0], {"a": "\0"}).status_code in (400, 404)
