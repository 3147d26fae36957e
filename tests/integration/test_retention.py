"""Nothing is kept longer than its period, nothing on hold goes, and an erased person leaves the trail whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import chain, queries
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.facts.retention import RULES, TABLES
from openprotect.governance.scope import enter, system
from openprotect.jobs import retention, trail
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.learn.disposal import records_past_their_period
from openprotect.people import actions as people
from openprotect.people import rights
from openprotect.people.errors import RecordIsHeld
from openprotect.people.facts import ContactPointGiven
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, cohort_run, small_service, staff
from tests.factories.trail import judge_database, sealed
from tests.factories.twins import twins

YEARS = 9
CARLA = replace(
    ADA,
    contact_points=(ContactPointGiven("mobile", "+447700900777"),),
    source_id="carla",
    nhs_number="9990000034",
    given_name="Carla",
    date_of_birth=date(2010, 5, 1),
)

# The oldest row of what goes by itself and no hold keeps.
OLDEST = {
    "outbox_message": "SELECT min(accepted_at) FROM outbox_message WHERE person_id IS NULL OR NOT people_held(person_id)",
    "check_in_doortry": "SELECT min(at) FROM check_in_doortry",
    "act_referrallink": "SELECT min(expires_at) FROM act_referrallink",
}


@pytest.fixture
def anchor(tmp_path: Path, settings: Any) -> Path:
    settings.ANCHOR = tmp_path / "elsewhere" / "anchor.jsonl"
    return settings.ANCHOR


def public_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def test_every_table_has_a_rule_and_every_rule_a_table(db: None) -> None:
    assert public_tables() == TABLES.keys(), "openprotect/governance/retention.toml says how long each table is kept"
    assert {rule.key for rule in TABLES.values()} == RULES.keys()
    for rule in RULES.values():
        assert rule.does in ("erase", "delete", "cut", "keep")
        assert bool(rule.years or rule.days) == (rule.does != "keep"), rule.key
        assert rule.basis


def test_what_says_it_is_deleted_is_deleted_and_what_is_erased_has_a_person(db: None) -> None:
    by_itself = {table for table, rule in TABLES.items() if rule.does == "delete"}
    with_their_job = {"procrastinate_events", "procrastinate_periodic_defers", "procrastinate_workers"}
    assert by_itself == retention.DELETED | with_their_job
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND attname = 'person_id' AND NOT attisdropped"
        )
        personal = {name for (name,) in cursor.fetchall()} | {"people_person"}
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid::regclass::text = ANY (%s)",
            [sorted(personal - {"people_person"})],
        )
        personal |= {name for (name,) in cursor.fetchall()}
    erased = {table for table, rule in TABLES.items() if rule.does == "erase"}
    assert erased - {"people_optout"} <= personal  # which is kept by NHS number
    assert {table for table in personal - erased if TABLES[table].does == "keep"} == set()


def uuids_left(person: UUID, owner: str) -> set[str]:
    """Every table in which the id of a person stands anywhere, in whatever column."""
    found = set()
    with psycopg.connect(owner) as reader:
        reader.execute("SELECT set_config('openprotect.identity', 'system', false)")
        columns = reader.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT attisdropped"
            " AND atttypid IN ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'uuid[]'::regtype)"
        ).fetchall()
        for table, column in columns:
            query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {}::text LIKE %s)")
            query = query.format(sql.Identifier(table), sql.Identifier(column))
            if reader.execute(query, [f"%{person}%"]).fetchone() == (True,):
                found.add(table)
    return found


def test_an_erased_person_is_an_id_in_the_trail_and_the_trail_is_whole(
    committed_db: Urls, tmp_path: Path, anchor: Path
) -> None:
    gone, kept = twins(tmp_path)
    now = BEGINS + timedelta(days=10)
    trail.seal(now=now)
    trail.anchor(now=now)
    assert judge_database(committed_db.app, anchor).code == chain.INTACT
    before = uuids_left(kept.person, committed_db.owner)
    erased = flow.perform(people.erase_person, person=gone.person, why="request 7", by=staff("ig-lead", now), now=now)
    assert erased["people_person"] == 1
    assert erased["act_referrallink"] == 1
    assert uuids_left(gone.person, committed_db.owner) == {"governance_auditevent"}
    assert uuids_left(kept.person, committed_db.owner) == before
    trail.seal(now=now)
    assert judge_database(committed_db.app, anchor).code == chain.INTACT


def test_a_person_on_hold_is_not_erased(committed_db: Urls, tmp_path: Path) -> None:
    invited = small_service(tmp_path, ADA)
    by = staff("ig-lead")
    flow.perform(governance.place_hold, name="Inquiry", reason="A claim", programme="covid-protect", by=by, now=BEGINS)
    with pytest.raises(RecordIsHeld):
        flow.perform(people.erase_person, person=invited["ada"].person, why="asked", by=by, now=BEGINS)
    with enter(system("retention", now=BEGINS)) as retaining:
        assert people.erase_people(people=[invited["ada"].person], why="over", by=retaining, now=BEGINS).value == {}
    with pytest.raises(NotPermitted):
        flow.perform(people.erase_person, person=invited["ada"].person, why="x", by=staff("call-handler"), now=BEGINS)


def test_nine_years_leave_nothing_overdue_and_nothing_on_hold_removed(
    committed_db: Urls, tmp_path: Path, anchor: Path
) -> None:
    invited = small_service(tmp_path, ADA, BASHIR, CARLA)
    trail.seal(now=BEGINS)
    events = one("SELECT count(*) FROM governance_auditevent")
    left = BEGINS + timedelta(days=30)
    for needed in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'"):
        flow.perform(act.close, call_to_action=needed[0], outcome="resolved", by=system("test", now=left), now=left)
    cohort_run(now=left)  # finds nobody any more: everybody leaves
    assert one("SELECT count(*) FROM identify_member WHERE left_at IS NULL") == 0
    by = staff("ig-lead")
    basis = basis_of_its_own(invited["bashir"].person, left)
    hold = flow.perform(governance.place_hold, name="Inquiry", reason="A claim", basis=basis, by=by, now=left)
    for months in range(3, 12 * YEARS, 3):
        at = left + timedelta(days=months * 30.5)
        retention.dispose(now=at)
        trail.seal(now=at)
        trail.anchor(now=at)
        with enter(system("test", now=at)) as scope:
            assert records_past_their_period(scope=scope)[0] == []
        for table, query in OLDEST.items():
            oldest = one(query, now=at)
            assert oldest is None or oldest >= TABLES[table].before(at), table
        assert judge_database(committed_db.app, anchor).code == chain.INTACT
    end = left + timedelta(days=365.25 * YEARS)
    people_left = {person for (person,) in rows("SELECT id FROM people_person", now=end)}
    assert people_left == {invited["bashir"].person, invited["carla"].person}  # on hold; not yet 25
    assert one("SELECT held FROM governance_disposal WHERE \"table\" = '' ORDER BY id DESC LIMIT 1", now=end) == 1
    flow.perform(governance.lift_hold, hold=hold, words="settled", by=by, now=end)
    retention.dispose(now=end)
    assert rows("SELECT id FROM people_person", now=end) == [(invited["carla"].person,)]
    assert one("SELECT count(*) FROM governance_auditevent WHERE at < %s", RULES["audit"].before(end), now=end) == 0
    assert events > 0
    adult = datetime(2035, 5, 2, 12, tzinfo=UTC)
    retention.dispose(now=adult)
    assert rows("SELECT id FROM people_person", now=adult) == []


def test_who_waits_for_an_answer_about_their_record_still_has_one(committed_db: Urls, tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    left = BEGINS + timedelta(days=30)
    for needed in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'"):
        flow.perform(act.close, call_to_action=needed[0], outcome="resolved", by=system("test", now=left), now=left)
    cohort_run(now=left)
    late = left + timedelta(days=365.25 * YEARS)
    asked = flow.perform(
        rights.receive_request, kind="access", who="Ada Okafor", reply_to="By post", asked="What do you hold?",
        nhs_number=ADA.nhs_number, received_on=late.date(), by=staff("ig-lead"), now=late,
    )  # fmt: skip
    with enter(system("test", now=late)) as scope:
        assert records_past_their_period(scope=scope) == ([], 0)
    by = staff("ig-lead", late)
    flow.perform(rights.answer, request=asked, outcome="withdrawn", words="They rang", by=by, now=late)
    with enter(system("test", now=late)) as scope:
        assert records_past_their_period(scope=scope) == ([], 0)  # the answer is the last entry
    after = late + timedelta(days=365.25 * YEARS)
    with enter(system("test", now=after)) as scope:
        assert len(records_past_their_period(scope=scope)[0]) == 1


def test_nobody_is_erased_twice(committed_db: Urls, tmp_path: Path) -> None:
    ada = small_service(tmp_path, ADA)["ada"].person
    flow.perform(people.erase_person, person=ada, why="request 7", by=staff("ig-lead"), now=BEGINS)
    with pytest.raises(NotThere):
        flow.perform(people.erase_person, person=ada, why="request 7", by=staff("ig-lead"), now=BEGINS)
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'erasure decided'") == 1


def basis_of_its_own(person: UUID, now: datetime) -> int:
    """A basis on which the council alone sees this one person."""
    by = system("test", now=now)
    basis: int = flow.perform(
        governance.state_basis, key="claim", title="A claim", purpose="direct_care", owner="Caldicott guardian",
        starts_at=now, ends_at=now + timedelta(days=300), by=by, now=now,
    )  # fmt: skip
    council = queries.organisations("council")[0].id
    pairs = [(person, council)]
    flow.perform(governance.grant_access, via="referral", basis=basis, people_and_organisations=pairs, by=by, now=now)
    return basis


def test_the_oldest_part_of_the_trail_goes_behind_a_checkpoint(committed_db: Urls, anchor: Path) -> None:
    sealed(20, anchor)
    later = BEGINS.replace(year=BEGINS.year + 4)
    sealed(10, anchor, now=later)
    end = BEGINS.replace(year=BEGINS.year + 9)
    by = system("retention", now=end)
    assert flow.perform(governance.cut_trail, limit=15, by=by, now=end) == 15
    assert flow.perform(governance.cut_trail, limit=15, by=by, now=end) == 5
    assert flow.perform(governance.cut_trail, limit=15, by=by, now=end) == 0
    trail.seal(now=end)
    trail.anchor(now=end)
    judged = judge_database(committed_db.app, anchor)
    assert (judged.code, judged.verdict.first, judged.verdict.last) == (chain.INTACT, 21, 32)
    assert rows("SELECT position, events FROM governance_auditcheckpoint", now=end) == [(15, 15), (20, 5)]
    with enter(by):
        assert queries.trail_state(scope=by).begins_after == 20


def test_a_checkpoint_that_nobody_recorded_is_found(committed_db: Urls, anchor: Path) -> None:
    from tests.factories.trail import intruder

    sealed(20, anchor)
    with intruder(committed_db.owner) as owner:
        owner.execute("INSERT INTO governance_auditcheckpoint SELECT position, chain_hash, sealed_at, 5"
                      " FROM governance_auditseal WHERE position = 5")  # fmt: skip
        owner.execute("DELETE FROM governance_auditseal WHERE position <= 5")
        owner.execute("DELETE FROM governance_auditevent WHERE id <= 5")
    judged = judge_database(committed_db.app, anchor)
    assert judged.code == chain.BROKEN
    assert "no event says" in str(judged.findings[0])
