"""What a search of the audit trail costs, at ten thousand, a hundred thousand and a million events.

`make bench NAME=audit_search`. Made-up events over a year, on a cluster of its own that is thrown away.
Each search runs as the service's role under row-level security. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "10000,100000,1000000").split(","))
RUNS = 5
NOW = datetime(2021, 4, 1, 12, 0, tzinfo=UTC)
PEOPLE, USERS, PRACTICES = 20_000, 400, 40
PERSON = UUID(int=77)

# A day's rhythm does not matter here, the spread does: most events are the service's own, a few in
# a hundred thousand are refusals, every person belongs to a practice for all of the year.
EVENTS = """
INSERT INTO governance_auditevent (at, identity, actor, organisation_id, role, action, person_id, object_type, object_id,
                                   why, purpose)
SELECT %(begins)s::timestamptz + (n * (interval '365 days' / %(events)s::float8)),
       CASE WHEN n %% 4 = 0 THEN 'staff' ELSE 'system' END,
       CASE WHEN n %% 4 = 0 THEN (1001 + (n / 4) %% %(users)s::int)::text ELSE 'system:flow' END,
       CASE WHEN n %% 4 = 0 THEN 1001 + (n / 4) %% %(practices)s::int END, 'reviewer',
       CASE WHEN n %% 20011 = 0 THEN 'refused' WHEN n %% 3 = 0 THEN 'viewed' WHEN n %% 3 = 1 THEN 'seen in worklist'
            ELSE 'call to action raised' END,
       lpad(to_hex((n::bigint * 7919) %% %(people)s::int), 32, '0')::uuid, 'call to action', '', '', 'direct care'
FROM generate_series(%(from)s::int, %(to)s::int) AS n
"""
# Columns that others add have to be filled too: organisations and workers are copies of one that is there.
ORGANISATIONS = """
INSERT INTO governance_organisation SELECT (jsonb_populate_record(o, jsonb_build_object(
    'id', 1000 + n, 'code', 'P' || n, 'name', 'Practice ' || n, 'kind', 'practice'))).*
FROM governance_organisation o, generate_series(1, %(practices)s) AS n
WHERE o.id = (SELECT min(id) FROM governance_organisation)
"""
WORKERS = """
INSERT INTO governance_user SELECT (jsonb_populate_record(u, jsonb_build_object(
    'id', 1000 + n, 'username', 'user' || n, 'name', 'Given' || n || ' Family' || n %% 97))).*
