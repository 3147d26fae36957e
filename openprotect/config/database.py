"""Making, migrating and removing databases. Tables belong to the owner; the application may only use them."""

import gc
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from openprotect.config import environment
from openprotect.config.database_urls import Urls, django_database, parts, with_database
from openprotect.config.embedded import Cluster
from openprotect.config.postgres_binaries import OLDEST
from openprotect.lib.errors import Refusal

# What the application may do with tables that are not ours; ours are granted in our migrations.
SHARED_TABLES = {
    "procrastinate_jobs": "SELECT, INSERT, UPDATE, DELETE",
    "procrastinate_events": "SELECT, INSERT, UPDATE, DELETE",
    "procrastinate_periodic_defers": "SELECT, INSERT, UPDATE, DELETE",
    "procrastinate_workers": "SELECT, INSERT, UPDATE, DELETE",
    "django_session": "SELECT, INSERT, UPDATE, DELETE",
    "django_migrations": "SELECT",
    "django_content_type": "SELECT",
    "auth_group": "SELECT",
    "auth_permission": "SELECT",
    "auth_group_permissions": "SELECT",
}


class DatabaseIsNotThere(Refusal):
    """There is no database at {address}, or it cannot be reached: {reason}"""


class PostgresIsTooOld(Refusal):
    """The database runs PostgreSQL {found}; {oldest} or later is needed."""


class MayNotCreateDatabases(Refusal):
    """The role {role} may not create a database beside the given one: let a superuser run
    ALTER ROLE {role} CREATEDB, or unset DATABASE_URL and DATABASE_OWNER_URL to use the embedded one."""


class RoleIsTooStrong(Refusal):
    """The role {role} of DATABASE_URL is a superuser, bypasses row-level security or belongs to the owner of the
    tables, so it would see every person: use a role that may only log in."""


class NotADemo(Refusal):
    """The database {database} was not marked as a demo when it was created, so no demo is made in it:
    use an empty database, or unset DATABASE_URL and DATABASE_OWNER_URL to use the embedded one."""


class NeedsMigrating(Refusal):
    """The database is not at the version of this programme: run openprotect database migrate."""


def create(urls: Urls, *, demo: bool) -> None:
    """Makes the database if it is not there, and its tables. Only a new database takes the mark.

    The mark says for good whether this is a demo: nothing else ever writes it.
    A database whose making was interrupted has no mark yet and is still new.
    """
    make(urls)
    check(urls)
    new = is_new(urls)
    if demo and not new:
        require_demo(urls)
    migrate(urls)
    if new:
        with _connect(urls.owner) as owner:
            owner.execute("INSERT INTO governance_installation (id, demo, created_at) VALUES (1, %s, now())", [demo])


def migrate(urls: Urls) -> None:
    """Brings the tables up to this version as the owner, and grants the application its use of them.

    Django has to be set up. The process's own connection is back as it was afterwards.
    """
    check(urls)
    from django.core.management import call_command

    with connected_to(urls.owner), _without_collecting():
        call_command("migrate", verbosity=0, interactive=False)
    _grant(urls)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No search for garbage meanwhile: migrations render every model many times over, and searching takes a
    quarter of the time (14.7 s against 11.4 s for a new database), to save 200 MB for as long.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_behind(urls: Urls) -> bool:
    """Whether there are migrations that this database has not had."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connected_to(urls.owner):
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def drop(urls: Urls) -> None:
    """Removes the database, also under those who still use it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(urls.database))
    with _beside(urls) as owner:
        try:
            # Waits for those who are just leaving, whom the owner may not be allowed to throw out.
            owner.execute(statement)
        except psycopg.errors.ObjectInUse:
            owner.execute(statement + sql.SQL(" WITH (FORCE)"))


def clone(urls: Urls, name: str) -> Urls:
    """A copy beside it, in the time a copy of the files takes. Nobody may be using the database."""
    with _beside(urls) as owner:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        owner.execute(statement.format(sql.Identifier(name), sql.Identifier(urls.database)))
    return urls.named(name)


