"""Who reads what of the trail: the privacy officer all of it, a practice its patients' time, a person their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from openprotect.config.database_urls import Urls
from openprotect.governance import queries
from openprotect.governance.errors import NotPermitted
from openprotect.governance.queries import AuditSearch, OwnSearch
from openprotect.governance.scope import Scope, enter, nobody, system
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.lib import london
from openprotect.people import actions as people
from tests.factories.seen import one, rows
from tests.factories.small_service import (
    ADA,
    BASHIR,
    BEGINS,
    FIRST,
    SECOND,
    answer,
    cohort_run,
    small_service,
    staff,
)

MOVES = BEGINS + timedelta(days=10)
END = BEGINS + timedelta(days=30)
NO_MEDICINES = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "rely_on": False}


@dataclass(frozen=True)
class Seen:
    """Ada, who moved from the first to the second practice, and Bashir, of the second all the time."""

    ada: UUID
    bashir: UUID


@pytest.fixture(scope="module")
def seen(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    invited = small_service(tmp_path_factory.mktemp("seen"), ADA, BASHIR)
    both = Seen(invited["ada"].person, invited["bashir"].person)
    for each in ("ada", "bashir"):
        answer(invited[each], **NO_MEDICINES)
    _look(both.ada, "practice-reviewer", days=1)
    _look(both.ada, "reviewer-t04", days=2)
    _look(both.bashir, "reviewer-t07", days=2)
    cohort_run(replace(ADA, practice_code=SECOND), BASHIR, now=MOVES)
    flow.perform(act.follow_moves, by=system("test", now=MOVES), now=MOVES)
    _look(both.ada, "reviewer-t07", days=12)
    return both


def test_a_practice_reads_the_time_in_which_somebody_was_its_patient(seen: Seen) -> None:
    first = own(manager(FIRST), person=None)
    second = own(manager(SECOND), person=None)
    # The first practice: Ada until she left, nobody else, and still after she has left
    assert {event.person_id for event in first} == {seen.ada}
    assert max(event.at for event in first) < MOVES
    assert [event.organisation_id for event in first if event.action == "viewed"] == [org("T04"), org(FIRST)]
    # The second: Bashir all the time, Ada since she came
    assert {event.person_id for event in second} == {seen.ada, seen.bashir}
    assert min(event.at for event in second if event.person_id == seen.ada) >= MOVES


def test_who_acted_is_named_to_their_own_organisation_alone(seen: Seen) -> None:
    events = {event.organisation_id: event for event in own(manager(FIRST)) if event.action == "viewed"}
    assert events[org(FIRST)].actor == staff("practice-reviewer").actor
    assert (events[org("T04")].actor, events[org("T04")].membership_id) == ("", None)
    assert events[org("T04")].role == "locality_lead"
    assert events[org("T04")].purpose == "direct_care"


def test_what_runs_by_itself_is_shown_when_asked_for(seen: Seen) -> None:
    assert {event.identity for event in own(manager(FIRST))} == {"staff"}
    assert {event.identity for event in own(manager(FIRST), automatic=True)} >= {"staff", "system", "person"}


def test_a_practice_counts_each_patient_once(seen: Seen) -> None:
    with enter(manager(FIRST)) as scope:
        counts = queries.own_audit_counts(BEGINS, scope=scope)
    assert counts.people == 1
    assert {organisation: people for organisation, people, _ in counts.organisations} == {org("T04"): 1, org(FIRST): 1}


def test_pages_meet_and_do_not_overlap(seen: Seen) -> None:
    everything = own(manager(SECOND), automatic=True)
    paged, before = [], None
    while page := own(manager(SECOND), automatic=True, before=before, limit=3):
        paged += page
        before = (page[-1].at, page[-1].id)
    assert paged == everything


@pytest.mark.parametrize("permission", ["see.audit", "see.person", ""])
def test_without_its_permission_a_practice_reads_nothing(seen: Seen, permission: str) -> None:
    by = replace(manager(FIRST), permissions=frozenset({permission} - {""}))
    assert own(by) == []
    with enter(by) as scope:
        assert queries.own_audit_counts(BEGINS, scope=scope).people == 0


def test_the_functions_are_closed_to_nobody_and_open_no_other_door(seen: Seen, module_db: Urls) -> None:
    everything = "SELECT count(*) FROM governance_own_audit('-infinity', 'infinity', NULL, NULL, NULL, NULL, true, 99)"
    with psycopg.connect(module_db.app) as stranger:
        assert stranger.execute(everything).fetchone() == (0,)
        assert stranger.execute("SELECT count(*) FROM governance_who_saw(%s)", [seen.ada]).fetchone() == (0,)
    for by in (nobody(now=END), person(seen.ada), replace(staff("practice-reviewer"), now=END)):
        with enter(by), connection.cursor() as cursor:
            cursor.execute(everything)
            assert cursor.fetchone() == (0,), by
            cursor.execute("SELECT count(*) FROM governance_auditevent")
            assert cursor.fetchone() == (0,), by


def test_a_person_reads_who_saw_them_without_names_and_nothing_of_others(seen: Seen) -> None:
    with enter(person(seen.ada)) as scope:
        lines = queries.who_saw(seen.ada, scope=scope)
        with pytest.raises(NotPermitted):
            queries.who_saw(seen.bashir, scope=scope)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM governance_who_saw(%s)", [seen.bashir])
            assert cursor.fetchone() == (0,)
    assert [(line.organisation, line.role) for line in lines][:3] == [
        ("Second Surgery", "Clinical reviewer"),
        ("North locality", "Locality lead"),
        ("First Surgery", "Clinical reviewer"),
    ]
    assert lines[0].day == london.today(BEGINS + timedelta(days=12))
    assert {line.purpose for line in lines} == {"direct_care"}
    assert set(vars(lines[0])) == {"day", "organisation", "role", "purpose", "times"}


def test_the_privacy_officer_finds_by_everything_that_is_asked(seen: Seen) -> None:
    lead, reviewer = staff("reviewer-t04"), staff("practice-reviewer")
    assert {e.person_id for e in found(person=seen.ada)} == {seen.ada}
    assert {e.actor for e in found(user=int(lead.actor))} == {lead.actor}
    assert {e.organisation_id for e in found(organisation=org(FIRST))} == {org(FIRST)}
    assert {e.action for e in found(action="viewed")} == {"viewed"}
    viewed = found(action="viewed", since=BEGINS + timedelta(days=2), until=BEGINS + timedelta(days=3))
    assert {e.person_id for e in viewed} == {seen.ada, seen.bashir}
    assert found(user=int(reviewer.actor), person=seen.bashir) == []
    newest = found()
    assert [(e.at, e.id) for e in newest] == sorted(((e.at, e.id) for e in newest), reverse=True)
    assert [e.id for e in found(before=newest[4].id)] == [e.id for e in newest[5:]]


def test_looking_up_a_number_is_in_the_trail_and_the_number_is_not(seen: Seen) -> None:
    officer = staff("ig-lead", END)
    assert flow.perform(people.find_by_nhs_number, nhs_number=ADA.nhs_number, by=officer, now=END) == seen.ada
    assert flow.perform(people.find_by_nhs_number, nhs_number="9999999999", by=officer, now=END) is None
    written = rows("SELECT person_id FROM governance_auditevent WHERE action = 'looked up by NHS number' ORDER BY id")
    assert written == [(seen.ada,), (None,)]
    assert one("SELECT count(*) FROM governance_auditevent e WHERE e::text LIKE '%%9990000018%%'") == 0
    with pytest.raises(NotPermitted):
        flow.perform(people.find_by_nhs_number, nhs_number=ADA.nhs_number, by=manager(FIRST), now=END)


def test_a_practice_that_sees_too_much_is_noticed(committed_db: Urls, tmp_path: Path) -> None:
    """The test of the test: without the time of registration the first practice would read on."""
    invited = small_service(tmp_path, ADA, BASHIR)
    cohort_run(replace(ADA, practice_code=SECOND), BASHIR, now=MOVES)
    _write(invited["ada"].person, days=12)
    assert own(manager(FIRST)) == []
    with psycopg.connect(committed_db.owner) as owner:
        (body,) = owner.execute("SELECT pg_get_functiondef('governance_own_audit'::regproc)").fetchone()
        owner.execute(body.replace("AND (g.ends_at IS NULL OR g.ends_at > e.at)", ""))
    assert own(manager(FIRST)) != []


def own(by: Scope, *, limit: int = 200, **search: object) -> list[queries.OwnEvent]:
    with enter(by) as scope:
        return queries.own_audit(OwnSearch(BEGINS, END, **search), scope=scope, limit=limit)


def found(**search: object) -> list[queries.AuditEvent]:
    with enter(staff("ig-lead", END)) as scope:
        return queries.audit_events(search=AuditSearch(**search), scope=scope, limit=2000)


def manager(code: str) -> Scope:
    """Whoever has the practice manager's role at a practice."""
    role = staff("practice-manager", END)
    return replace(role, organisations=(org(code),), organisation=org(code), now=END)


def person(id_: UUID) -> Scope:
    return Scope("person", actor="link:1", now=END, person=id_)


def org(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))


def _look(whom: UUID, username: str, *, days: int) -> None:
    now = BEGINS + timedelta(days=days)
    by = staff(username, now)
    ids = rows("SELECT c.id FROM act_calltoaction c WHERE c.person_id = %s ORDER BY category LIMIT 1", whom)
    flow.perform(act.record_view, call_to_action=ids[0][0], by=by, now=now)


def _write(whom: UUID, *, days: int) -> None:
    from openprotect.governance.actions import record

    with enter(staff("reviewer-t07", BEGINS + timedelta(days=days))) as by:
        record("viewed", by=by, person=whom)
