"""People answer at the same time: the crowd of a demo is played by several processes.

Who answers when does not depend on who plays them (`behaviour.py`), so the number of processes
changes nothing but the time it takes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

PLAYERS = 2

_living: Any = None


@contextmanager
def crowd(make: Callable[..., Any], **arguments: object) -> Iterator[Callable[[datetime], None]]:
    """A function that lets everybody answer who would have answered by then.

    Each process makes its own `Living` with `make(**arguments)`. They are started afresh, not
    forked: threads and connections of this process must not be copied into them.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PLAYERS, mp_context=context, initializer=_begin, initargs=(make, arguments)) as players:

        def answer(now: datetime) -> None:
            # A share is a task, whichever process takes it.
            for _ in players.map(_answer, [(now, share) for share in range(PLAYERS)]):
                pass

        yield answer


def _begin(make: Callable[..., Any], arguments: dict[str, object]) -> None:
    import django

    django.setup()
    global _living
    _living = make(**arguments)
    let_commits_wait()


def _answer(task: tuple[datetime, int]) -> None:
    now, share = task
    _living.answer(now, share=share, shares=PLAYERS)


def let_commits_wait() -> None:
    """Made-up history is worth no waiting for the disk: what a crash takes is lived again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
