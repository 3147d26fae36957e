"""Row-level security, written once and used by the migrations of every app.

Each personal table gets `ENABLE` and `FORCE`, one policy for the system actor, and one for each
kind of identity that may see it. What a policy says must not change once a migration that
uses it has landed: add a function, never edit one. Policies read only `governance_accessgrant`
and the settings of `scope.py`; reading another protected table would recurse.
"""

from __future__ import annotations

from django.conf import settings
from django.db import migrations
from psycopg import sql

# What policies read of the scope; a text for `statement`, so its braces are doubled.
SETTINGS_FUNCTIONS = """
CREATE FUNCTION op_identity() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('openprotect.identity', true), '') $$;
CREATE FUNCTION op_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('openprotect.now', true), '')::timestamptz, now()) $$;
CREATE FUNCTION op_organisations() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('openprotect.organisations', true), ''), '{{}}')::bigint[] $$;
CREATE FUNCTION op_may(permission text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT permission = ANY (coalesce(nullif(current_setting('openprotect.permissions', true), ''), '{{}}')::text[]) $$;
CREATE FUNCTION op_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('openprotect.person', true), '')::uuid $$;
CREATE FUNCTION op_referral() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('openprotect.referral', true), '')::uuid $$;
"""

# Whether an organisation that the actor works for may see a person now. Runs as the owner, so
# that the policy of the grants themselves is not planned into every statement.
SEES_FUNCTION = """
CREATE POLICY governance_accessgrant_of_function ON governance_accessgrant FOR SELECT TO CURRENT_USER
    USING (true);
CREATE FUNCTION op_sees(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_accessgrant g
        WHERE g.person_id = person AND g.organisation_id = ANY (op_organisations())
          AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now()));
END
$$;
REVOKE ALL ON FUNCTION op_sees FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op_sees TO {app};
"""

# Plain calls, which PostgreSQL inlines. Wrapped in sub-selects they would be evaluated once a
# query instead of once a row, but a statement over five tables then carries 200 sub-plans and
# takes ten times as long to plan as to run (measured: docs/adr/0004-row-level-security.md).
_SYSTEM = "op_identity() = 'system'"
_STAFF = "op_identity() = 'staff' AND op_may({permission}) AND op_sees({table}.{column})"
_PERSON = "op_identity() = 'person' AND {table}.{column} = op_person()"
_PARTNER = "op_identity() = 'partner' AND {table}.{column} = op_referral()"


def _run(*statements: sql.Composable) -> migrations.RunSQL:
    # As text, not by RunPython, for which Django would render every model before each of them.
    return migrations.RunSQL([each.as_string(None) for each in statements], migrations.RunSQL.noop)


def protect(
    table: str,
    *,
    column: str = "person_id",
    staff_read: str = "",
    staff_write: str = "",
    person_read: bool = False,
    person_write: bool = False,
    partner_column: str = "",
    partner_write: bool = False,
) -> migrations.RunSQL:
    """Row-level security for one personal table.

    `column` holds the person's id. `staff_read` and `staff_write` name the permission that a
    member of staff needs besides a live grant for the person; empty means that no staff may.
    Writing is also bounded by `grant`: a table whose rows are never changed has no UPDATE.
    `partner_column` holds the referral's id for tables that a partner's link opens.
    """
    t, c = sql.Identifier(table), sql.Identifier(column)
    statements = [
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(t),
        sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(t),
        _policy(table, "system", "ALL", sql.SQL(_SYSTEM)),
    ]

    def staff(permission: str) -> sql.Composable:
        return sql.SQL(_STAFF).format(permission=sql.Literal(permission), table=t, column=c)

    if staff_read:
        statements.append(_policy(table, "staff_read", "SELECT", staff(staff_read)))
    if staff_write:
        statements.append(_policy(table, "staff_insert", "INSERT", staff(staff_write)))
        statements.append(_policy(table, "staff_update", "UPDATE", staff(staff_write)))
        statements.append(_policy(table, "staff_delete", "DELETE", staff(staff_write)))
    person = sql.SQL(_PERSON).format(table=t, column=c)
    if person_read:
        statements.append(_policy(table, "person_read", "SELECT", person))
    if person_write:
        statements.append(_policy(table, "person_insert", "INSERT", person))
        statements.append(_policy(table, "person_update", "UPDATE", person))
        statements.append(_policy(table, "person_delete", "DELETE", person))
    if partner_column:
        partner = sql.SQL(_PARTNER).format(table=t, column=sql.Identifier(partner_column))
        statements.append(_policy(table, "partner_read", "SELECT", partner))
        if partner_write:
            statements.append(_policy(table, "partner_insert", "INSERT", partner))
            statements.append(_policy(table, "partner_update", "UPDATE", partner))
    return _run(*statements)


def many_rows(*tables: str) -> migrations.RunSQL:
    """Tells PostgreSQL that a scope may see many rows of tables that `protect` protects.

    It takes `op_identity() = 'system'` for true of one row in two hundred, and so joins tables of
    thousands by going through them again for each row. Of a CASE it expects half. The policy says
    what it said; one arm is enough, since the arms are joined by OR
    (docs/adr/0032-policies-that-planners-can-count.md).
    """
    return _run(
        *(
            sql.SQL("ALTER POLICY {} ON {} USING (CASE WHEN {} THEN true ELSE false END)").format(
                sql.Identifier(f"{table}_system"), sql.Identifier(table), sql.SQL(_SYSTEM)
            )
            for table in tables
        )
    )


