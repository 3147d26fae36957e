"""No row in the wrong hands: every table, every identity, between two organisations that are twins.

A probe that finds nothing proves nothing unless it would have found something: beside each
denial stands what the same eyes do see, and the last tests break the policies and watch the
probes go red.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from psycopg import sql

from openprotect.config.database_urls import Urls
from openprotect.governance.scope import Scope, enter, nobody, system
from tests.factories.small_service import BEGINS
from tests.factories.twins import UNANSWERED_UNTIL_RUNG, Twin, twins

# Tables of other people's software, that say nothing of any person, with the reason why they are open.
OPEN = {
    "django_session": "read before anybody is known; its key is a secret of its own",
    "django_migrations": "which version this is",
    "django_content_type": "names of tables",
    "auth_group": "not used: roles are governance's",
    "auth_permission": "not used",
    "auth_group_permissions": "not used",
    "governance_installation": "whether this is a demo; nobody may write it",
    "procrastinate_jobs": "the queue carries ids, never values",
    "procrastinate_events": "the queue",
    "procrastinate_periodic_defers": "the queue",
    "procrastinate_workers": "the queue",
}
# Say nothing of any person: everybody reads, the system writes.
REFERENCE = {
    "governance_serviceclock", "governance_organisation", "governance_team", "governance_role", "governance_user",
    "governance_organisationrelation", "governance_teamhours",
    "governance_membership", "governance_legalbasis", "governance_sharingagreement", "governance_agreementsignature",
    "programmes_packversion", "programmes_activation",
    "people_listversion", "people_optoutexchange", "identify_cohortrun", "learn_ledgerday", "learn_openwork",
    "governance_basisparty", "governance_basisapproval", "governance_basischange", "governance_basiswarning",
    "governance_legalhold",
}  # fmt: skip
REFERENCE |= {"governance_sendinghold"}
# Ids and hashes of the audit trail: read with see.audit, written by functions of the owner.
TRAIL = {
    "governance_auditseal", "governance_auditunsealed", "governance_auditcheckpoint", "governance_auditanchor",
}  # fmt: skip
# Secrets of accounts: whoever is being found out, by the pages that do it, and the system. Nobody else reads them.
SECRET = {
    "governance_credential", "governance_staffsession", "governance_signincache", "mfa_authenticator",
    "account_emailaddress", "account_emailconfirmation", "socialaccount_socialaccount", "socialaccount_socialapp",
    "socialaccount_socialtoken",
}  # fmt: skip
# What a member of staff needs besides working where the person is cared for; empty: no staff at all.
PERSONAL = {
    "people_person": "see.person",
    "people_personidentity": "see.identity",
    "people_contactpoint": "see.contact_points",
    "people_need": "see.needs",
    "people_wish": "see.person",
    "people_optout": "",  # applied and counted, read by nobody
    "people_objection": "act.rights",
    "people_rightsrequest": "",  # act.rights, in the organisation that received it
    "people_rightsstep": "",  # the same
    "people_listplace": "see.reasons",
    "people_listchange": "",
    "identify_reason": "see.reasons",
    "identify_member": "see.person",
    "contact_intent": "see.contacts",
    "contact_attempt": "see.contacts",
    "contact_link": "",
    "contact_call": "see.calls",
    "contact_calltry": "see.calls",
    "check_in_checkin": "see.person",
    "check_in_answerset": "see.answers",
    "check_in_draft": "act.call",
    "check_in_doortry": "",
    "triage_decision": "see.answers",
    "act_case": "see.calls_to_action",
    "act_calltoaction": "see.calls_to_action",
    "act_step": "see.calls_to_action",
    "act_note": "see.notes",
    "act_referral": "see.calls_to_action",
    "act_referralstep": "see.calls_to_action",
    "act_referrallink": "",
    "outbox_message": "",
    "governance_accessgrant": "",  # staff see the grants of their own organisation
    "governance_export": "",  # counts and a reason, for those of the organisation that asked
    "governance_emergencyaccess": "",  # their own, and everybody's for those who review
    "governance_emergencynotice": "",  # who is told
    "governance_emergencyreview": "",  # the opener's, and everybody's for those who review
    "governance_emergencytry": "",
    "governance_auditevent": "",  # with see.audit all of it, whoever it is about
    "governance_accessstoprequest": "",  # who asked for it, and who decides on it
    "governance_accessstop": "",  # the same
    "governance_patternreview": "",  # see.audit
    "governance_whosawletter": "",
}
HERS = {
    "people_person", "people_personidentity", "people_wish", "identify_member", "check_in_checkin", "check_in_draft",
    "act_calltoaction",
}  # fmt: skip
A_PARTNERS = {"act_referral", "act_referralstep"}
APPEND_ONLY = {
    "governance_auditevent", "governance_agreementsignature", "programmes_packversion", "people_wish", "people_objection", "people_rightsstep", "people_listversion", "people_listchange",
    "identify_reason", "contact_link", "contact_calltry", "check_in_answerset", "triage_decision", "act_step",
    "act_note", "act_referralstep", "outbox_message", "governance_patternreview",
    "governance_basisparty", "governance_basisapproval", "governance_basischange", "governance_basiswarning",
    "governance_emergencyreview", "governance_emergencytry",
}  # fmt: skip
# Of which the application may change single columns alone, never whom a row is about.
NARROW = {
    "governance_emergencyaccess",
    "people_rightsrequest",
    "governance_accessgrant",
    "governance_accessstoprequest",
    "governance_accessstop",
    "governance_whosawletter",
}
APPEND_ONLY |= TRAIL
KEY = {
    "contact_link": "token_hash", "outbox_message": "reference", "governance_auditseal": "position",
    "governance_auditcheckpoint": "position", "governance_auditunsealed": "event_id",
}  # fmt: skip
COLUMN = {
    "people_person": "id",
    "governance_export": "",
    "people_optout": "",
    "check_in_doortry": "",
    "act_referrallink": "",
    "governance_emergencynotice": "",
    "governance_emergencyreview": "",
    "governance_emergencytry": "",
}  # else person_id
EVERY_PERMISSION = frozenset({*PERSONAL.values(), "act.calls_to_action", "see.ledger"} - {""})
NOW = BEGINS.replace(day=BEGINS.day + UNANSWERED_UNTIL_RUNG)

Two = tuple[Twin, Twin]


@pytest.fixture(scope="module")
def two(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Two:
    return twins(tmp_path_factory.mktemp("twins"))


def test_every_table_is_protected_or_has_a_reason(two: Two) -> None:
    assert unprotected() == OPEN.keys()
    assert public_tables() == OPEN.keys() | REFERENCE | TRAIL | SECRET | PERSONAL.keys()


def test_the_application_owns_nothing_and_bypasses_nothing(two: Two) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, has_schema_privilege('public', 'CREATE'),"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relpersistence <> 't'),"
            " (SELECT count(*) FROM pg_proc WHERE proowner = r.oid),"
            " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False, 0, 0, 0)


def test_without_a_scope_nobody_is_there(two: Two, module_db: Urls) -> None:
    with psycopg.connect(module_db.app) as stranger:
        for table in PERSONAL:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert stranger.execute(query).fetchone() == (0,), table
    with transaction.atomic(), connection.cursor() as cursor:  # on a connection that had scopes before
        assert [table for table in PERSONAL if count(cursor, table)] == []
    assert seen_by(nobody(now=NOW)) == {}


def test_the_system_sees_both_in_every_table(two: Two) -> None:
    assert blind_spots(two) == []


def test_staff_see_their_own_with_the_right_permission_and_nothing_else(two: Two) -> None:
    assert staff_leaks(two) == []


def test_staff_change_nothing_that_is_not_theirs(two: Two) -> None:
    ours, theirs = two
    by = staff_of(ours, EVERY_PERMISSION)
    changed = {}
    for table in sorted(PERSONAL.keys() - COLUMN.keys() - APPEND_ONLY - NARROW):
        update = sql.SQL("UPDATE {0} SET person_id = person_id WHERE person_id = %s").format(sql.Identifier(table))
        with enter(by), connection.cursor() as cursor:
            cursor.execute(update, [theirs.person])
            changed[table] = cursor.rowcount
    assert set(changed.values()) == {0}
    with pytest.raises(ProgrammingError, match="row-level security"), enter(by), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_wish (person_id, kind, recorded_at, recorded_by) VALUES (%s, 'no_contact', now(), '')",
            [theirs.person],
        )


def test_a_person_sees_their_own_and_no_more(two: Two) -> None:
    her, other = two
    by = Scope("person", actor="link", now=NOW, person=her.person)
    seen = seen_by(by)
    assert seen.keys() == HERS
    assert all(people == {her.person} for people in seen.values())
    with enter(by), connection.cursor() as cursor:
        cursor.execute("UPDATE check_in_checkin SET status = 'withdrawn' WHERE person_id = %s", [other.person])
        assert cursor.rowcount == 0


def test_a_partner_sees_one_referral(two: Two) -> None:
    asked, _ = two
    by = Scope("partner", actor="partner", now=NOW, referral=asked.referral)
    assert seen_by(by) == {table: {asked.person} for table in A_PARTNERS}
    with enter(by), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM act_referral")
        assert cursor.fetchall() == [(asked.referral,)]


def test_a_grant_that_has_ended_opens_nothing(two: Two, module_db: Urls) -> None:
    ours, _ = two
    before = replace(staff_of(ours, EVERY_PERMISSION), now=BEGINS.replace(year=2019))
    seen = seen_by(before)
    assert seen.keys() <= {"governance_accessgrant"}


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_was_written_down_stays(two: Two, table: str, change: str) -> None:
    key = KEY.get(table, "id")
    names = [sql.Identifier(table), sql.Identifier(key), sql.Identifier(key)]
    statement = sql.SQL(change).format(*names[: change.count("{}")])
    by = system("test", now=NOW)
    with pytest.raises(ProgrammingError, match="permission denied"), enter(by), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_table_is_emptied(two: Two) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(oid, 'TRUNCATE')"
        )
        assert cursor.fetchall() == []


def test_the_audit_trail_is_written_by_its_function_alone(two: Two) -> None:
    by = system("forger", now=NOW)
    with pytest.raises(ProgrammingError, match="permission denied"), enter(by), connection.cursor() as cursor:
        cursor.execute("INSERT INTO governance_auditevent (at, action) VALUES (now(), 'never happened')")
    ours, _ = two
    reader = staff_of(ours, frozenset())
    with enter(reader), connection.cursor() as cursor:
        cursor.execute("SELECT governance_record_events('looked', ARRAY[%s]::uuid[], '', ARRAY[''], '')", [ours.person])
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        cursor.execute("SELECT at, identity, actor FROM governance_auditevent WHERE action = 'looked'")
        assert cursor.fetchall() == [(NOW, "staff", reader.actor)]


def test_the_trail_is_read_with_its_permission(two: Two) -> None:
    ours, _ = two
    assert "governance_auditevent" not in seen_by(staff_of(ours, EVERY_PERMISSION))
    assert "governance_auditevent" in seen_by(staff_of(ours, frozenset({"see.audit"})))


# --- Tests of the test: what it guards is broken, and it must say so ---


@pytest.mark.parametrize(
    ("broken", "probe"),
    [
        ("CREATE POLICY leak ON people_need FOR SELECT USING (true)", "staff_leaks"),
        ("DROP POLICY act_note_staff_read ON act_note", "staff_leaks"),
        ("ALTER TABLE check_in_answerset DISABLE ROW LEVEL SECURITY", "staff_leaks"),
        ("DROP POLICY contact_link_system ON contact_link", "blind_spots"),
        ("ALTER TABLE triage_decision NO FORCE ROW LEVEL SECURITY", "unprotected"),
        ("CREATE TABLE people_secret (person_id uuid)", "unprotected"),
    ],
)
def test_a_broken_policy_is_noticed(committed_db: Urls, tmp_path: Path, broken: str, probe: str) -> None:
    both = twins(tmp_path)
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute(broken)
    if probe == "unprotected":
        assert unprotected() != OPEN.keys()
    else:
        assert {"staff_leaks": staff_leaks, "blind_spots": blind_spots}[probe](both) != []


def unprotected() -> set[str]:
    """Tables that are without policies, or whose policies do not hold for their owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm')"
            " AND NOT (relrowsecurity AND relforcerowsecurity"
            "          AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))"
        )
        return {name for (name,) in cursor.fetchall()}


