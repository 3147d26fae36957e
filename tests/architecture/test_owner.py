"""Nothing but making, migrating and removing a database is done as the role that owns the tables.

The owner is not bound by the policies of a table that is not forced, and may switch them off. So it is read off the
source who holds its address and who asks for a connection with it; whoever is not named here connects as the application.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_layers import modules, name_of

DATABASE = "openprotect/config/database.py"
# Where the address may be named at all, with the reason.
HOLDS = {
    DATABASE: "makes, migrates and removes",
    "openprotect/config/database_urls.py": "what the addresses are",
    "openprotect/config/environment.py": "reads it from the environment",
    "openprotect/config/embedded.py": "makes the role",
    "openprotect/cli/session.py": "hands the environment to processes that may have to migrate",
}
# Whoever calls what connects as the owner: function by function.
MAY_CALL = {
    "openprotect/cli/session.py": {"_bring_up"},  # makes it and brings it up to date, before anything is done with it
    "openprotect/cli/database.py": {"migrate", "status"},
    "openprotect/cli/demo.py": {"forget"},  # removes it
}
# Its own: making and removing a throw-away database around a process.
WITHIN = {"for_this_process"}
SENTENCES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_its_address_is_held_where_databases_are_made_and_nowhere_else() -> None:
    assert [
        found for path in modules() if name_of(path) not in HOLDS for found in named(parsed(path), name_of(path))
    ] == []


def test_what_connects_with_it_is_called_where_databases_are_made_and_nowhere_else() -> None:
    as_owner = connects_as_owner(parsed(Path(DATABASE).resolve()))
    assert {"create", "migrate", "drop", "make"} <= as_owner
    assert as_owner.isdisjoint({"connected_to", "demo_mark", "require_demo", "check"})
    assert [found for path in modules() for found in calls(parsed(path), name_of(path), as_owner)] == []


@pytest.mark.parametrize(
    "defect",
    [
        "def view(request):\n    with connect(settings.urls.owner): pass",
        "def view(request):\n    with connect(Urls(*addresses).owner): pass",
        "def job():\n    connect(os.environ['DATABASE_OWNER_URL'])",
        "def job(urls):\n    connect(getattr(urls, 'owner'))",
        "def job(urls):\n    role = urls.owner_role",
        "def job():\n    address = f'{PREFIX}DATABASE_OWNER_URL'",
    ],
)
def test_a_place_that_holds_its_address_is_found(defect: str) -> None:
    assert list(named(ast.parse(defect), "openprotect/web/x.py")) != []


@pytest.mark.parametrize(
    "defect",
    [
        "from openprotect.config import database\ndef view(request):\n    database.migrate(urls)",
        "from openprotect.config import database as databases\nrun = databases.create",
        "def view(request):\n    from openprotect.config.database import create as made\n    made(urls)",
        "import openprotect.config.database\nopenprotect.config.database.drop(urls)",
    ],
)
def test_a_place_that_connects_with_it_is_found(defect: str) -> None:
    as_owner = {"create", "migrate", "drop"}
    for name in ("openprotect/web/x.py", "openprotect/cli/session.py", "openprotect/cli/database.py"):
        assert list(calls(ast.parse(defect), name, as_owner)) != []


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(tree: ast.AST, file: str) -> Iterator[str]:
    """Where the owner's address or role is read: an attribute of addresses, or its name in the environment."""
    sentences = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, SENTENCES) and says(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("owner", "owner_role") and of_addresses(node.value):
            yield f"{file}:{node.lineno} {ast.unparse(node)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and of_addresses(node.args[0]):
            yield f"{file}:{node.lineno} {ast.unparse(node)}"
        if isinstance(node, ast.Constant) and "DATABASE_OWNER_URL" in str(node.value) and id(node) not in sentences:
            yield f"{file}:{node.lineno} {node.value}"


def says(node: ast.AST) -> bool:
    return ast.get_docstring(node) is not None


def of_addresses(node: ast.expr) -> bool:
    last = node.func if isinstance(node, ast.Call) else node
    word = last.attr if isinstance(last, ast.Attribute) else last.id if isinstance(last, ast.Name) else ""
    return word.lower().endswith("urls") or word in ("template", "addresses")


def connects_as_owner(tree: ast.Module) -> set[str]:
    """The functions of this module that use the owner's address, or call one that does."""
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {
        name
        for name, node in bodies.items()
        if any(ast.unparse(n) == "urls.owner" for n in ast.walk(node) if isinstance(n, ast.expr))
    }
    while more := {
        name
        for name, node in bodies.items()
        if name not in found | WITHIN and found & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    }:
        found |= more
    return found


def calls(tree: ast.Module, file: str, as_owner: set[str]) -> Iterator[str]:
    """Where something that connects as the owner is named by whoever may not."""
    if file == DATABASE:
        return
    aliases, direct = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "openprotect.config":
            aliases |= {each.asname or each.name for each in node.names if each.name == "database"}
        if isinstance(node, ast.ImportFrom) and node.module == "openprotect.config.database":
            direct |= {each.asname or each.name: each.name for each in node.names if each.name in as_owner}
        if isinstance(node, ast.Import):
            aliases |= {each.asname or each.name for each in node.names if each.name == "openprotect.config.database"}
    allowed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in MAY_CALL.get(file, ())
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        through = isinstance(node, ast.Attribute) and node.attr in as_owner and ast.unparse(node.value) in aliases
        by_name = isinstance(node, ast.Name) and node.id in direct
        if (through or by_name) and id(node) not in allowed:
            yield f"{file}:{node.lineno} {ast.unparse(node)}"
