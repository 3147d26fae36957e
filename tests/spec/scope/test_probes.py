"""Every table x command x identity between two organisations that are twins: no row in the wrong hands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from openprotect.config.database_urls import Urls
from openprotect.governance.scope import enter, system
from tests.architecture.test_scope import NOW, PERSONAL, REFERENCE, SECRET, TRAIL
from tests.factories.said_of_nobody import SAID_OF_NOBODY
from tests.factories.twins import twins
from tests.spec.scope.eyes import Both, Eyes, ended, everybody
from tests.spec.scope.mutants import Mutant, of_functions, of_policies, of_tables
from tests.spec.scope.probes import DENIED, SYSTEM, Prober, Statement, blind_spots, controls
from tests.spec.scope.rules import rule_of

# Tables without a row of both twins, with the reason why nothing could be shown by one.
EMPTY: dict[str, str] = {
    "governance_auditcheckpoint": "ids and hashes; made by a function of the owner alone, where no anchor can be written",
    "governance_auditseal": "ids and hashes; made by the sealer alone, whose tests change each byte of them",
}
# What triggers keep even from the owner of the tables.
KEPT_FROM_THE_OWNER = TRAIL | {"governance_auditevent"}
# Written by the system, but in a demo alone: the clock, and packs that nobody has signed.
ONLY_IN_A_DEMO = {"governance_serviceclock", "programmes_activation"}
# What takes everybody's access away, one reason at a time.
ENDS: dict[str, LiteralString] = {
    "grant ended": "UPDATE governance_accessgrant SET ends_at = op_now() WHERE ends_at IS NULL",
    "basis ended": "UPDATE governance_legalbasis SET ends_at = op_now()",
    "basis not begun": "UPDATE governance_legalbasis SET starts_at = op_now() + interval '1 second'",
    "stopped": "INSERT INTO governance_accessstop (request_id, practice_id, organisation_id, person_id, spared, starts_at)"
    " SELECT s.request_id, s.practice_id, o.id, s.person_id, s.spared, s.starts_at"
    " FROM governance_accessstop s CROSS JOIN governance_organisation o",
    "grant not begun": "UPDATE governance_legalbasis SET starts_at = '2000-01-01Z'",
}
# Mutants that change nothing, with the reason.
THE_SAME = {
    "governance_accessgrant: governance_accessgrant_of_function dropped": "staff see the grants of their organisation"
    " anyway, and the function asks for no others",
}
# What only functions go by whose own tests watch them: the sealer of the trail, emergency access, what is suspended.
WATCHED_ELSEWHERE = (
    "governance_auditunsealed: ",
    "governance_auditevent: governance_auditevent_cut",
    "governance_emergencynotice: governance_emergencynotice_staff_read",
    "governance_emergencyaccess: governance_emergencyaccess_of_function",
    "governance_risk: governance_risk_of_function",
)
# The tables that show whether a function with the owner's rights asks what it should.
ASKED_BY: dict[str, tuple[str, ...]] = {
    "op_emergency_basis": (),  # by tests of emergency access
    "op_basis_of": (),  # names the basis in an event; opens nothing
    "governance_suspended": (),  # by tests of risks; says keys of what stands still to everybody
    "op_sees": ("people_person",),
    "op_stopped": ("people_person",),
    "op_referred_here": ("act_referralstep",),
}
# Functions that read with the owner's rights, and rows of one table for different readers: what is asked of them about one of the twins, and who is answered.
_AT_THE_BOARD: LiteralString = "organisation_id IN (SELECT id FROM governance_organisation WHERE kind = 'icb')"
READS: dict[str, tuple[LiteralString, Callable[[Eyes, int], bool]]] = {
    "governance_own_audit": (
        "SELECT count(*) FROM governance_own_audit('2000-01-01', '2100-01-01', NULL, NULL, NULL, {person}, true, 9)",
        lambda eyes, twin: eyes.identity == "staff" and "see.own_audit" in eyes.permissions and twin in eyes.own,
    ),
    "governance_own_audit_counts": (
        "SELECT coalesce(sum(people), 0)::int FROM governance_own_audit_counts('2000-01-01') WHERE {practice} > 0",
        lambda eyes, twin: eyes.identity == "staff" and "see.own_audit" in eyes.permissions and bool(eyes.own),
    ),
    "governance_who_saw": (
        "SELECT count(*) FROM governance_who_saw({person})",
        lambda eyes, twin: eyes.identity == "system" or (eyes.identity == "person" and twin in eyes.person),
    ),
    "governance_export, of requests": (
        f"SELECT count(*) FROM governance_export WHERE request IS NOT NULL AND {_AT_THE_BOARD}",
        lambda eyes, twin: eyes.identity == "system" or bool(eyes.board and "act.rights" in eyes.permissions),
    ),
    "governance_export, under agreements": (
        f"SELECT count(*) FROM governance_export WHERE request IS NULL AND {_AT_THE_BOARD}",
        lambda eyes, twin: (
            eyes.identity == "system" or bool(eyes.board and {"export.people", "see.bases"} & eyes.permissions)
        ),
    ),
}


# Tables whose rows are for different readers.
READ_APART = {"governance_export"}


@dataclass(frozen=True)
class World:
    """The twins' database, with what there is to try in it."""

    urls: Urls
    two: Both
    prober: Prober
    statements: list[Statement]


