"""The database: who we are in it, and the mark that makes it a demo for good."""

import psycopg
import pytest
from django.db import connection

from openprotect.config import database
from openprotect.config.database_urls import Urls, on_socket, parts, with_database


@pytest.mark.django_db
def test_tests_log_in_as_the_application_which_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)")
        assert cursor.fetchone() == ("openprotect_app", 0)


def test_a_copy_is_the_place_for_commits(committed_db: Urls) -> None:
    with psycopg.connect(committed_db.app) as other:
        other.execute("INSERT INTO django_session VALUES ('key', 'data', now())")
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key FROM django_session")
        assert cursor.fetchall() == [("key",)]


def test_the_application_cannot_mark_a_database_as_a_demo(committed_db: Urls) -> None:
    with psycopg.connect(committed_db.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("UPDATE governance_installation SET demo = false")


def test_only_making_a_database_marks_it(template: Urls, django_db_blocker) -> None:
    urls = template.named("openprotect_throwaway_live")
    with django_db_blocker.unblock():
        try:
            database.create(urls, demo=False)
            database.migrate(urls)
            assert database.demo_mark(urls) is False
            with pytest.raises(database.NotADemo, match="was not marked as a demo"):
                database.create(urls, demo=True)
            assert database.demo_mark(urls) is False
        finally:
            database.drop(urls)


def test_no_demo_is_made_among_somebody_elses_tables(template: Urls, django_db_blocker) -> None:
    urls = template.named("openprotect_throwaway_other")
    try:
        database.make(urls)
        with psycopg.connect(urls.owner) as owner:
            owner.execute("CREATE TABLE ledger_of_somebody_else (id int)")
        with django_db_blocker.unblock(), pytest.raises(database.NotADemo):
            database.create(urls, demo=True)
        with psycopg.connect(urls.owner) as owner:
            assert owner.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)
    finally:
        database.drop(urls)


def test_a_role_that_would_see_everybody_is_refused(template: Urls) -> None:
    with pytest.raises(database.RoleIsTooStrong, match="openprotect_owner"):
        database.check(Urls(owner=template.owner, app=template.owner))


def test_a_database_that_is_not_there_gets_a_sentence(template: Urls) -> None:
    with pytest.raises(database.DatabaseIsNotThere, match="no_such_thing"):
        database.check(template.named("no_such_thing"))


def test_an_owner_who_may_not_create_is_told_what_to_grant(template: Urls) -> None:
    missing = with_database(template.app, "openprotect_throwaway_new")
    weak = Urls(owner=missing, app=missing)
    with pytest.raises(database.MayNotCreateDatabases, match="ALTER ROLE openprotect_app CREATEDB"):
        database.make(weak)


def test_a_wrong_password_is_not_let_in(template: Urls) -> None:
    named = parts(template.app)
    stranger = on_socket(user="openprotect_app", password="x", folder=str(named["host"]), database="postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger)
