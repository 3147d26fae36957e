"""The crowd of a demo is played by several processes at the same time.

Who does what when does not depend on who plays them (`behaviour.py`), so the number of
processes changes nothing but the time it takes. What one kind of people does in an hour is
done before the next kind begins.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any

PLAYERS = 2

_make: Callable[[], Any]


@contextmanager
def crowd(make: Callable[..., Any], **arguments: object) -> Iterator[Callable[[str, datetime], None]]:
    """A function that lets everybody do something (`answer`, `ring`, `work`) in one hour.

    Each process makes its own `Living` with `make(**arguments)` and plays its share of the
    people. They are started at once and made ready when first asked, so that the population
    may be made meanwhile; started afresh, not forked: threads and connections of this process
    must not be copied into them.
    """
    context = multiprocessing.get_context("spawn")
    with ExitStack() as players:
        crowd = [
            players.enter_context(
                ProcessPoolExecutor(
                    1,
                    mp_context=context,
                    initializer=_begin,
                    initargs=(make, {**arguments, "share": share, "shares": PLAYERS}),
                )
            )
            for share in range(PLAYERS)
        ]

        for player in crowd:
            player.submit(_ready)

        def play(what: str, now: datetime) -> None:
            for done in [player.submit(_play, what, now) for player in crowd]:
                done.result()

        yield play


def _begin(make: Callable[..., Any], arguments: dict[str, object]) -> None:
    import django

    # Ctrl-C goes to the whole group: the process that started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    django.setup()
    import_module("openprotect.demo.living")  # the slow part of being ready
    global _make
    _make = partial(make, **arguments)


def _ready() -> None:
    """Asked of a player only so that it is started."""


def _end_with(parent: int) -> None:
    """Whoever started us may be killed before it can say goodbye."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _play(what: str, now: datetime) -> None:
    getattr(_player(), what)(now)


@cache
def _player() -> Any:
    living = _make()
    hurry()
    return living


def hurry() -> None:
    """Made-up history is worth no waiting for the disk: what a crash takes is lived again.

    Nor is a plan made anew for each of thousands of answers that are written alike, or garbage
    looked for among what is there now and stays to the end.
    """
    from django.db import connection

    gc.collect()
    gc.freeze()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET plan_cache_mode = force_generic_plan")
