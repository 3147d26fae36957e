"""What import-linter does not see: tables, migrations, events, SQL, names, sizes, addresses."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from openprotect.config.database_urls import Urls
from openprotect.journey import flow

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "openprotect"
# From the lowest up. What is above may point down; never the other way.
LAYERS = (
    "governance", "people", "programmes",
    "identify", "contact", "check_in", "triage", "act", "learn",
    "outbox", "config",
)  # fmt: skip
STAGES = LAYERS[3:9]
LONGEST = 400
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "core", "base", "misc", "manager", "handler"}
# SQL that is put together in Python, with the reason why that is safe.
COMPOSED_SQL = {
    "openprotect/governance/row_security.py": "policies from constants of ours, in migrations",
    "openprotect/people/spool.py": "DuckDB in process: columns of ours, quoted paths, compiled expressions",
    "openprotect/people/partitions.py": "the same",
    "openprotect/people/leaving.py": "the same",
    "openprotect/interop/feeds/tabular.py": "the same: columns are those of the format",
    "openprotect/interop/feeds/fhir.py": "the same",
}
SQL_BEGINS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|SET|COPY|TRUNCATE) ")
REGISTRIES = re.compile(
    r"https?://[^\s\"')]*(pypi|pythonhosted|npmjs|registry|mirror|artifactory|nexus)[^\s\"')]*", re.I
)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_app_of_ours_stands_in_a_layer() -> None:
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("openprotect.")}
    assert ours == set(LAYERS)


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for label in LAYERS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and rank(field.related_model._meta.app_label) > rank(label)
    ]
    assert upward == []


def test_migrations_depend_downwards() -> None:
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    upward = [
        f"{label}.{name} -> {needed}"
        for (label, name), migration in migrations.items()
        if label in LAYERS
        for needed, _ in migration.dependencies
        if rank(needed) > rank(label)
    ]
    assert upward == []


def rank(label: str) -> int:
    """The height of an app; other people's lie below all of ours."""
    return LAYERS.index(label) if label in LAYERS else -1


def test_every_event_stands_in_the_flow_once() -> None:
    assert {event.__qualname__ for event in events()} == {event.__qualname__ for event in flow.FLOW}
    (table,) = (
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(flow)))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "FLOW"
    )
    assert isinstance(table, ast.Dict)
    written = [ast.unparse(key) for key in table.keys if key is not None]
    assert sorted(written) == sorted(set(written))


def test_nobody_but_the_flow_knows_all_stages() -> None:
    knows = {
        name_of(path)
        for path in modules()
        if "cli" not in path.parts
        and all(f"journey.{stage}" in path.read_text(encoding="utf-8") for stage in STAGES)
        and "INSTALLED_APPS" not in path.read_text(encoding="utf-8")
    }
    assert knows == {"openprotect/journey/flow.py"}


def events() -> Iterator[type]:
    """Every event class of every stage, of people and of governance."""
    for package in (
        "openprotect.governance",
        "openprotect.people",
        *(f"openprotect.journey.{stage}" for stage in STAGES),
    ):
        module = importlib.import_module(f"{package}.events")
        for _, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ == module.__name__:
                yield found


def test_sql_is_never_put_together_from_values() -> None:
    composed = {}
    for path in modules():
        for line, text in composed_sql(ast.parse(path.read_text(encoding="utf-8"))):
            if name_of(path) not in COMPOSED_SQL:
                composed[f"{name_of(path)}:{line}"] = text
    assert composed == {}


def composed_sql(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """f-strings, `%` and `.format` on a text that begins as SQL does, and `sql.SQL` of anything but a text."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if SQL_BEGINS.match(text):
                yield node.lineno, ast.unparse(node)
            case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()) if SQL_BEGINS.match(text):
                yield node.lineno, ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
                if SQL_BEGINS.match(text):
                    yield node.lineno, ast.unparse(node)
            case ast.Call(func=ast.Attribute(attr="SQL"), args=[ast.JoinedStr()]):
                yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize(
    "source",
    [
        "cursor.execute(f'SELECT 1 FROM {table}')",
        "cursor.execute('DELETE FROM people WHERE id = %s' % person)",
        "cursor.execute('SELECT {}'.format(column))",
        "sql.SQL(f'{table}')",
    ],
)
def test_composed_sql_is_noticed(source: str) -> None:
    assert list(composed_sql(ast.parse(source)))


def test_decisions_are_given_the_time() -> None:
    decides = [path for path in modules() if path.stem in ("rules", "door", "facts", "definitions")]
    assert decides
    asked = [f"{name_of(path)}:{line}" for path in decides for line in asks_the_clock(path.read_text(encoding="utf-8"))]
    assert asked == []


def asks_the_clock(source: str) -> list[int]:
    """Lines that ask for the time of day or the day."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "localdate", "today")
        and ast.unparse(node.func.value).split(".")[0] in ("datetime", "date", "timezone", "clock", "time")
    ]


def test_asking_the_clock_is_noticed() -> None:
    assert asks_the_clock("from datetime import datetime\nlate = datetime.now() > due") == [2]


def test_no_file_is_too_long_to_read() -> None:
    sources = [*modules(), *(ROOT / "tests").rglob("*.py")]
    longer = {name_of(path): lines for path in sources if (lines := length(path)) > LONGEST}
    assert longer == {}


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_module_says_by_its_name_what_is_in_it() -> None:
    named = {part for path in modules() for part in (*path.relative_to(PACKAGE).parent.parts, path.stem)}
    assert named.isdisjoint(NAMES_THAT_SAY_NOTHING)


def test_no_registry_is_named_in_any_file() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout: which files are tracked is not known")
    named = {}
    for name in tracked.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and "static" not in path.parts:
            found = REGISTRIES.search(path.read_text(encoding="utf-8", errors="ignore"))
            if found and name != name_of(Path(__file__)):
                named[name] = found[0]
    assert named == {}


def test_the_web_server_loads_nothing_that_reads_records(module_db: Urls) -> None:
    """It asks and shows; DuckDB, ibis, Arrow and pandas would be half of its start, in each of its processes."""
    script = (
        "import sys, openprotect.config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        "print(sorted({'duckdb', 'ibis', 'pandas', 'pyarrow'} & sys.modules.keys()), len(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("[] ")
