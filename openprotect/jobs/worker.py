"""The worker: jobs as they come, the sweeper, and the timetable."""

from __future__ import annotations

import signal
import threading
import time

import structlog
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from openprotect.governance import clock
from openprotect.jobs import sweeper

SWEEP_EVERY = 5.0  # seconds
log = structlog.get_logger(__name__)


def run() -> None:
    """Work until SIGTERM or Ctrl-C: a sweep every few seconds, jobs in between.

    What one round could not do is logged and tried again in the next: the rows that are due
    stand in their tables until it is done.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        began = time.monotonic()
        close_old_connections()
        try:
            work_once()
        except Exception:
            log.exception("round_failed")
        ended.wait(max(0.0, SWEEP_EVERY - (time.monotonic() - began)))


def work_once() -> int:
    """Do the jobs that wait and what is due now, and write the ledger of today.

    Returns how many messages left.
    """
    run_jobs()
    now = clock.now()
    sent = sweeper.sweep(now=now)
    sweeper.record_day(now=now)
    clock.mark(now)
    return sent


def run_jobs() -> None:
    """Do the jobs that wait in the queue, then come back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo')")
        if not cursor.fetchone()[0]:
            return
    connector = DjangoConnector().get_worker_connector()
    with app.replace_connector(connector) as working:
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful")