def demo_mark(urls: Urls) -> bool | None:
    """What the mark says; None where there is no mark, as in a database that is not ours or not made yet."""
    try:
        with _connect(urls.app) as app:
            row = app.execute("SELECT demo FROM governance_installation WHERE id = 1").fetchone()
    except (DatabaseIsNotThere, psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None
    return bool(row[0]) if row else None


def require_demo(urls: Urls) -> None:
    """Raises NotADemo unless the database was marked as a demo when it was created."""
    if not demo_mark(urls):
        raise NotADemo(database=urls.database)


def check(urls: Urls) -> None:
    """Raises a refusal where the server is too old, cannot be reached, or its roles would undo the policies."""
    with _connect(urls.app) as app:
        if app.info.server_version < OLDEST * 10_000:
            raise PostgresIsTooOld(found=app.info.server_version // 10_000, oldest=OLDEST)
        strong = app.execute(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(current_user, %s, 'MEMBER') "
            "FROM pg_roles WHERE rolname = current_user",
            [urls.owner_role],
        ).fetchone()
    if strong is None or strong[0]:
        raise RoleIsTooStrong(role=urls.app_role)


@contextmanager
def for_this_process(
    environ: Mapping[str, str] = os.environ, *, throwaway: bool = False, home: Path | None = None
) -> Iterator[Urls]:
    """The database the settings name, else the embedded one; what is started or made here is ended again.

    A throw-away one is a database of its own: in a cluster of its own, or
    beside the one that is named.
    """
    settings = environment.read(environ, home=home or Path.home())
    # Root's is passed through by PostgreSQL's own user; anybody else's is only theirs.
    settings.data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    if settings.urls is None:
        with Cluster.temporary() if throwaway else Cluster(settings.data / "postgres") as urls:
            yield urls
    elif not throwaway:
        yield settings.urls
    else:
        urls = settings.urls.named(f"openprotect_throwaway_{secrets.token_hex(6)}")
        make(urls)
        try:
            yield urls
        finally:
            drop(urls)


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Django's connections go to another address for a while, without a pool; in threads that begin then, too."""
    from django.db import connection
    from django.db.backends.postgresql.base import DatabaseWrapper

    settings = connection.settings_dict
    before = dict(settings)
    connection.close()
    if isinstance(connection, DatabaseWrapper) and connection.pool:
        connection.close_pool()
    settings.update({"USER": "", "PASSWORD": "", "HOST": "", "PORT": ""} | django_database(url))
    try:
        yield
    finally:
        connection.close()
        settings.update(before)


def exists(urls: Urls) -> bool:
    """Whether the database is there; raises DatabaseIsNotThere where it is but does not let its owner in."""
    try:
        psycopg.connect(urls.owner).close()
    except psycopg.OperationalError as error:
        # A failed connection carries no code, and its sentence is in the server's language: look it up.
        with _beside(urls) as owner:
            if owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [urls.database]).fetchone():
                raise DatabaseIsNotThere(address=_place(urls.owner), reason=_first_line(error)) from None
        return False
    return True


def make(urls: Urls) -> None:
    """Makes the database, without tables, if it is not there."""
    if exists(urls):
        return
    with _beside(urls) as owner:
        name, role = sql.Identifier(urls.database), sql.Identifier(urls.app_role)
        try:
            owner.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
        except psycopg.errors.InsufficientPrivilege:
            raise MayNotCreateDatabases(role=urls.owner_role) from None
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # somebody else made it at the same moment
        owner.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        owner.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, role))


def is_new(urls: Urls) -> bool:
    """No tables at all, or only ours and no mark yet."""
    from django.apps import apps

    with _connect(urls.owner) as owner:
        tables = {str(name) for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        if "governance_installation" in tables:
            return not owner.execute("SELECT 1 FROM governance_installation").fetchone()
        if "django_migrations" in tables:
            migrated = {str(app) for (app,) in owner.execute("SELECT app FROM django_migrations")}
            return migrated <= {config.label for config in apps.get_app_configs()}
    return not tables


def _grant(urls: Urls) -> None:
    role = sql.Identifier(urls.app_role)
    with _connect(urls.owner) as owner:
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        for table, rights in SHARED_TABLES.items():
            owner.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), sql.Identifier(table), role))
        owned = owner.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename LIKE 'procrastinate%'"
        ).fetchall()
        for (sequence,) in owned:
            owner.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.Identifier(str(sequence)), role))


def _beside(urls: Urls) -> psycopg.Connection[tuple[object, ...]]:
    """A connection from which databases can be made and removed, which none can from inside itself."""
    for name in ("postgres", "template1"):
        try:
            connection = psycopg.connect(with_database(urls.owner, name), autocommit=True)
        except psycopg.OperationalError as error:
            reason = error
        else:
            return connection
    raise DatabaseIsNotThere(address=_place(urls.owner), reason=_first_line(reason))


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(url)
    except psycopg.OperationalError as error:
        raise DatabaseIsNotThere(address=_place(url), reason=_first_line(error)) from None


def _place(url: str) -> str:
    named = parts(url)
    return f"{named.get('host', 'localhost')}:{named.get('port', 5432)}/{named['dbname']} as {named['user']}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
