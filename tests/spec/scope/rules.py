"""Who may do what with the rows of each table: said once, apart from the policies that enforce it.

Made of the lists in `tests/architecture/test_scope.py`, in which every table has to stand. A rule is
what the probes hold the database against, and what a mutant of a policy has to break.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.architecture.test_scope import (
    A_PARTNERS,
    APPEND_ONLY,
    COLUMN,
    DELETED,
    HERS,
    NEVER_CHANGED,
    PARTNER_STAFF,
    PARTNER_WRITES,
    PERSON_WRITES,
    PERSONAL,
    READ_BY,
    REFERENCE,
    STAFF_WRITES,
    TRAIL,
    WRITTEN_BY_NOBODY,
)

Command = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
COMMANDS: tuple[Command, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Staff:
    """Staff who hold all of these permissions, for rows that are theirs in one of five ways.

    `seen`: their organisation has a live grant for the person; `own`: the row is their
    organisation's; `board`: it was made by the board, where they are; `referred`: the referral is to their organisation; `any`: whoever it is about.
    """

    permissions: frozenset[str]
    whose: Literal["seen", "own", "board", "referred", "any"] = "seen"


@dataclass(frozen=True)
class Rule:
    """One table: the column that says whose a row is ("" where it is nobody's), and who may do what."""

    column: str
    staff: Mapping[Command, tuple[Staff, ...]] = field(default_factory=dict)
    person: frozenset[Command] = frozenset()
    partner: frozenset[Command] = frozenset()
    system: frozenset[Command] = frozenset()
    anybody: frozenset[Command] = frozenset()


def rule_of(table: str) -> Rule:
    """What stands in the lists about a table; KeyError for one that stands in none."""
    system: set[Command] = {"SELECT"}
    if table not in WRITTEN_BY_NOBODY:
        system |= {"INSERT"} if table in APPEND_ONLY | NEVER_CHANGED else {"INSERT", "UPDATE"}
    if table in DELETED:
        system.add("DELETE")
    if table in REFERENCE:
        return Rule("", system=frozenset(system), anybody=frozenset({"SELECT"}))
    return Rule(
        "" if table in TRAIL else COLUMN.get(table, "person_id"),
        staff=_staff(table),
        person=frozenset({"SELECT"} if table in HERS else ()) | _commands(PERSON_WRITES.get(table, "")),
        partner=frozenset({"SELECT"} if table in A_PARTNERS else ()) | _commands(PARTNER_WRITES.get(table, "")),
        system=frozenset(system),
    )


def _staff(table: str) -> dict[Command, tuple[Staff, ...]]:
    made: dict[Command, tuple[Staff, ...]] = {}
    if PERSONAL.get(table):
        made["SELECT"] = (Staff(frozenset({PERSONAL[table]})),)
    for whose, permissions in READ_BY.get(table, ()):
        made["SELECT"] = (*made.get("SELECT", ()), Staff(frozenset(permissions), whose))
    for command, permissions in STAFF_WRITES.get(table, {}).items():
        made[command] = (Staff(frozenset(permissions)),)
    for command, permissions in PARTNER_STAFF.get(table, {}).items():
        made[command] = (*made.get(command, ()), Staff(frozenset(permissions), "referred"))
    return made


def _commands(written: str) -> frozenset[Command]:
    return frozenset(each for each in COMMANDS if each in written.split())