def reference(table: str, *, write: str = "true") -> migrations.RunSQL:
    """Row-level security for a table that says nothing of any person: all may read it.

    Only the system actor writes, and only where the SQL condition `write` holds.
    """
    t = sql.Identifier(table)
    return _run(
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(t),
        sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(t),
        _policy(table, "read", "SELECT", sql.SQL("true")),
        *(
            _policy(table, f"system_{command.lower()}", command, sql.SQL(f"{_SYSTEM} AND {write}"))
            for command in ("INSERT", "UPDATE")
        ),
    )


def _policy(table: str, name: str, command: str, rule: sql.Composable) -> sql.Composable:
    parts = [
        sql.SQL("CREATE POLICY {} ON {} FOR {}").format(
            sql.Identifier(f"{table}_{name}"), sql.Identifier(table), sql.SQL(command)
        )
    ]
    if command != "INSERT":
        parts.append(sql.SQL("USING ({})").format(rule))
    if command in ("INSERT", "UPDATE", "ALL"):
        parts.append(sql.SQL("WITH CHECK ({})").format(rule))
    return sql.SQL(" ").join(parts)


def grant(table: str, *privileges: str, columns: tuple[str, ...] = ()) -> migrations.RunSQL:
    """What the app role may do with a table at all; `columns` narrows an UPDATE."""
    role = sql.Identifier(settings.APP_ROLE)
    statements = []
    for privilege in privileges:
        names: sql.Composable = sql.SQL("")
        if privilege == "UPDATE" and columns:
            names = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        statements.append(
            sql.SQL("GRANT {} {} ON {} TO {}").format(sql.SQL(privilege), names, sql.Identifier(table), role)
        )
    return _run(*statements)


def statement(text: str) -> migrations.RunSQL:
    """One SQL text in which `{app}` stands for the app role and braces are doubled."""
    return _run(sql.SQL(text).format(app=sql.Identifier(settings.APP_ROLE)))


def one_person(child: str, column: str, parent: str, *, key: str = "id") -> migrations.RunSQL:
    """A row of `child` and the row of `parent` that it points at are about the same person.

    Policies judge a row by its own person_id, so what it points at must not be another's. Takes the
    place of the foreign key of `column`: still one check a write. `whose` makes the parent's key.
    """
    names = {
        "child": sql.Identifier(child),
        "name": sql.Identifier(f"{child}_{column}_of_person"),
        "column": sql.Identifier(column),
        "parent": sql.Identifier(parent),
        "key": sql.Identifier(key),
        "child_text": sql.Literal(child),
        "column_text": sql.Literal(column),
    }
    return _run(sql.SQL(_ONE_KEY_GOES).format(**names), sql.SQL(_ONE_PERSON).format(**names))


def whose(parent: str, *, key: str = "id") -> migrations.RunSQL:
    """Lets other tables point at a row of `parent` together with its person."""
    names = [sql.Identifier(each) for each in (parent, f"{parent}_of_person", key)]
    return _run(sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} UNIQUE ({}, person_id)").format(*names))


def changes(table: str, *columns: str) -> migrations.RunSQL:
    """The only columns of a table that the app role may change; whose a row is never changes."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    t, role = sql.Identifier(table), sql.Identifier(settings.APP_ROLE)
    return _run(
        sql.SQL("REVOKE UPDATE ON {} FROM {}").format(t, role),
        sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(names, t, role),
    )


def without(table: str, *policies: str) -> migrations.RunSQL:
    """Takes policies of `protect` away: what nobody does by them, nobody may."""
    t = sql.Identifier(table)
    return _run(*(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(f"{table}_{p}"), t) for p in policies))


def staff_update(table: str, *permissions: str) -> migrations.RunSQL:
    """Staff change rows for which they hold every one of `permissions`: that of seeing among them.

    PostgreSQL asks no SELECT policy of an UPDATE that reads nothing, so seeing is asked here.
    """
    t, c = sql.Identifier(table), sql.Identifier("person_id")
    may = sql.SQL(" AND ").join(sql.SQL("op_may({})").format(sql.Literal(each)) for each in permissions)
    rule = sql.SQL("op_identity() = 'staff' AND {} AND op_sees({}.{})").format(may, t, c)
    policy = sql.Identifier(f"{table}_staff_update")
    return _run(
        sql.SQL("DROP POLICY {} ON {}").format(policy, t),
        sql.SQL("CREATE POLICY {} ON {} FOR UPDATE USING ({})").format(policy, t, rule),
    )


_ONE_KEY_GOES = """
DO $$
DECLARE
    one_key text;
BEGIN
    SELECT c.conname INTO STRICT one_key FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
    WHERE c.contype = 'f' AND c.conrelid = to_regclass({child_text}) AND a.attname = {column_text};
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', {child_text}, one_key);
END
$$
"""
_ONE_PERSON = """
ALTER TABLE {child} ADD CONSTRAINT {name} FOREIGN KEY ({column}, person_id) REFERENCES {parent} ({key}, person_id)
    DEFERRABLE INITIALLY DEFERRED
"""
