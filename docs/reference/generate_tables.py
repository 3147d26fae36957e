"""Writes tables.md from the policies and grants of a migrated database: `python docs/reference/generate_tables.py`."""

import os
import re
import tempfile
from pathlib import Path

PAGE = Path(__file__).with_name("tables.md")
INTRODUCTION = """# Tables and who reads and writes them

Made from the policies of a migrated database; do not edit it here. What a policy says is added to what the
application's role may do at all: where a command is missing, nobody does it. `system` is the worker and whatever
follows from an event. [Who sees what](../explanation/who-sees-what.md) says what the words mean.
"""
_POLICIES = """
SELECT c.relname, p.polname, p.polpermissive, p.polcmd,
       coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
WHERE p.polroles = '{0}' AND CASE p.polcmd WHEN 'd' THEN has_table_privilege(c.oid, 'DELETE') WHEN '*' THEN true
      ELSE has_any_column_privilege(c.oid, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' ELSE 'UPDATE' END) END
ORDER BY 1, p.polpermissive DESC, array_position(ARRAY['*', 'r', 'a', 'w', 'd']::"char"[], p.polcmd), 2
"""
_CHANGES = """
SELECT c.relname, has_table_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'DELETE'),
       has_table_privilege(c.oid, 'UPDATE'),
       array(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             AND has_column_privilege(c.oid, a.attnum, 'UPDATE') ORDER BY a.attnum)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
ORDER BY c.relname
"""
_COMMANDS = {"r": "read", "a": "insert", "w": "update", "d": "delete", "*": "read and write"}


def page() -> str:
    """The reference page as it should stand; asks the database as the application's role."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_POLICIES)
        policies = cursor.fetchall()
        cursor.execute(_CHANGES)
        tables = cursor.fetchall()
    lines = [INTRODUCTION]
    for table, insert, delete, update, columns in tables:
        changed = "every column" if update else ", ".join(f"`{column}`" for column in columns) or "nothing"
        may = (
            ", ".join(word for word, held in (("insert", insert), ("delete", delete)) if held)
            or "neither insert nor delete"
        )
        lines += [f"## {table}", "", f"The application may {may}; it changes {changed}.", ""]
        lines += ["| may | where |", "|---|---|"]
        for of, _, permissive, command, rule in policies:
            if of == table:
                only = "" if permissive else "only "
                lines.append(f"| {only}{_COMMANDS[command]} | `{_words(rule)}` |")
        lines.append("")
    return "\n".join(lines)


def _words(rule: str) -> str:
    rule = re.sub(r"::(text|bigint|uuid)(\[\])?", "", rule).replace("|", "\\|")
    return (
        " ".join(rule.removeprefix("(").removesuffix(")").split()) if rule.startswith("((") else " ".join(rule.split())
    )


if __name__ == "__main__":
    os.environ.setdefault("OPENPROTECT_MODE", "test")
    os.environ.setdefault("OPENPROTECT_DATA", tempfile.mkdtemp())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openprotect.config.settings")
    import django

    django.setup()
    from openprotect.config import database
    from openprotect.config.embedded import Cluster

    with Cluster.temporary() as urls:
        database.create(urls, demo=True)
        with database.connected_to(urls.app):
            PAGE.write_text(page(), encoding="utf-8")
