"""Roles from a file: those that ship, or an organisation's own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from openprotect.governance.permissions import PERMISSIONS
from openprotect.lib.errors import BadInput, Fault

SHIPPED = Path(__file__).with_name("roles.toml")


class RolesHaveFaults(BadInput):
    """The file of roles has {count} fault(s), so no role was changed."""


@dataclass(frozen=True)
class RoleGiven:
    """A role as a file gives it."""

    name: str
    label: str
    permissions: tuple[str, ...]


def read(path: Path = SHIPPED) -> tuple[RoleGiven, ...]:
    """The roles of a file, in its order. Raises RolesHaveFaults with everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except OSError as error:
        fault = Fault(str(path), "", "", error.strerror or "nothing", "a file that can be read")
        raise RolesHaveFaults([fault]) from None
    except (ValueError, RecursionError) as error:  # a number too long and brackets too deep, too
        found = re.search(r"line (\d+), column (\d+)", str(error))
        where, column = (f"line {found[1]}", found[2]) if found else ("", "")
        raise RolesHaveFaults([Fault(path.name, where, column, str(error), "a TOML file")]) from None
    tables = given.get("roles")
    if given.keys() != {"roles"} or not isinstance(tables, dict) or not tables:
        raise RolesHaveFaults([Fault(path.name, "", "", ", ".join(given) or "nothing", "tables called [roles.NAME]")])
    faults: list[Fault] = []
    roles = [_role(path.name, name, table, text, faults) for name, table in tables.items()]
    if faults:
        raise RolesHaveFaults(faults)
    return tuple(roles)


def _role(file: str, name: str, table: object, text: str, faults: list[Fault]) -> RoleGiven:
    begins = text[: max(text.find(f"[roles.{name}]"), 0)].count("\n") + 1

    def wrong(column: str, read: object, expected: str) -> None:
        faults.append(Fault(file, f"line {begins}", column, str(read), expected))

    if not isinstance(table, dict):
        wrong("", table, f"a table [roles.{name}]")
        return RoleGiven(name, "", ())
    label, permissions = table.get("label"), table.get("permissions")
    if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) is None:
        wrong("", name, "small letters, digits and _")
    for other in sorted(table.keys() - {"label", "permissions"}):
        wrong(other, other, "label and permissions alone")
    if not isinstance(label, str) or not label.strip() or len(label) > 120 or not label.isprintable():
        wrong("label", str(label)[:60], "what people call this role, on a line of up to 120 characters")
    if not isinstance(permissions, list) or not permissions:
        wrong("permissions", permissions, "a list of permissions")
        permissions = []
    for each in permissions:
        if each not in PERMISSIONS:
            wrong("permissions", each, "one of " + ", ".join(PERMISSIONS))
    return RoleGiven(name, str(label), tuple(str(each) for each in permissions))
