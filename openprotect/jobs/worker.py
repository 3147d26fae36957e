"""The worker: jobs as they come, the sweeper, and the timetable."""

from __future__ import annotations

import signal
import threading
import time

from django.db import close_old_connections, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from openprotect.governance import clock
from openprotect.jobs import steps, sweeper, trail

SWEEP_EVERY = 5.0  # seconds


def run() -> None:
    """Work until SIGTERM, Ctrl-C or a closed terminal: a sweep every few seconds, jobs in between.

    What one round could not do is logged and tried again in the next: the rows that are due
    stand in their tables until it is done. Raises AnchorCannotBeWritten before anything is done.
    """
    trail.check_anchor()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup does
            signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        began = time.monotonic()
        close_old_connections()
        try:
            work_once()
        except ExceptionGroup:
            pass  # each has been logged
        except Exception as failure:
            steps.tell("round", failure)
        ended.wait(max(0.0, SWEEP_EVERY - (time.monotonic() - began)))


def work_once() -> int:
    """Do what is due now and the jobs that wait, and write the ledger of today.

    Returns how many messages left. What one step could not do keeps no other from being done; at
    the end raises all that went wrong, as one ExceptionGroup.
    """
    now = clock.now()
    with steps.independent() as round_:
        sent = round_.run("sweep", lambda: sweeper.sweep(now=now))
        round_.run("jobs", run_jobs)
        round_.run("record_day", lambda: sweeper.record_day(now=now))
        round_.run("mark_clock", lambda: clock.mark(now))
    return sent or 0


def run_jobs() -> None:
    """Do the jobs that wait in the queue, then come back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo')")
        if not cursor.fetchone()[0]:
            return
    # A pool opens four connections of its own accord; jobs here are done one after the other.
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1)
    with app.replace_connector(connector) as working:
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful")
