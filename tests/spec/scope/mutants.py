"""Every way to weaken one policy, one function or one table's protection, made from the catalogue.

A mutant of a condition has one of its parts replaced by `true`, wherever in USING and WITH CHECK it
stands: an UPDATE asks both, so that dropping it from one alone changes nothing. Dropping a whole
policy that allows must be noticed too, by those who then see too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

_POLICIES = """
SELECT p.polname, c.relname, p.polpermissive, p.polcmd, p.polroles = '{0}',
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
       , CASE p.polcmd WHEN 'd' THEN has_table_privilege(%(app)s, c.oid, 'DELETE')
                     WHEN '*' THEN true
                     ELSE has_any_column_privilege(%(app)s, c.oid,
                            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' ELSE 'UPDATE' END) END
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid ORDER BY c.relname, p.polname
"""
_DEFINERS = """
SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.proowner = current_user::regrole
  AND p.provolatile = 's' ORDER BY 1
"""
TAKES_AWAY = {"op_stopped"}
_WORDS = re.compile(r"'(?:[^']|'')*'|\(|\)|\bAND\b|\bOR\b")

_GUARDED = re.compile(r"CASE\s+WHEN (.+) THEN (.+)\s+ELSE false\s+END", re.DOTALL)


@dataclass(frozen=True)
class Mutant:
    """One weakening: what it is called, the tables to be probed, how it is made and unmade."""

    name: str
    tables: tuple[str, ...]
    made: str
    unmade: str


def of_policies(owner: psycopg.Connection[Any], app: str, asked_by: dict[str, tuple[str, ...]]) -> Iterator[Mutant]:
    """Each policy: everything true, each part dropped, the policy dropped, opened to all roles.

    A policy for what the application's role may not do at all decides nothing: it has no mutants.
    One for the owner alone is what the functions read by: the tables that they guard are probed.
    """
    for name, table, permissive, command, for_all, using, check, used in owner.execute(_POLICIES, {"app": app}):
        if for_all and not used:
            continue
        tables = (table,) if for_all else tuple(dict.fromkeys(each for found in asked_by.values() for each in found))
        policy = sql.SQL("{} ON {}").format(sql.Identifier(name), sql.Identifier(table)).as_string(owner)
        clauses = {"USING": using, "WITH CHECK": check}
        unmade = f"ALTER POLICY {policy}{_clauses(clauses)}"
        parts = dict.fromkeys(part for clause in clauses.values() for part in conjuncts(clause))
        for part in parts:
            weaker = {key: clause and without(clause, part) for key, clause in clauses.items()}
            yield Mutant(
                f"{table}: {name} without {part}", (table,), f"ALTER POLICY {policy}{_clauses(weaker)}", unmade
            )
        if any(clause not in ("", "true") for clause in clauses.values()):
            open_to_all = {key: clause and "true" for key, clause in clauses.items()}
            yield Mutant(f"{table}: {name} true", (table,), f"ALTER POLICY {policy}{_clauses(open_to_all)}", unmade)
        kind = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}[command]
        to = "PUBLIC" if for_all else "CURRENT_USER"
        again = f"CREATE POLICY {policy} AS {'PERMISSIVE' if permissive else 'RESTRICTIVE'} FOR {kind} TO {to}"
        yield Mutant(f"{table}: {name} dropped", tables, f"DROP POLICY {policy}", again + _clauses(clauses))
        if not for_all and used:
            widened = f"ALTER POLICY {policy} TO PUBLIC"
            yield Mutant(f"{table}: {name} to all", (table,), widened, f"ALTER POLICY {policy} TO CURRENT_USER")


def of_tables(owner: psycopg.Connection[Any], tables: list[str]) -> Iterator[Mutant]:
    """Each table without row-level security, and without it for its owner."""
    for table in tables:
        name = sql.Identifier(table).as_string(owner)
        for off, on in (("DISABLE", "ENABLE"), ("NO FORCE", "FORCE")):
            made, unmade = (f"ALTER TABLE {name} {word} ROW LEVEL SECURITY" for word in (off, on))
            yield Mutant(f"{table}: {off.lower()}", (table,), made, unmade)


def of_functions(
    owner: psycopg.Connection[Any], asked_by: dict[str, tuple[str, ...]], reads: Iterable[str]
) -> Iterator[Mutant]:
    """Each function that asks with the owner's rights: without one part of what it asks, or of its guard."""
    for signature, definition in owner.execute(_DEFINERS).fetchall():
        name = signature.split("(")[0]
        if asked_by.get(name) == ():
            continue
        if name in reads:
            for guard in re.findall(r"\bIF (.*?) THEN", definition, re.DOTALL):
                yield Mutant(f"{name} without its guard", (), definition.replace(guard, "false"), definition)
            where = re.split(r"ORDER BY|GROUP BY|LIMIT", definition[definition.index("WHERE") + 5 :])[0]
            parts = [part for part in _split(where, "AND") if part.startswith("EXISTS")]
            tables: tuple[str, ...] = ()
        else:
            yield Mutant(
                f"{name} false", asked_by[name], _sub("EXISTS (", "false AND EXISTS (", definition), definition
            )
            where, tables = definition[definition.index("WHERE") + 5 :].split(";")[0], asked_by[name]
            # What takes access away is weakened by answering no; without a part it would take away more.
            parts = _split(where.rstrip().removesuffix(")"), "AND") if name not in TAKES_AWAY else []
        for part in parts:
            yield Mutant(f"{name} without {part}", tables, _sub(part, "true", definition), definition)


def _sub(part: str, instead: str, definition: str) -> str:
    before, found, after = definition.partition(part)
    assert found, part
    return f"{before}{instead}{after}"


def conjuncts(condition: str) -> list[str]:
    """The parts of a condition that AND joins, at any depth; the whole where none does.

    A CASE that asks one thing only if another holds joins them, too.
    """
    condition = _bare(condition)
    if guarded := _GUARDED.fullmatch(condition):
        return [found for part in guarded.groups() for found in conjuncts(part)]
    parts = _split(condition, "AND")
    if len(parts) > 1:
        return [found for part in parts for found in conjuncts(part)]
    alternatives = _split(condition, "OR")
    if len(alternatives) > 1:
        return [
            condition,
            *(found for each in alternatives for found in conjuncts(each) if len(_split(_bare(each), "AND")) > 1),
        ]
    return [condition] if condition not in ("", "true") else []


def without(condition: str, part: str) -> str:
    """The condition with `true` where the part stands."""
    return condition.replace(part, "true")


def _clauses(clauses: dict[str, str]) -> str:
    return "".join(f" {key} ({clause})" for key, clause in clauses.items() if clause)


def _bare(condition: str) -> str:
    condition = condition.strip()
    while condition.startswith("(") and _closes(condition) == len(condition) - 1:
        condition = condition[1:-1].strip()
    return condition


def _closes(condition: str) -> int:
    depth = 0
    for found in _WORDS.finditer(condition):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return -1


def _split(condition: str, word: str) -> list[str]:
    depth, start, parts = 0, 0, []
    for found in _WORDS.finditer(condition):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if found[0] == word and depth == 0:
            parts.append(condition[start : found.start()].strip())
            start = found.end()
    return [*parts, condition[start:].strip()]
