"""One record, to one user, for four hours: before, during, after, and to the second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.actions import record
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.emergency_errors import (
    EmergencyAccessIsOpen,
    NobodyReviews,
    NotSaidWhy,
    OpenedTooOften,
    TooManyLooks,
)
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import sweeper
from openprotect.journey import flow
from openprotect.people import actions as people
from openprotect.people.errors import SeenAlready
from tests.factories.accounts import signed_in
from tests.factories.emergencies import NAIR, WHY, close, opened, rolled_back, seen
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service, staff

HOUR = timedelta(hours=1)
OVER = BEGINS + 4 * HOUR


@pytest.fixture(scope="module")
def person(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    return small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR)["bashir"].person


@pytest.fixture
def bashir(person: UUID) -> Iterator[UUID]:
    """Bashir, in a transaction that is rolled back."""
    with rolled_back():
        yield person


def test_a_record_is_open_from_the_second_to_the_second(bashir: UUID) -> None:
    assert seen(bashir) == {}
    assert opened()
    # What the role may see, of that person: not what no member of staff may
    assert seen(bashir).keys() == {
        "people_personidentity",
        "people_contactpoint",
        "identify_reason",
        "check_in_checkin",
    }
    assert seen(bashir, now=OVER - timedelta(microseconds=1))
    assert seen(bashir, now=OVER) == {}
    assert seen(bashir, now=BEGINS - timedelta(seconds=1)) == {}


def test_to_that_user_alone_and_of_that_person_alone(bashir: UUID) -> None:
    assert opened()
    assert seen(bashir, "reviewer-t06") == {}  # a colleague in the same organisation and role
    ada = one("SELECT person_id FROM people_personidentity WHERE given_name = 'Ada'")
    assert seen(ada, "reviewer-t07") == {}
    # Nor as somebody else under the same membership, nor as themselves under another
    assert seen(bashir, actor=staff("reviewer-t06").actor) == {}
    assert seen(bashir, membership=staff("reviewer-t06").membership) == {}
    # One that names somebody else opens nobody else
    stranger = uuid4()
    with enter(replace(staff(NAIR), emergency=stranger)), connection.cursor() as cursor:
        cursor.execute("SELECT op_sees(%s)", [stranger])
        assert cursor.fetchone() == (False,)
    # Nobody sees by it what the role may not see, nor after the role has lost the permission
    assert "people_contactpoint" not in seen(bashir, permissions=frozenset({"see.identity", "use.emergency_access"}))
    assert seen(bashir, permissions=frozenset({"see.identity"})) == {}


def test_lists_leave_that_person_out(bashir: UUID) -> None:
    assert opened()
    with enter(staff(NAIR)), connection.cursor() as cursor:
        cursor.execute("SELECT given_name FROM people_personidentity")
        assert cursor.fetchall() == [("Ada",)]
    # On a page about a record they do not count as well, unless it is theirs
    ada = one("SELECT person_id FROM people_personidentity WHERE given_name = 'Ada'")
    assert seen(bashir, emergency=ada) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"date_of_birth": date(1950, 1, 3)},
        {"nhs_number": "9990000034"},
        {"nhs_number": ""},
    ],
)
def test_there_is_nothing_to_open_unless_both_are_right(bashir: UUID, changed: dict[str, Any]) -> None:
    assert opened(**changed) is None
    assert one("SELECT count(*) FROM governance_emergencyaccess") == 0
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'emergency access: nothing to open'") == 1


@pytest.mark.parametrize("closed", ["restricted = true", "died_on = '2020-04-01'"])
def test_a_restricted_record_is_never_opened_nor_a_dead_persons(bashir: UUID, closed: str) -> None:
    close(bashir, closed)
    assert opened() is None


@pytest.mark.parametrize("closed", ["restricted = true", "died_on = '2020-04-01'"])
def test_it_ends_with_the_sweep_when_the_record_is_closed_meanwhile(bashir: UUID, closed: str) -> None:
    assert opened()
    close(bashir, closed)
    sweeper.sweep(now=BEGINS + timedelta(seconds=5))
    assert one("SELECT ended_by FROM governance_emergencyaccess") == "record"
    assert seen(bashir, now=BEGINS + timedelta(seconds=5)) == {}


def test_refusals_say_nothing_of_whether_somebody_is_there(bashir: UUID) -> None:
    for number in (BASHIR.nhs_number, "9990000034"):
        with pytest.raises(NotSaidWhy):
            opened(nhs_number=number, words="emergency")
        with pytest.raises(NotSaidWhy):
            opened(nhs_number=number, reason="curious")
    assert opened()
    for number in (ADA.nhs_number, "9990000034"):
        with pytest.raises(EmergencyAccessIsOpen):
            opened(nhs_number=number)


def test_looks_are_counted_whatever_came_of_them(bashir: UUID) -> None:
    for _ in range(5):
        assert opened(date_of_birth=date(1900, 1, 1)) is None
    with pytest.raises(TooManyLooks, match="15 minutes"):
        opened()
    assert opened(now=BEGINS + timedelta(minutes=15))


def test_whoever_is_in_the_own_scope_needs_none(bashir: UUID) -> None:
    with pytest.raises(SeenAlready):
        opened(whom=ADA)


@pytest.mark.parametrize("username", ["call-handler", "practice-manager", "ig-lead", "central-team"])
def test_not_every_role_may(bashir: UUID, username: str) -> None:
    with pytest.raises(NotPermitted):
        opened(username)


def test_volunteers_and_partners_may_not(bashir: UUID) -> None:
    partner = Scope("partner", actor="partner", now=BEGINS, permissions=frozenset({"use.emergency_access"}))
    with pytest.raises(Exception, match=r"not there|cannot see"):
        flow.perform(
            people.open_in_emergency,
            by=partner,
            now=BEGINS,
            nhs_number=BASHIR.nhs_number,
            date_of_birth=BASHIR.date_of_birth,
            **WHY,
        )


def test_without_a_live_basis_or_a_reviewer_nothing_opens(bashir: UUID) -> None:
    with basis_ends(BEGINS + HOUR), pytest.raises(NoLiveBasis):
        opened(now=BEGINS + HOUR)
    roles("review.emergency_access", "see.audit")
    with pytest.raises(NobodyReviews):
        opened()


def test_it_ends_with_its_basis_and_with_the_membership(bashir: UUID) -> None:
    assert opened()
    with basis_ends(BEGINS + HOUR):
        assert seen(bashir, now=BEGINS + HOUR - timedelta(seconds=1))
        assert seen(bashir, now=BEGINS + HOUR) == {}
    scope = staff(NAIR, BEGINS + HOUR)
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE governance_membership SET ends_at = %s WHERE id = %s", [BEGINS + HOUR, scope.membership])
    with enter(replace(scope, emergency=bashir)), connection.cursor() as cursor:
        cursor.execute("SELECT op_sees(%s)", [bashir])
        assert cursor.fetchone() == (False,)
    sweeper.sweep(now=BEGINS + HOUR)
    assert rows("SELECT ended_by, ends_at FROM governance_emergencyaccess") == [("left", BEGINS + HOUR)]


@contextmanager
def basis_ends(at: datetime) -> Iterator[None]:
    """Its basis ends at a moment, and then has never ended."""
    with transaction.atomic():
        with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
            cursor.execute("UPDATE governance_legalbasis SET ends_at = %s WHERE key = 'emergency-access'", [at])
        yield
        transaction.set_rollback(True)


def roles(without: str, instead: str) -> None:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_role SET permissions = array_replace(permissions, %s, %s)", [without, instead]
        )


def test_a_record_is_not_kept_open_by_opening_it_again(bashir: UUID) -> None:
    # Given somebody who has opened the same record as often as may be, each time for the whole time
    accesses = [opened(now=BEGINS + hours * HOUR) for hours in (0, 4, 8)]
    assert all(accesses)
    now = BEGINS + 12 * HOUR
    with pytest.raises(OpenedTooOften, match="opened this record 3 times"), transaction.atomic():
        opened(now=now)
    # Then a colleague may, and so may they once somebody has found one of them justified, or a week later
    assert opened("reviewer-t06", now=now)
    with transaction.atomic():
        review(accesses[0], "not_justified", now)
        with pytest.raises(OpenedTooOften), transaction.atomic():
            opened(now=now)
        review(accesses[1], "justified", now)
        assert opened(now=now)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert opened(now=BEGINS + timedelta(days=7))
        transaction.set_rollback(True)


def review(access: int | None, outcome: str, now: datetime) -> None:
    by = staff("ig-lead", now)
    flow.perform(governance.review_emergency_access, access=access, outcome=outcome, words="Seen", by=by, now=now)


def test_ended_by_hand_it_is_over_and_another_may_be_opened(bashir: UUID) -> None:
    assert opened()
    now = BEGINS + HOUR
    assert flow.perform(governance.end_emergency_access, ended_by="hand", by=staff(NAIR, now), now=now)
    assert seen(bashir, now=now) == {}
    assert not flow.perform(governance.end_emergency_access, ended_by="hand", by=staff(NAIR, now), now=now)
    assert opened(now=now)
    assert rows("SELECT ended_by FROM governance_emergencyaccess ORDER BY id") == [("hand",), ("",)]


def test_events_say_on_which_basis_it_was_seen(bashir: UUID) -> None:
    access = opened()
    with enter(replace(staff(NAIR), emergency=bashir)) as scope:
        record("emergency access", by=scope, person=bashir, of="emergency access", id=access)
    found = rows(
        "SELECT e.action, b.key, e.purpose FROM governance_auditevent e JOIN governance_legalbasis b ON b.id = e.basis_id"
        " WHERE e.person_id = %s AND e.action LIKE 'emergency%%' AND e.identity = 'staff' ORDER BY e.id",
        bashir,
    )
    assert found == [
        ("emergency access opened", "emergency-access", "emergency_care"),
        ("emergency access", "emergency-access", "emergency_care"),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE governance_emergencyaccess SET ends_at = starts_at + interval '4 hours 1 second'",
        "UPDATE governance_emergencyaccess SET ends_at = ends_at + interval '1 second'",
        "UPDATE governance_emergencyaccess SET person_id = gen_random_uuid()",
        "INSERT INTO governance_emergencyaccess (person_id, user_id, membership_id, basis_id, reason, words, starts_at,"
        " ends_at, ended_by, review_due_at) SELECT gen_random_uuid(), user_id, membership_id, basis_id, 'danger', 'x',"
        " starts_at, ends_at, '', review_due_at FROM governance_emergencyaccess",
        "INSERT INTO governance_emergencyreview (access_id, opener_id, user_id, outcome, words, at)"
        " SELECT id, user_id, user_id, 'justified', 'x', starts_at FROM governance_emergencyaccess",
        "INSERT INTO governance_emergencyreview (access_id, opener_id, user_id, outcome, words, at)"
        " SELECT id, user_id + 1, user_id, 'justified', 'x', starts_at FROM governance_emergencyaccess",
        "DELETE FROM governance_emergencyaccess",
    ],
)
def test_the_database_refuses_by_itself(bashir: UUID, broken: str) -> None:
    opened()
    by = system("test", now=BEGINS)
    with pytest.raises(DatabaseError), transaction.atomic(), enter(by), connection.cursor() as cursor:
        cursor.execute(broken + "; SET CONSTRAINTS ALL IMMEDIATE")


def test_nobody_opens_one_by_writing_it_themselves(bashir: UUID) -> None:
    by = staff(NAIR)
    refused = pytest.raises(DatabaseError, match="row-level security")
    with refused, transaction.atomic(), enter(by), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_emergencyaccess (person_id, user_id, membership_id, basis_id, reason, words,"
            " starts_at, ends_at, ended_by, review_due_at) SELECT %s, %s, %s, b.id, 'danger', 'x', op_now(),"
            " op_now() + interval '1 hour', '', op_now() + interval '1 day' FROM governance_legalbasis b LIMIT 1",
            [bashir, int(by.actor), by.membership],
        )


def test_signing_out_ends_it(bashir: UUID) -> None:
    assert opened()
    client = signed_in(NAIR)
    assert "Bashir" in client.get("/staff/emergency/record").content.decode()
    assert client.post("/staff/sign-out").status_code == 302
    assert one("SELECT ended_by FROM governance_emergencyaccess") == "sign-out"
    assert seen(bashir) == {}


def test_every_look_at_the_record_is_written_down_and_ends_with_it(bashir: UUID) -> None:
    opened()
    client: Client = signed_in(NAIR)
    for _ in range(2):
        client.get("/staff/emergency/record")
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'emergency access'") == 2
    clock.set_clock(OVER, running=False)
    gone = client.get("/staff/emergency/record")
    assert gone.status_code == 404
    assert "Bashir" not in gone.content.decode()


def test_the_trail_is_shut_to_somebody_in_an_emergency(bashir: UUID) -> None:
    roles("see.contacts", "see.audit")
    client = signed_in(NAIR)
    assert client.get("/oversight/audit").status_code == 200
    opened()
    shut = client.get("/oversight/audit")
    assert shut.status_code == 409
    assert "while you have emergency access" in shut.content.decode()


# --- Tests of the test: the function is broken, and the probes say so ---

MUTANTS = {
    "the time": ("AND e.starts_at <= op_now() AND e.ends_at > op_now()", ""),
    "the user": ("AND e.user_id::text = op_actor()", ""),
    "acting as": ("AND m.id::text = current_setting('openprotect.membership', true)", ""),
    "the person": ("e.person_id = person", "true"),
    "the basis": ("AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now())", ""),
    "the membership": ("AND m.starts_at <= op_now() AND (m.ends_at IS NULL OR m.ends_at > op_now())", ""),
    "the permission": ("OR NOT op_may('use.emergency_access')", ""),
}
PROBES = {
    "the time": test_a_record_is_open_from_the_second_to_the_second,
    "the user": test_to_that_user_alone_and_of_that_person_alone,
    "acting as": test_to_that_user_alone_and_of_that_person_alone,
    "the permission": test_to_that_user_alone_and_of_that_person_alone,
    "the basis": test_it_ends_with_its_basis_and_with_the_membership,
    "the membership": test_it_ends_with_its_basis_and_with_the_membership,
    "the person": test_to_that_user_alone_and_of_that_person_alone,
}


def test_a_condition_that_is_left_out_is_noticed(module_db: Urls, person: UUID) -> None:
    missed = []
    for what, probe in PROBES.items():
        with weakened(module_db, *MUTANTS[what]), rolled_back():
            try:
                probe(person)
            except AssertionError:
                continue
            missed.append(what)
    assert missed == []


@contextmanager
def weakened(database: Urls, was: str, becomes: str) -> Iterator[None]:
    with psycopg.connect(database.owner, autocommit=True) as owner:
        ((source,),) = owner.execute("SELECT pg_get_functiondef('op_emergency_basis'::regproc)").fetchall()
        assert was in source
        owner.execute(source.replace(was, becomes))
        yield
        owner.execute(source)
