"""What may be inferred: refusals, counts and orders say the same whether the thing is another's or is not there.

How long an answer takes, and how many rows a plan expects (`EXPLAIN`), are not looked at.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.db.utils import IntegrityError, ProgrammingError

from openprotect.config.database_urls import Urls
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.scope import Scope, enter, system
from tests.architecture.test_scope import NOW, Two, staff_of
from tests.factories.twins import twins


@pytest.fixture(scope="module")
def two(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Two:
    return twins(tmp_path_factory.mktemp("twins"))


def test_a_number_that_is_taken_is_refused_as_one_that_is_free(two: Two) -> None:
    ours, theirs = two
    taken = "9990000026"
    eyes = (
        staff_of(ours, frozenset(PERMISSIONS)),
        Scope("person", actor="link", now=NOW, person=ours.person),
        Scope("partner", actor="partner", now=NOW, referral=ours.referral),
    )
    for by in eyes:
        refusals = {
            refused(
                by,
                "INSERT INTO people_personidentity (person_id, nhs_number, given_name, family_name, sex, ethnic_category,"
                " language) VALUES (%s, %s, '', '', '', '', 'en')",
                person,
                number,
            )
            for person in (theirs.person, uuid4())
            for number in (taken, "9990000999")
        }
        assert refusals == {'new row violates row-level security policy for table "people_personidentity"'}


def test_what_is_anothers_is_refused_as_what_is_not_there(two: Two) -> None:
    ours, theirs = two
    by = staff_of(ours, frozenset(PERMISSIONS))
    note = "INSERT INTO act_note (call_to_action_id, person_id, at, \"by\", text) VALUES (%s, %s, now(), '', '')"
    need = "SELECT id FROM act_calltoaction WHERE person_id = %s LIMIT 1"
    with enter(system("test", now=NOW)), connection.cursor() as cursor:
        cursor.execute(need, [theirs.person])
        (anothers,) = cursor.fetchone()
    # As the other's: the policy refuses before any key is asked.
    assert {refused(by, note, each, theirs.person) for each in (anothers, uuid4())} == {
        'new row violates row-level security policy for table "act_note"'
    }
    # As our own, on the other's need: refused by the one key, in the words of a need that is not there.
    ways = {refused(by, note, each, ours.person).replace(str(each), "ID") for each in (anothers, uuid4())}
    assert len(ways) == 1
    assert "act_note_call_to_action_id_of_person" in ways.pop()


def test_what_is_anothers_is_counted_sorted_and_searched_as_if_it_were_not_there(two: Two) -> None:
    ours, theirs = two
    by = staff_of(ours, frozenset(PERMISSIONS))
    told = {
        "count": "SELECT count(*) FROM people_personidentity WHERE family_name = 'Khan' OR nhs_number LIKE '999000002%%'",
        "order": "SELECT row_number() OVER (ORDER BY family_name) FROM people_personidentity ORDER BY 1 DESC LIMIT 1",
        # A function that tells what it reads must not be asked before the policy: only leakproof ones are.
        "search": "SELECT count(1 / (length(family_name) - 4)) FROM people_personidentity",
        "exists": "SELECT EXISTS (SELECT 1 FROM people_person WHERE id = %(theirs)s)::int",
        "join": "SELECT count(*) FROM people_person p JOIN people_contactpoint c ON c.person_id = p.id"
        " WHERE c.value = '+447700900002'",
        "state": "SELECT count(*) FROM learn_person_state WHERE person_id = %(theirs)s",
    }
    with enter(by), connection.cursor() as cursor:
        for name, query in told.items():
            cursor.execute(query, {"theirs": theirs.person})
            assert cursor.fetchone() == ({"order": 1, "search": 1}.get(name, 0),), name


def refused(by: Scope, statement: str, *values: object) -> str:
    """What the database says when it refuses a statement."""
    with pytest.raises((ProgrammingError, IntegrityError)) as error, enter(by), connection.cursor() as cursor:  # noqa: PT012
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, values)
    return str(error.value).strip()
