"""One throw-away PostgreSQL for the whole run, migrated once; every test logs in as the application's role.

- `db` (pytest-django's): a transaction that is rolled back. What most tests want.
- `committed_db`: a fresh copy of the database, for tests that need commits,
  several connections or another process. Django's connection goes to it.
  pytest-django's `transactional_db` is not for us: it empties tables, which
  the application's role may not.
- `module_db`: the same once a module, for tests that only look.
- `chromium`: the browser's path; where there is none the test is skipped, or
  fails under CI=true.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import pytest
from pytest_django.plugin import DjangoDbBlocker

# Before Django reads them. Worker processes of one run inherit these.
if "OPENPROTECT_TEST_RUN" not in os.environ:
    os.environ["OPENPROTECT_TEST_RUN"] = f"openprotect_throwaway_{secrets.token_hex(6)}"
    os.environ["OPENPROTECT_DATA"] = tempfile.mkdtemp(prefix="openprotect-tests-")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if name in os.environ:
            os.environ[f"GIVEN_{name}"] = os.environ.pop(name)
os.environ["OPENPROTECT_MODE"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "openprotect.config.settings"

from openprotect.config import database, environment
from openprotect.config.database_urls import Urls
from openprotect.config.embedded import Cluster

RUN = os.environ["OPENPROTECT_TEST_RUN"]
FOLDER = Path(os.environ["OPENPROTECT_DATA"])
KINDS = ("unit", "property", "integration", "journeys", "spec", "contract", "browser", "architecture", "faults")


def _given() -> Urls | None:
    return environment.addresses({name.removeprefix("GIVEN_"): url for name, url in os.environ.items()})


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    for kind in KINDS:
        config.addinivalue_line("markers", f"{kind}: the tests in tests/{kind}")
    django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        kind = item.path.relative_to(here).parts[0]
        if kind in KINDS:
            item.add_marker(kind)
        if "module_db" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(here))))  # filled once, by one worker


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    given = _given()
    if given is not None:
        database.drop(given.named(RUN))
    shutil.rmtree(FOLDER, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    """A database can be copied only while nobody is connected to it."""
    with open(FOLDER / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(autouse=True)
def strangers_are_forgotten() -> None:
    """A test that is refused as nobody does not count for the next one."""
    from openprotect.web.strangers import STRANGERS

    STRANGERS.forget()


@pytest.fixture(scope="session")
def template(django_db_blocker: DjangoDbBlocker) -> Iterator[Urls]:
    """The migrated database of this run, which is only copied."""
    given = _given()
    cluster = Cluster(FOLDER / "cluster", throwaway=True)
    urls = (given or cluster.start()).named(RUN)
    try:
        with _alone(), django_db_blocker.unblock():
            if database.demo_mark(urls) is None:
                database.create(urls, demo=True)
        yield urls
    finally:
        cluster.stop()


@contextmanager
def _copy_of(template: Urls) -> Iterator[Urls]:
    with _alone():
        urls = database.clone(template, f"{RUN}_{secrets.token_hex(4)}")
    try:
        yield urls
    finally:
        database.drop(urls)


@pytest.fixture(scope="session")
def django_db_setup(template: Urls, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's, which would make tables as the role under test."""
    with _copy_of(template) as urls, django_db_blocker.unblock(), database.connected_to(urls.app):
        django_db_blocker.block()
        yield
        django_db_blocker.restore()


@contextmanager
def _committed(template: Urls, blocker: DjangoDbBlocker) -> Iterator[Urls]:
    with _copy_of(template) as urls, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", urls.app)
        patch.setenv("DATABASE_OWNER_URL", urls.owner)
        with blocker.unblock(), database.connected_to(urls.app):
            yield urls


@pytest.fixture
def committed_db(template: Urls, django_db_blocker: DjangoDbBlocker) -> Iterator[Urls]:
    """A fresh copy in which commits are real; its addresses are also set for processes that a test starts."""
    with _committed(template, django_db_blocker) as urls:
        yield urls


@pytest.fixture(scope="module")
def module_db(template: Urls, django_db_blocker: DjangoDbBlocker) -> Iterator[Urls]:
    """The same for all tests of a module, which only look at what its own fixture has put there."""
    with _committed(template, django_db_blocker) as urls:
        yield urls


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the machine's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is missing, and with CI=true that is a failure")
    if found is None:
        pytest.skip("Chromium is missing: install Debian's package chromium to run the browser tests")
    return found
