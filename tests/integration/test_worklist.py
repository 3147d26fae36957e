"""The worklist goes page by page in one order, and asks of no more rows than a page has whether they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.row_security import fill
from openprotect.config.database_urls import Urls
from openprotect.governance.scope import Scope, enter
from openprotect.journey.act import worklist as act
from openprotect.web.staff import worklist_presenter
from tests.factories.seen import rows
from tests.factories.small_service import ADA, BEGINS, answer, small_service, staff

OPEN, NOW = 230, BEGINS + timedelta(hours=6)
# Two teams of the board, so that what each has is one list.
SHARED = """
UPDATE act_calltoaction SET owner_team_id = (ARRAY(
    SELECT t.id FROM governance_team t JOIN governance_organisation o ON o.id = t.organisation_id
    WHERE o.kind = 'icb' ORDER BY t.id LIMIT 2))[1 + (hashtext(id::text) & 1)]
"""


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    person = small_service(tmp_path_factory.mktemp("service"), ADA)["ada"]
    answer(person, medicines="not_enough", medicines_days=0, medicines_collect=False)
    fill(module_db.owner, 1, OPEN - 1, now=BEGINS, person=person.person)
    rows(f"{SHARED} RETURNING 1", now=NOW)
    with psycopg.connect(module_db.owner) as owner:
        owner.execute("ANALYZE act_calltoaction")


@pytest.fixture(params=[True, False], ids=["who watches over all", "the teams of the board"])
def reader(service: None, request: pytest.FixtureRequest) -> Scope:
    watches = staff("surveillance", NOW)
    everything = watches.permissions | {"see.calls_to_action", "see.person"}
    return replace(
        watches, permissions=everything | {"see.every_need"} if request.param else everything - {"see.every_need"}
    )


def pages(scope: Scope) -> Iterator[act.Worklist]:
    after = ""
    with enter(scope):
        while True:
            page = act.worklist(scope=scope, after=after)
            yield page
            if not (after := page.after):
                return


def test_every_need_is_on_one_page_in_the_order_of_urgency(reader: Scope) -> None:
    found = [row.id for page in pages(reader) for row in page.rows]
    in_order = "SELECT id FROM act_calltoaction WHERE status <> 'closed' ORDER BY rank DESC, due_at, id"
    assert found == [id_ for (id_,) in rows(in_order, now=NOW)]
    assert len(found) == OPEN


def test_counts_stop_where_nobody_counts_on(reader: Scope) -> None:
    page = next(pages(reader))
    assert (page.open, page.unaccepted) == (act.MOST_COUNTED + 1, act.MOST_COUNTED + 1)
    assert 0 < page.overdue < act.MOST_COUNTED
    shown = [each["number"] for each in worklist_presenter.worklist(page, NOW)["counts"]]
    assert shown == ["200+", str(page.overdue), "200+"]


@pytest.mark.parametrize("rank", [-1, 40_000, 10**30])
def test_a_page_after_nothing_is_the_first(reader: Scope, rank: int) -> None:
    with enter(reader):
        first = act.worklist(scope=reader)
        assert act.worklist(scope=reader, after=f"{rank}~{NOW.isoformat()}~{UUID(int=1)}").rows == first.rows


def test_no_more_rows_are_asked_than_a_page_has(reader: Scope) -> None:
    second = next(pages(reader)).after
    for after in ("", second):
        with enter(reader), connection.cursor() as cursor:
            with CaptureQueriesContext(connection) as caught:
                act.worklist(scope=reader, after=after)
            (page,) = (q["sql"] for q in caught.captured_queries if f"LIMIT {act.PAGE + 1}" in q["sql"])
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + page)
            (plan,) = cursor.fetchone()
        asked = [scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) for scan in scans(plan[0]["Plan"])]
        # Of a further page, those of its first rank that were shown already are set aside unasked.
        assert all(each <= act.PAGE + 1 for each in asked) or after, asked
        assert all(each < OPEN / 2 for each in asked), asked


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Relation Name") == "act_calltoaction":
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)
