"""Every table has a rule: who may see and write its rows. What the catalogue says of all of them at once.

The lists here are the rules; `tests/spec/scope` holds the database against them, table by table, command by
command, for everybody who may ask, and breaks every policy once to see that it would be noticed.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from openprotect.config.database_urls import Urls
from openprotect.governance.scope import Scope, enter, system
from tests.factories.accounts import SECRET
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
    "governance_organisationrelation", "governance_teamhours", "governance_membership", "governance_legalbasis",
    "governance_sharingagreement", "governance_agreementsignature", "programmes_packversion", "programmes_activation",
    "people_listversion", "people_optoutexchange", "identify_cohortrun", "learn_ledgerday", "learn_openwork",
    "governance_basisparty", "governance_basisapproval", "governance_basischange", "governance_basiswarning",
    "governance_basisextension", "governance_legalhold", "governance_sendinghold",
}  # fmt: skip
# Ids and hashes of the audit trail: read with see.audit, written by functions of the owner.
TRAIL = {
    "governance_auditseal", "governance_auditunsealed", "governance_auditcheckpoint", "governance_auditanchor",
    "governance_disposal",
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
    "identify_whyasked": "see.reasons",
    "identify_figure": "",  # small numbers stand in it: queries that leave these out show it
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
    "contact_link", "contact_calltry", "check_in_answerset", "triage_decision", "act_step",
    "act_note", "act_referralstep", "outbox_message", "governance_patternreview",
    "governance_basisparty", "governance_basisapproval", "governance_basischange", "governance_basiswarning",
    "governance_emergencyreview", "governance_emergencytry",
}  # fmt: skip
# The register of risks is about nobody in particular, and read by those who see it.
RISKS = {f"governance_{name}" for name in ("riskstep", "riskdissent", "riskdocument", "documentversion",
                                           "documentasked", "documentanswer")}  # fmt: skip
APPEND_ONLY |= TRAIL | RISKS
RISKS |= {"governance_risk"}
PERSONAL |= dict.fromkeys(RISKS, "")
COLUMN = {
    "people_person": "id",
    "governance_accessgrant": "organisation_id",
    "governance_export": "organisation_id",
    "governance_accessstoprequest": "practice_id",
    "governance_accessstop": "practice_id",
    "people_optout": "",
    "check_in_doortry": "",
    "identify_figure": "",
    "act_referrallink": "referral_id",
    "governance_emergencynotice": "",
    "governance_emergencyreview": "",
    "governance_emergencytry": "",
} | dict.fromkeys(RISKS, "")  # else person_id
# Tables of which staff see rows by another way than a grant for the person: each way with whose rows ("own": their
# organisation's, which `COLUMN` names; "board": the twins' were made there; "any") and with which permissions, of which they need all.
READ_BY = {
    "governance_accessgrant": (("own", ()),),
    "governance_auditevent": (("any", ("see.audit",)),),
    "governance_export": (("own", ("export.people",)), ("own", ("see.bases",))),
    "governance_accessstoprequest": (("any", ("decide.access_stop",)), ("own", ("ask.access_stop",))),
    "governance_accessstop": (("any", ("decide.access_stop",)), ("own", ("ask.access_stop",))),
    "governance_patternreview": (("any", ("see.audit",)),),
    "people_rightsrequest": (("board", ("act.rights",)),),
    "people_rightsstep": (("board", ("act.rights",)),),
    "governance_emergencyaccess": (("any", ("review.emergency_access",)),),
    "governance_emergencyreview": (("any", ("review.emergency_access",)),),
}
READ_BY |= dict.fromkeys(TRAIL, (("any", ("see.audit",)),)) | dict.fromkeys(RISKS, (("any", ("see.risks",)),))
READ_BY |= {"governance_disposal": (("any", ("see.retention",)),)}
# What staff, people and partners write themselves; all else is written by the system.
STAFF_WRITES = {
    "people_wish": {"INSERT": ("act.call",)},
    "contact_call": {"UPDATE": ("see.calls", "act.call")},
    "contact_calltry": {"INSERT": ("act.call",)},
    "check_in_checkin": {"UPDATE": ("see.person", "act.call")},
    "check_in_answerset": {"INSERT": ("act.call",)},
    "check_in_draft": {"DELETE": ("act.call",)},
    "act_case": {"UPDATE": ("see.calls_to_action", "act.calls_to_action")},
    "act_calltoaction": {"UPDATE": ("see.calls_to_action", "act.calls_to_action")},
    "act_step": {"INSERT": ("act.calls_to_action",)},
    "act_note": {"INSERT": ("act.calls_to_action",)},
    "act_referral": {"INSERT": ("act.calls_to_action",)},
    "act_referralstep": {"INSERT": ("act.calls_to_action",)},
}
PERSON_WRITES = {
    "people_wish": "INSERT",
    "check_in_checkin": "UPDATE",
    "check_in_answerset": "INSERT",
    "check_in_draft": "INSERT UPDATE DELETE",
}
PARTNER_WRITES = {"act_referral": "UPDATE", "act_referralstep": "INSERT"}
# Staff of the organisation that something was referred to.
PARTNER_STAFF = {
    "act_referral": {"SELECT": ("see.referrals",), "UPDATE": ("see.referrals", "act.referrals")},
    "act_referralstep": {"SELECT": ("see.referrals",), "INSERT": ("act.referrals",)},
}
# From which the system takes rows away, and which nobody writes but a function of the owner.
DELETED = {"governance_teamhours", "people_need", "check_in_draft", "check_in_doortry"}
WRITTEN_BY_NOBODY = {"governance_auditevent"} | TRAIL - {"governance_auditanchor", "governance_disposal"}
NEVER_CHANGED = {"check_in_doortry"}  # though its rows go


NOW = BEGINS.replace(day=BEGINS.day + UNANSWERED_UNTIL_RUNG)
# Tables that say whose a row is and point at others that do, though no one key ties the two: with the reason.
UNTIED = {
    "people_rightsstep.request_id": "a request is nobody's until it is known who asked; the system alone writes them",
    "governance_accessstop.request_id": "a stop of a whole practice names nobody; the system alone writes them",
}

Two = tuple[Twin, Twin]


@pytest.fixture(scope="module")
def two(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Two:
    return twins(tmp_path_factory.mktemp("twins"))


def test_every_table_is_protected_or_has_a_reason(module_db: Urls) -> None:
    assert unprotected() == OPEN.keys()
    assert public_tables() == OPEN.keys() | REFERENCE | TRAIL | SECRET | PERSONAL.keys()


def test_the_application_owns_nothing_and_bypasses_nothing(module_db: Urls) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, has_schema_privilege('public', 'CREATE'),"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relpersistence <> 't'),"
            " (SELECT count(*) FROM pg_proc WHERE proowner = r.oid AND pronamespace = 'public'::regnamespace),"
            " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False, 0, 0, 0)


def test_no_table_is_emptied(module_db: Urls) -> None:
    assert catalogue(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND has_table_privilege(oid, 'TRUNCATE')"
    ) == []  # fmt: skip


def test_whose_a_row_is_never_changes(module_db: Urls) -> None:
    changed = catalogue(
        "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped"
        " AND (a.attname = 'person_id' OR EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid"
        "      AND k.contype = 'p' AND a.attnum = ANY (k.conkey)))"
        " AND c.relname = ANY (%s) AND has_column_privilege(c.oid, a.attnum, 'UPDATE')",
        sorted(PERSONAL),
    )
    # A request of somebody about their records is nobody's until it is known who asked.
    assert changed == ["people_rightsrequest.person_id"]


def test_what_a_row_points_at_is_the_same_persons(module_db: Urls) -> None:
    untied = catalogue(
        "SELECT k.conrelid::regclass || '.' || a.attname FROM pg_constraint k"
        " JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]"
        " WHERE k.contype = 'f' AND a.attname <> 'person_id'"
        " AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = k.conrelid AND o.attname = 'person_id')"
        " AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = k.confrelid AND o.attname = 'person_id')"
    )
    assert sorted(untied) == sorted(UNTIED)


def test_the_planner_expects_that_policies_leave_rows(module_db: Urls) -> None:
    """Of a comparison without a column it expects one row in two hundred, and goes through tables again for each."""
    arms = "FROM pg_policies WHERE schemaname = 'public' AND cmd IN ('ALL', 'SELECT') AND policyname LIKE '%%system'"
    assert len(catalogue(f"SELECT tablename {arms}")) > 40
    assert catalogue(f"SELECT tablename {arms} AND qual !~ '^[(\\s]*CASE'") == []
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT json) SELECT FROM generate_series(1, 1000) JOIN people_person ON true")
        assert cursor.fetchone()[0][0]["Plan"]["Plan Rows"] >= 1000


def test_functions_with_the_owners_rights_are_the_applications_alone_and_look_nowhere_else(module_db: Urls) -> None:
    functions = "FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proname NOT LIKE 'procrastinate%%'"
    assert catalogue(f"SELECT proname {functions}")
    assert catalogue(f"SELECT proname {functions} AND has_function_privilege('public', oid, 'EXECUTE')") == []
    pinned = "proconfig @> ARRAY['search_path=public, pg_temp']"
    assert catalogue(f"SELECT proname {functions} AND ({pinned}) IS NOT TRUE") == []


def test_functions_that_everybody_may_call_read_settings_alone(module_db: Urls) -> None:
    reading_more = catalogue(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND NOT prosecdef"
        " AND proname NOT LIKE 'procrastinate%%' AND has_function_privilege('public', oid, 'EXECUTE')"
        " AND prorettype <> 'trigger'::regtype"
        " AND (prolang <> (SELECT oid FROM pg_language WHERE lanname = 'sql') OR prosrc ~* '\\m(from|insert|update)\\M')"
    )
    assert reading_more == []


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


def test_views_have_the_rights_of_whoever_asks(module_db: Urls) -> None:
    with_the_owners = catalogue(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
        " AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)"
    )
    assert with_the_owners == []


# --- What the catalogue says of a table that somebody forgot ---


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("ALTER TABLE triage_decision NO FORCE ROW LEVEL SECURITY", {"triage_decision"}),
        ("CREATE TABLE people_secret (person_id uuid)", {"people_secret"}),
    ],
)
def test_a_table_without_protection_is_noticed(committed_db: Urls, broken: str, found: set[str]) -> None:
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute(broken)
    assert unprotected() - OPEN.keys() == found


def test_the_page_of_tables_is_what_the_database_says(module_db: Urls) -> None:
    path = Path(__file__).parents[2] / "docs/reference/generate_tables.py"
    spec = spec_from_file_location("generate_tables", path)
    assert spec is not None
    assert spec.loader is not None
    generator = module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = path.with_name("tables.md").read_text(encoding="utf-8")
    assert written == generator.page(), "run: python docs/reference/generate_tables.py"


def staff_of(twin: Twin, permissions: frozenset[str]) -> Scope:
    return Scope("staff", actor="1", now=NOW, organisations=(twin.practice,), permissions=permissions)


def catalogue(query: str, *values: object) -> list[str]:
    """The first column of a query about the catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [name for (name,) in cursor.fetchall()]


def unprotected() -> set[str]:
    """Tables that are without policies, or whose policies do not hold for their owner."""
    return set(
        catalogue(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm')"
            " AND NOT (relrowsecurity AND relforcerowsecurity"
            "          AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))"
        )
    )


def public_tables() -> set[str]:
    return set(catalogue("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
