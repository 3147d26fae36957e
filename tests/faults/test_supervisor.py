"""The demo's supervisor: a child that dies comes back, and nothing is left at the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openprotect.demo.serve import PortIsBusy, require_free

SUPERVISOR = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may do so by nohup
from openprotect.cli.edge import listen
listen()
from openprotect.demo.serve import supervise
child = "import os, subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); " \
        "open(sys.argv[1], 'a').write(f'{os.getpid()} {p.pid}\\\\n'); time.sleep(600)"
supervise({"child": [sys.executable, "-c", child, sys.argv[1]], "other": [sys.executable, "-c", child, sys.argv[2]]},
          environ=os.environ, say=lambda line: print(line, flush=True), first_wait=0.1,
          started=lambda runs: print("The first alone:", runs(), not os.path.exists(sys.argv[2]), flush=True))
"""


def lines_of(path: Path, count: int) -> list[list[int]]:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return [[int(pid) for pid in line.split()] for line in lines]
        time.sleep(0.05)
    raise AssertionError(f"only {lines} after 20 s")


def runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_that_dies_comes_back_and_none_is_left(number: signal.Signals, tmp_path: Path) -> None:
    record = tmp_path / "pids"
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(record), str(tmp_path / "other")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    ((first, grandchild),) = lines_of(record, 1)
    (others,) = lines_of(tmp_path / "other", 1)
    os.kill(first, signal.SIGKILL)
    _, second = lines_of(record, 2)
    assert not runs(grandchild)
    supervisor.send_signal(number)
    said, _ = supervisor.communicate(timeout=20)
    assert "The first alone: True True" in said
    assert "The child stopped (exit code -9); it starts again in 0.1 s." in said
    assert [pid for pid in (first, grandchild, *second, *others) if runs(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
def test_a_supervisor_that_is_killed_leaves_none_either(tmp_path: Path) -> None:
    record = tmp_path / "pids"
    other = tmp_path / "other"
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(record), str(other)])
    ((child, grandchild),) = lines_of(record, 1)
    ((_, another),) = lines_of(other, 1)
    supervisor.kill()
    supervisor.wait()
    try:
        until = time.monotonic() + 10
        while runs(child) and time.monotonic() < until:
            time.sleep(0.05)
        assert not runs(child)
    finally:
        os.kill(another, signal.SIGKILL)
        os.kill(grandchild, signal.SIGKILL)  # this child does not stop what it started, as granian does


def test_what_nohup_started_stays_when_the_terminal_closes() -> None:
    script = (
        "import signal, os; signal.signal(signal.SIGHUP, signal.SIG_IGN); from openprotect.cli.edge import listen;"
        "listen(); os.kill(os.getpid(), signal.SIGHUP); print('still here')"
    )
    left = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (left.returncode, left.stdout) == (0, "still here\n")


def test_a_busy_port_gets_a_sentence() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortIsBusy, match="choose another with PORT="):
            require_free(taken.getsockname()[1])