def public_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def blind_spots(two: Two) -> list[str]:
    """Tables in which the system does not see both: where nothing could leak, nothing is proven."""
    both = {twin.person for twin in two}
    seen = seen_by(system("test", now=NOW))
    return [table for table in PERSONAL if not seen.get(table, set()) >= (set() if table in COLUMN_LESS else both)]


def staff_leaks(two: Two) -> list[str]:
    """What staff of the one practice see of the other's person, see without permission, or miss."""
    ours, theirs = two
    leaks = []
    for table, permission in PERSONAL.items():
        if table in ("governance_accessgrant", "governance_auditevent"):
            continue
        with_it = seen_by(staff_of(ours, frozenset({permission} - {""})), [table]).get(table, set())
        if with_it != ({ours.person} if permission else set()):
            leaks.append(f"{table}: {permission or 'nothing'} shows {len(with_it)} people")
        if seen_by(staff_of(ours, EVERY_PERMISSION - {permission}), [table]):
            leaks.append(f"{table}: seen without {permission}")
        if theirs.person in seen_by(staff_of(ours, EVERY_PERMISSION), [table]).get(table, set()):
            leaks.append(f"{table}: the other practice's person")
    return leaks


COLUMN_LESS = {table for table, column in COLUMN.items() if not column}


def staff_of(twin: Twin, permissions: frozenset[str]) -> Scope:
    return Scope("staff", actor="1", now=NOW, organisations=(twin.practice,), permissions=permissions)


def seen_by(scope: Scope, tables: Iterable[str] = PERSONAL) -> dict[str, set[UUID]]:
    """The people in each table of whom these eyes see any row; of a table about nobody, an empty set."""
    seen = {}
    with enter(scope), connection.cursor() as cursor:
        for table in tables:
            if count(cursor, table):
                seen[table] = set() if table in COLUMN_LESS else people_in(cursor, table)
    return seen


def people_in(cursor: object, table: str) -> set[UUID]:
    column = sql.Identifier(COLUMN.get(table, "person_id"))
    cursor.execute(sql.SQL("SELECT DISTINCT {} FROM {}").format(column, sql.Identifier(table)))
    return {person for (person,) in cursor.fetchall() if person is not None}


def count(cursor: object, table: str) -> int:
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    return cursor.fetchone()[0]