@pytest.fixture(scope="module")
def world(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    two = twins(tmp_path_factory.mktemp("twins"))
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        for statement in SAID_OF_NOBODY:
            cursor.execute(statement)
    with psycopg.connect(module_db.app) as app:
        prober = Prober(app, two)
        yield World(module_db, two, prober, prober.statements(PERSONAL.keys() | REFERENCE | TRAIL))


def test_both_twins_have_a_row_in_every_table(world: World) -> None:
    assert sorted(blind_spots(world.statements) - EMPTY.keys()) == []


def test_every_statement_works_where_no_policy_holds(world: World) -> None:
    with psycopg.connect(world.urls.owner) as owner:
        without_effect = controls(owner, world.statements)
    kept = {f"{change} {table}" for table in KEPT_FROM_THE_OWNER for change in ("UPDATE", "DELETE")}
    assert set(without_effect) <= kept


def test_nobody_reaches_a_row_that_is_not_theirs_and_everybody_reaches_theirs(
    world: World, record_property: pytest.RecordProperty
) -> None:
    leaks = world.prober.leaks(everybody(world.two, now=NOW), world.statements)
    assert [str(each) for each in leaks] == []
    record_property("probes", world.prober.asked)
    assert world.prober.asked >= 10_000


@pytest.mark.parametrize("after", ENDS.values(), ids=ENDS)
def test_what_has_ended_or_not_begun_opens_nothing(world: World, after: LiteralString) -> None:
    staff = out_of_time(world, after)
    assert len(staff) > 3
    untouched = [each for each in world.statements if each.table not in after]
    assert world.prober.leaks(staff, untouched, after=after) == []


def test_what_functions_read_with_the_owners_rights_is_for_whom_they_say(world: World) -> None:
    assert misread(world, everybody(world.two, now=NOW, permissions=["see.own_audit"])) == []


def misread(world: World, eyes: Iterable[Eyes]) -> list[str]:
    """Where a function answers who must not be answered, or the other way round."""
    asked = [(name, twin, query, may) for name, (query, may) in READS.items() for twin in range(2)]
    texts = [
        sql.SQL(query).format(person=sql.Literal(str(world.two[twin].person)), practice=world.two[twin].practice)
        for _, twin, query, _ in asked
    ]
    statements = [
        Statement(name, "SELECT", (twin,), (1,), text.as_string(None))
        for (name, twin, *_), text in zip(asked, texts, strict=True)
    ]
    return [
        f"{each.name}: {name}"
        for each in eyes
        for (name, twin, _, may), rows in zip(asked, world.prober.outcomes(each, statements), strict=True)
        if (rows > 0) != may(each, twin)
    ]


def test_what_only_a_demo_may_do_is_not_done_in_a_live_service(world: World) -> None:
    system = next(each for each in everybody(world.two, now=NOW) if each.identity == "system")
    statements = [each for each in world.statements if each.table in ONLY_IN_A_DEMO]
    assert {each.table for each in statements} == ONLY_IN_A_DEMO
    with live(world.urls):
        came_to = world.prober.outcomes(system, written(statements))
    assert set(came_to) <= {0, DENIED}


# --- Tests of the test: each policy is weakened, and the probes of its table must say so ---


def mutants(world: World, owner: psycopg.Connection[object]) -> list[Mutant]:
    tables = sorted({each.table for each in world.statements})
    every = [
        *of_policies(owner, world.urls.app_role, ASKED_BY),
        *of_tables(owner, tables),
        *of_functions(owner, ASKED_BY, READS),
    ]
    assert {each.name for each in every} >= THE_SAME.keys()
    # Secrets are read by whoever is being found out, who is nobody here: tests/integration/test_sign_in.py asks each as
    # everybody.
    left_out = (*(f"{table}: " for table in (*EMPTY, *SECRET)), *WATCHED_ELSEWHERE)
    return [each for each in every if each.name not in THE_SAME and not each.name.startswith(left_out)]


def survivors(world: World, chosen: list[Mutant]) -> list[str]:
    """The mutants that no probe notices."""
    alive = []
    eyes = {table: eyes_for(world, table) for table in {each.table for each in world.statements}}
    everyone = list(everybody(world.two, now=NOW, permissions=["see.own_audit"]))
    with psycopg.connect(world.urls.owner, autocommit=True) as owner:
        for mutant in chosen:
            statements = [each for each in world.statements if each.table in mutant.tables]
            owner.execute(mutant.made)
            try:
                caught = mutant.tables != () and noticed(world, owner, mutant, statements, eyes[mutant.tables[0]])
                # What functions stand on, and rows for different readers, are noticed by whom they answer, too.
                if not caught and (len(mutant.tables) != 1 or mutant.tables[0] in READ_APART):
                    caught = bool(misread(world, everyone))
            finally:
                owner.execute(mutant.unmade)
            if not caught:
                alive.append(mutant.name)
    return alive


def noticed(
    world: World, owner: psycopg.Connection[object], mutant: Mutant, statements: list[Statement], eyes: list[Eyes]
) -> bool:
    """Whether any probe of the mutant's tables comes to something else than the rule says."""
    if unforced(owner) or not events_are_written(world):
        return True
    if any(world.prober.leaks([each], statements) for each in eyes):
        return True
    if any(world.prober.leaks(out_of_time(world, after), statements, after=after) for after in ENDS.values()):
        return True
    if mutant.tables[0] not in ONLY_IN_A_DEMO:
        return False
    with live(world.urls):
        return not set(world.prober.outcomes(SYSTEM, written(statements))) <= {0, DENIED}


def out_of_time(world: World, after: str) -> list[Eyes]:
    now = datetime(2001, 1, 1, tzinfo=UTC) if "2000" in after else NOW
    return [ended(each) for each in everybody(world.two, now=now, permissions=()) if each.seen]


def events_are_written(world: World) -> bool:
    """The function that writes the audit trail does so for the application."""
    with psycopg.connect(world.urls.app) as app:
        try:
            app.execute("SELECT governance_record_events('probed', ARRAY[NULL]::uuid[], '', ARRAY[''], '')")
        except psycopg.errors.InsufficientPrivilege:
            return False
        finally:
            app.rollback()
    return True


def eyes_for(world: World, table: str) -> list[Eyes]:
    """Everybody without an account, all kinds of staff, and those whom the permissions of one table part."""
    rule = rule_of(table)
    permissions = {each for ways in rule.staff.values() for way in ways for each in way.permissions}
    return list(everybody(world.two, now=NOW, permissions=sorted(permissions)))


def unforced(owner: psycopg.Connection[object]) -> bool:
    query = "SELECT 1 FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity AND relkind = 'r'"
    return owner.execute(query).fetchone() is not None


def written(statements: list[Statement]) -> list[Statement]:
    return [each for each in statements if each.command in ("INSERT", "UPDATE")]


@contextmanager
def live(urls: Urls) -> Iterator[None]:
    """The database says that it is no demo."""
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute("UPDATE governance_installation SET demo = false")
        try:
            yield
        finally:
            owner.execute("UPDATE governance_installation SET demo = true")


def test_a_tenth_of_the_mutants_is_caught(world: World) -> None:
    with psycopg.connect(world.urls.owner) as owner:
        chosen = mutants(world, owner)[::10]
    assert len(chosen) > 20
    assert "\n".join(survivors(world, chosen)) == ""


@pytest.mark.trial
def test_every_mutant_is_caught(world: World) -> None:
    with psycopg.connect(world.urls.owner) as owner:
        chosen = mutants(world, owner)
    alive = survivors(world, chosen)
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants caught")
    assert "\n".join(alive) == ""