FROM governance_user u, generate_series(1, %(users)s) AS n WHERE u.id = (SELECT min(id) FROM governance_user)
"""
PERSONS = """
INSERT INTO people_person (id, restricted, source, source_id, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, false, 'bench', n, %(begins)s FROM generate_series(0, %(people)s - 1) AS n
"""
IDENTITIES = """
INSERT INTO people_personidentity (person_id, nhs_number, given_name, family_name, sex, ethnic_category, language)
SELECT lpad(to_hex(n), 32, '0')::uuid, '', 'Given' || n, 'Family' || n %% 997, 'unknown', '', 'en'
FROM generate_series(0, %(people)s - 1) AS n
"""
GRANTS = """
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 1001 + n %% %(practices)s, 'registration', %(basis)s, %(begins)s::timestamptz
FROM generate_series(0, %(people)s - 1) AS n
"""


def main() -> None:
    folder = tempfile.mkdtemp(prefix="openprotect-bench-")
    os.environ |= {"OPENPROTECT_MODE": "test", "OPENPROTECT_DATA": folder}
    os.environ["DJANGO_SETTINGS_MODULE"] = "openprotect.config.settings"
    import django

    django.setup()
    from openprotect.config import database
    from openprotect.config.embedded import Cluster

    with Cluster.temporary() as urls:
        database.create(urls, demo=True)
        with database.connected_to(urls.app):
            measured = sweep(urls.owner)
    print(json.dumps({"benchmark": "audit_search", "sizes": measured}))


def sweep(owner: str) -> list[dict[str, Any]]:
    """Every size, from the small to the large: each adds to the one before."""
    import psycopg

    begins = NOW - timedelta(days=365)
    measured, there = [], 0
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SELECT set_config('openprotect.identity', 'system', false)")
        basis = _basis()
        values = {"practices": PRACTICES, "people": PEOPLE, "users": USERS, "begins": begins, "basis": basis}
        for statement in (ORGANISATIONS, WORKERS, PERSONS, IDENTITIES, GRANTS):
            connection.execute(statement, values)
        for size in SIZES:
            # Spread over the same year, whatever the size: one event between every two of the smaller one.
            connection.execute(EVENTS, {**values, "events": size - there, "from": 1, "to": size - there})
            there = size
            connection.execute("ANALYZE")
            measured.append(measure(size, owner))
    return measured


def measure(size: int, owner: str) -> dict[str, Any]:
    """Milliseconds of every search, and what it is of the newest page of everything."""
    from django.db import connection

    from openprotect.governance import queries
    from openprotect.governance.queries import AuditSearch, OwnSearch
    from openprotect.governance.scope import Scope, enter, system
    from openprotect.people import unusual

    officer = Scope("staff", "1", NOW, permissions=frozenset({"see.audit"}))
    manager = Scope("staff", "1", NOW, organisations=(1007,), permissions=frozenset({"see.own_audit"}))
    month_ago, year_ago = NOW - timedelta(days=30), NOW - timedelta(days=360)
    with enter(system("bench", now=NOW)), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM governance_auditevent ORDER BY at LIMIT 1 OFFSET %s", [size // 2])
        middle = cursor.fetchone()[0]
    searches = {
        "newest page of everything": AuditSearch(),
        "a page from the middle": AuditSearch(before=middle),
        "one person": AuditSearch(person=PERSON),
        "one user": AuditSearch(user=1005),
        "one organisation": AuditSearch(organisation=1007),
        "an action of which there are many": AuditSearch(action="viewed"),
        "refusals": AuditSearch(denials=True),
        "one day, a year ago": AuditSearch(since=year_ago, until=year_ago + timedelta(days=1)),
        "one person's day, a year ago": AuditSearch(person=PERSON, since=year_ago, until=year_ago + timedelta(days=1)),
        "refusals of one user": AuditSearch(user=1005, denials=True),
        "one user's views at an organisation": AuditSearch(user=1007, organisation=1007, action="viewed"),
    }
    calls: dict[str, tuple[Scope, Callable[[Scope], object]]] = {
        name: (officer, lambda scope, search=search: queries.audit_events(scope=scope, search=search, limit=51))
        for name, search in searches.items()
    }
    own = OwnSearch(month_ago, NOW)
    calls |= {
        "list of actions": (officer, lambda scope: queries.audit_actions(scope=scope)),
        "a practice's page": (manager, lambda scope: queries.own_audit(own, scope=scope, limit=51)),
        "a practice's counts of 30 days": (manager, lambda scope: queries.own_audit_counts(month_ago, scope=scope)),
        "who saw a person": (
            Scope("person", "link", NOW, person=PERSON),
            lambda scope: queries.who_saw(PERSON, scope=scope),
        ),
        **{
            f"pattern: {each}": (officer, lambda scope, each=each: unusual.unusual(each, scope=scope))
            for each in unusual.PATTERNS
        },
    }
    found: dict[str, float] = {}
    for name, (by, call) in calls.items():
        found[name] = _median(by, call)
    newest = found["newest page of everything"]
    print(f"\n{size:>9,} events{'ms':>38}{'of the newest page':>22}")
    for name, milliseconds in found.items():
        print(f"  {name:<42}{milliseconds:>10.2f}{milliseconds / newest:>20.1f}")
    _plans(searches, officer)
    seen = _op_sees(owner)
    print(f"  op_sees, µs a row: {seen}")
    return {"events": size, "milliseconds": {k: round(v, 2) for k, v in found.items()}, "op_sees_microseconds": seen}


def _median(by: Any, call: Callable[[Any], object]) -> float:
    from openprotect.governance.scope import enter

    times = []
    for _ in range(RUNS):
        with enter(by) as scope:
            before = time.perf_counter()
            call(scope)
            times.append(1000 * (time.perf_counter() - before))
    return statistics.median(times)


def _plans(searches: dict[str, Any], by: Any) -> None:
    """Which index each search reads; one that reads the whole table says so."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from openprotect.governance import queries
    from openprotect.governance.scope import enter

    for name, search in searches.items():
        with enter(by) as scope:
            with CaptureQueriesContext(connection) as captured:
                queries.audit_events(scope=scope, search=search, limit=51)
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + captured[-1]["sql"])
                lines = [line.strip() for (line,) in cursor.fetchall()]
        scan = next(line for line in lines if "Scan" in line)
        print(f"    {name}: {scan.removeprefix('->').split('(cost')[0].strip()}")


