"""Django and a database for the length of one command."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openprotect.config import database, environment
from openprotect.config.database_urls import Urls
from openprotect.lib.errors import Refusal


class NotInLiveMode(Refusal):
    """OPENPROTECT_MODE is live, and a demo is never made there: unset it, or set it to demo."""


class DemoInLiveMode(Refusal):
    """This database was marked as a demo when it was created, and OPENPROTECT_MODE is live: make
    another database for live use.
    """


@contextmanager
def ready(*, demo: bool = False, throwaway: bool = False, change: bool = True) -> Iterator[Urls]:
    """Makes Django and a migrated database available, and ends what it started.

    Without addresses in the settings the embedded database is used, which is
    always a demo. `demo` refuses a database that is not marked as one;
    `throwaway` uses a new database that is gone afterwards; without `change`
    no table is made or migrated.
    """
    mode = os.environ.get("OPENPROTECT_MODE", "").strip()
    if demo and mode == "live":
        raise NotInLiveMode
    os.environ["OPENPROTECT_MODE"] = mode or _mode(demo=demo or throwaway)
    with _files(throwaway=throwaway), database.for_this_process(throwaway=throwaway) as urls:
        if mode == "live" and database.demo_mark(urls):
            raise DemoInLiveMode
        _set_up(urls)
        if change:
            _bring_up(urls, demo=demo)
        try:
            yield urls
        finally:
            _close()


def has_database() -> bool:
    """Whether the settings name a database, or the embedded one was made before."""
    settings = environment.read(os.environ, home=Path.home())
    return settings.urls is not None or (settings.data / "postgres").is_dir()


@contextmanager
def _files(*, throwaway: bool) -> Iterator[None]:
    """What is thrown away leaves no files, either: it gets a folder of its own for as long as it lasts."""
    if not throwaway:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="openprotect-data-") as folder:
        os.environ["OPENPROTECT_DATA"] = folder
        yield


def _bring_up(urls: Urls, *, demo: bool) -> None:
    database.make(urls)
    if demo or database.is_new(urls):
        database.create(urls, demo=os.environ["OPENPROTECT_MODE"] != "live")
    elif database.is_behind(urls):
        database.migrate(urls)


def _mode(*, demo: bool) -> str:
    """Where no mode is set, a database that is marked as a demo is one, and one that is given is live otherwise."""
    settings = environment.addresses(os.environ)
    if demo or settings is None or database.demo_mark(settings):
        return "demo"
    return "live"


def _set_up(urls: Urls) -> None:
    """Also for the processes started from this one, which inherit the environment."""
    import django

    os.environ.update(
        DATABASE_URL=urls.app, DATABASE_OWNER_URL=urls.owner, DJANGO_SETTINGS_MODULE="openprotect.config.settings"
    )
    django.setup()


def _close() -> None:
    from django.db import connections

    connections.close_all()
