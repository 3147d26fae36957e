"""What row-level security costs on the worklist, at ten, fifty and two hundred thousand calls to action.

`make bench NAME=row_security`. Made-up people of forty practices on a cluster of its own that is thrown
away. The same queries run as the service's role under its policies, and as the owner of the tables for
whom they are switched off; both see the same rows. The last line is JSON, in microseconds.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "10000,50000,200000").split(","))
RUNS = 15
PRACTICES = 40

ORGANISATIONS = """
INSERT INTO governance_organisation SELECT (jsonb_populate_record(o, jsonb_build_object(
    'id', 1000 + n, 'code', 'P' || n, 'name', 'Practice ' || n, 'kind', 'practice'))).*
FROM governance_organisation o, generate_series(1, %(practices)s) AS n WHERE o.code = 'T06'
"""
TEAMS = """
INSERT INTO governance_team SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', 1000 + n, 'organisation_id', 1000 + n))).*
FROM governance_team t, generate_series(1, %(practices)s) AS n WHERE t.id = (SELECT min(id) FROM governance_team)
"""
PEOPLE = """
INSERT INTO people_person (id, practice_id, restricted, source, source_id, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 1001 + n %% %(practices)s, false, 'bench', n, %(now)s
FROM generate_series(%(from)s::int, %(to)s::int) AS n
"""
IDENTITIES = """
INSERT INTO people_personidentity (person_id, nhs_number, given_name, family_name, sex, ethnic_category, language)
SELECT lpad(to_hex(n), 32, '0')::uuid, '', 'Given' || n, 'Family' || n %% 997, 'unknown', '', 'en'
FROM generate_series(%(from)s::int, %(to)s::int) AS n
"""
GRANTS = """
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, o.id, o.via, g.basis_id, g.starts_at
FROM generate_series(%(from)s::int, %(to)s::int) AS n
CROSS JOIN LATERAL (VALUES (1001 + n %% %(practices)s, 'registration'),
    ((SELECT id FROM governance_organisation WHERE kind = 'icb' LIMIT 1), 'programme')) AS o(id, via)
CROSS JOIN (SELECT basis_id, starts_at FROM governance_accessgrant LIMIT 1) g
"""
MEMBERS = """
INSERT INTO identify_member SELECT (jsonb_populate_record(m, jsonb_build_object(
    'id', lpad(to_hex(n), 32, '0'), 'person_id', lpad(to_hex(n), 32, '0')))).*
FROM identify_member m, generate_series(%(from)s::int, %(to)s::int) AS n WHERE m.id = %(member)s
"""
CASES = """
INSERT INTO act_case SELECT (jsonb_populate_record(c, jsonb_build_object('id', lpad(to_hex(n), 32, '0'),
    'member_id', lpad(to_hex(n), 32, '0'), 'person_id', lpad(to_hex(n), 32, '0')))).*
FROM act_case c, generate_series(%(from)s::int, %(to)s::int) AS n
WHERE c.id = (SELECT id FROM act_case WHERE member_id = %(member)s LIMIT 1)
"""
CALLS = """
INSERT INTO act_calltoaction SELECT (jsonb_populate_record(c, jsonb_build_object('id', lpad(to_hex(n), 32, '0'),
    'case_id', lpad(to_hex(n), 32, '0'), 'member_id', lpad(to_hex(n), 32, '0'),
    'person_id', lpad(to_hex(n), 32, '0'), 'source_id', n, 'owner_team_id', 1001 + n %% %(practices)s,
    'rank', n %% 5, 'due_at', c.due_at + n %% 10000 * interval '1 minute'))).*
FROM act_calltoaction c, generate_series(%(from)s::int, %(to)s::int) AS n
WHERE c.id = (SELECT id FROM act_calltoaction WHERE member_id = %(member)s LIMIT 1)
"""
INDEXES = re.compile(r"Index (?:Only )?Scan (?:Backward )?(?:using|on) (calltoaction_\w+)")
WITHOUT = "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY"


def main() -> None:
    measured, there = [], 0
    with one_with_a_call() as (urls, person, begins):
        for size in SIZES:
            fill(urls.owner, there + 1, size, now=begins, person=person)
            there = size
            measured.append({"calls_to_action": size, **compare(urls)})
            print(json.dumps(measured[-1]))
    print(json.dumps({"benchmark": "row_security", "runs": RUNS, "sizes": measured}))


@contextmanager
def one_with_a_call() -> Iterator[tuple[Any, Any, Any]]:
    """A small service in a throw-away database, its one member with a call to action: addresses, person, now."""
    folder = tempfile.mkdtemp(prefix="openprotect-bench-")
    os.environ |= {"OPENPROTECT_MODE": "test", "OPENPROTECT_DATA": folder}
    os.environ["DJANGO_SETTINGS_MODULE"] = "openprotect.config.settings"
    import django

    django.setup()
    from openprotect.config import database
    from openprotect.config.embedded import Cluster
    from tests.factories.small_service import ADA, BEGINS, answer, small_service

    with Cluster.temporary() as urls:
        database.create(urls, demo=True)
        with database.connected_to(urls.app):
            invited = small_service(Path(folder), ADA)["ada"]
            answer(invited, medicines="not_enough", medicines_days=0, medicines_collect=False)
        yield urls, invited.person, BEGINS


def fill(owner: str, begin: int, end: int, *, now: Any, person: Any, more: Sequence[str] = ()) -> None:
    """More people, each with one open call to action of their practice's team, and what `more` statements make."""
    import psycopg

    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SELECT set_config('openprotect.identity', 'system', false)")
        row = connection.execute("SELECT id FROM identify_member WHERE person_id = %s", [person]).fetchone()
        assert row is not None
        values = {"practices": PRACTICES, "from": begin, "to": end, "now": now, "member": row[0]}
        once = (ORGANISATIONS, TEAMS) if begin == 1 else ()
        for statement in (*once, PEOPLE, IDENTITIES, GRANTS, MEMBERS, CASES, CALLS, *more):
            connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")


def compare(urls: Any) -> dict[str, Any]:
    """Microseconds of the worklist, and of its page alone, with policies and without."""
    from openprotect.config import database
    from openprotect.governance import queries
    from openprotect.governance.scope import enter, system
    from openprotect.journey.act import queries as act
    from tests.factories.small_service import BEGINS, staff

    now = BEGINS + timedelta(hours=1)
    with database.connected_to(urls.app), enter(system("bench", now=now)):
        board = queries.organisations("icb")[0].id
    with database.connected_to(urls.app):
        reviewer = replace(staff("practice-reviewer", now), organisations=(1007,), organisation=1007)
        surveillance = replace(staff("surveillance", now), organisations=(board,))
    result: dict[str, Any] = {}
    for name, scope in (("practice", reviewer), ("board", surveillance)):
        under, rows, index = measure(urls.app, scope, act)
        with without_policies(urls.owner):
            free, all_rows, _ = measure(urls.owner, scope, act)
        assert rows == all_rows, "both have to see the same"
        result[name] = {
            "open": rows,
            **{f"{part}_us": {"with": under[part], "without": free[part], "ratio": round(under[part] / free[part], 2)}
               for part in under},
            "index": index,
        }  # fmt: skip
    return result


@contextmanager
def without_policies(owner: str) -> Iterator[None]:
    """The owner of the tables is asked no policy for a while."""
    import psycopg

    with psycopg.connect(owner, autocommit=True) as connection:
        tables = [table for (table,) in connection.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity")]
        for table in tables:
            connection.execute(WITHOUT.format(table))
        try:
            yield
        finally:
            for table in tables:
                connection.execute(WITHOUT.format(table).replace("NO FORCE", "FORCE"))


def measure(url: str, scope: Any, act: Any) -> tuple[dict[str, int], int, str]:
    """Medians of the whole worklist and of the page's query alone; how much is open; whether the plan has the index."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from openprotect.config import database
    from openprotect.governance.scope import enter

    with database.connected_to(url), enter(scope):
        with CaptureQueriesContext(connection) as caught:
            found = act.worklist(scope=scope)
        page = next(
            q["sql"] for q in caught.captured_queries if "LIMIT 26" in q["sql"] and "act_calltoaction" in q["sql"]
        )
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + page)
            plan = " ".join(line for (line,) in cursor.fetchall())

            def one_page() -> None:
                cursor.execute(page)
                cursor.fetchall()

            medians = {"worklist": median(lambda: act.worklist(scope=scope)), "page": median(one_page)}
    return medians, found.open, ", ".join(INDEXES.findall(plan)) or plan[:200]


def median(run: Any) -> int:
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1e6)
    return round(statistics.median(taken))


if __name__ == "__main__":
    main()