def _without_stops(owner: str) -> None:
    """op_sees as it would be if there were no stops, beside it."""
    import psycopg

    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(
            "DO $do$ BEGIN EXECUTE replace(regexp_replace(pg_get_functiondef('op_sees(uuid)'::regprocedure),"
            " 'AND NOT \\(EXISTS \\(SELECT 1 FROM governance_accessstop.*?op_stopped\\(g.organisation_id, person\\)\\)',"
            " ''), 'op_sees(', 'op_sees_before('); END $do$"
        )


def _op_sees(owner: str) -> dict[str, float]:
    """Microseconds a row: before there were stops, without one, with one for another organisation, for this."""
    from django.db import connection, transaction

    from openprotect.governance.scope import Scope, enter, system

    by = Scope("staff", "1", NOW, organisations=(1007,), permissions=frozenset({"see.person"}))
    _without_stops(owner)
    before_stops = (
        "SELECT count(*) FROM generate_series(0, 9999) n WHERE op_sees_before(lpad(to_hex(n), 32, '0')::uuid)"
    )
    ask = "SELECT count(*) FROM generate_series(0, 9999) n WHERE op_sees(lpad(to_hex(n), 32, '0')::uuid)"
    empty = "SELECT count(*) FROM generate_series(0, 9999) n WHERE lpad(to_hex(n), 32, '0')::uuid IS NOT NULL"
    measured = {}
    for name, organisation in (
        ("before there were stops", 0),
        ("no stop", 0),
        ("a stop of another", 1009),
        ("a stop of this one", 1007),
    ):
        with transaction.atomic():
            if organisation:
                with enter(system("bench", now=NOW)), connection.cursor() as cursor:
                    cursor.execute(
                        "WITH r AS (INSERT INTO governance_accessstoprequest (practice_id, organisation_id, reason,"
                        " asked_by, asked_at, due_at, status, decided_by, words, reference, decided_at)"
                        " VALUES (1001, %s, 'x', '', %s, %s, 'granted', '', 'x', gen_random_uuid(), %s) RETURNING id)"
                        " INSERT INTO governance_accessstop (request_id, practice_id, organisation_id, spared, starts_at)"
                        " SELECT id, 1001, %s, '{}', %s FROM r",
                        [organisation, NOW, NOW, NOW, organisation, NOW],
                    )
            times = []
            for _ in range(4 * RUNS):
                with enter(by), connection.cursor() as cursor:
                    spent = []
                    for statement in (before_stops if name.startswith("before") else ask, empty):
                        before = time.perf_counter()
                        cursor.execute(statement)
                        spent.append(time.perf_counter() - before)
                    times.append((spent[0] - spent[1]) * 1e6 / 10_000)
            measured[name] = round(min(times), 2)  # the least: whatever else the machine does only adds
            transaction.set_rollback(True)
    return measured


def _basis() -> int:
    from openprotect.demo import setting_up
    from openprotect.governance.bases import DIRECT_CARE
    from openprotect.governance.queries import basis_id

    setting_up.set_up_board(now=NOW - timedelta(days=400))
    return basis_id(DIRECT_CARE)


if __name__ == "__main__":
    main()
