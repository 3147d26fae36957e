"""Keeps the demo's processes running, and stops every one of them at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException

from openprotect.lib.errors import Refusal

HOST = "127.0.0.1"
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds before one that died is started again
SETTLED = 60.0  # seconds after which it counts as well again
SLOWEST_START = 60.0  # seconds until the web server that does not answer is spoken of
GRACE = 10.0  # seconds to finish what it is doing
LOOK = 0.2


class PortIsBusy(Refusal):
    """Something else is using port {port}: stop it, or choose another with PORT=."""


def require_free(port: int) -> None:
    """Raises PortIsBusy. To be asked before the long work, not after it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise PortIsBusy(port=port) from None


def web_server(port: int) -> list[str]:
    return [
        *(
            sys.executable,
            "-m",
            "granian",
            "openprotect.config.wsgi:application",
            "--interface",
            "wsgi",
        ),
        *("--host", HOST, "--port", str(port), "--workers", "2", "--blocking-threads", "2"),
        *("--respawn-failed-workers", "--no-access-log", "--log-level", "warning"),
    ]


def worker() -> list[str]:
    return [sys.executable, "-c", "from openprotect.cli import main; main(['worker'])"]


def serve(*, port: int, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Serves until interrupted. Whatever ends it, no process it started is left.

    Even SIGKILL: see `bound.py`. An embedded PostgreSQL survives that; the next start finds it.
    """
    supervise(
        {"web server": web_server(port), "worker": worker()},
        environ=environ,
        say=say,
        started=lambda runs: _tell_when_up(port, say, runs),
    )


def supervise(
    commands: Mapping[str, Sequence[str]],
    *,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    started: Callable[[Callable[[], bool]], None] = lambda runs: None,
    first_wait: float = FIRST_WAIT,
) -> None:
    """Runs the commands until interrupted; one that dies is started again, later each time, and that is said.

    The first has the machine for itself until `started` returns: somebody waits for it. `started` is given what
    says whether it still runs.
    """
    children = [_Child(name, command, environ, first_wait) for name, command in commands.items()]
    try:
        children[0].start()
        started(children[0].runs)
        for child in children[1:]:
            child.start()
        while True:
            for child in children:
                child.look_after(say)
            time.sleep(LOOK)
    finally:
        _stop(children)


class _Child:
    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], first_wait: float) -> None:
        self.name, self.command, self.environ = name, command, environ
        self.first_wait = self.wait = first_wait
        self.process: subprocess.Popen[bytes] | None = None
        self.since = self.due = 0.0

    def start(self) -> None:
        # A group of its own: Ctrl-C reaches us alone, and a signal to the group reaches what it started, too.
        bound = [sys.executable, "-m", "openprotect.demo.bound", str(os.getpid()), *self.command]
        self.process = subprocess.Popen(bound, env=dict(self.environ), start_new_session=True)
        self.since, self.due = time.monotonic(), 0.0

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.process is None or self.process.poll() is None:
            return
        if self.due:
            if now >= self.due:
                self.start()
            return
        self.signal(signal.SIGKILL)  # what it started may have outlived it
        self.wait = self.first_wait if now - self.since > SETTLED else self.wait
        say(f"The {self.name} stopped (exit code {self.process.returncode}); it starts again in {self.wait:g} s.")
        self.due, self.wait = now + self.wait, min(self.wait * 2, LONGEST_WAIT)

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def _stop(children: Sequence[_Child]) -> None:
    for child in children:
        child.signal(signal.SIGTERM)
    until = time.monotonic() + GRACE
    for child in children:
        if child.process is not None:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def _tell_when_up(port: int, say: Callable[[str], None], runs: Callable[[], bool]) -> None:
    until = time.monotonic() + SLOWEST_START
    while runs() and (left := until - time.monotonic()) > 0:
        with suppress(OSError, HTTPException):
            with closing(HTTPConnection(HOST, port, timeout=left)) as asked:  # it listens before it can answer
                asked.request("GET", "/healthz")
                asked.getresponse()
            say(f"OpenProtect's demo is at http://{HOST}:{port} and Ctrl-C stops it. Synthetic: not for care.")
            return
        time.sleep(LOOK)
    say(f"The web server does not answer on http://{HOST}:{port} yet; it is tried again and again.")
