"""An own PostgreSQL where there is none: for trying out and for tests, not for live use.

It listens on a socket in a folder that only its user can enter, never on a
port: nothing on the machine or beside it can even knock, two of them never
fight for a port, and the roles still need their passwords. The socket's folder
is a fresh short one, because a socket's whole path must stay under 107 bytes.

PostgreSQL refuses to run as root, so root starts it as an own user (see
`postgres_user`). Whether it runs is asked of a connection, never of a pid:
after a `kill -9` the pid file is still there, and the pid may be somebody
else's by now. Several processes may use one cluster; the last to leave stops it. It survives
a user that is killed with SIGKILL, so that no write is cut short: the next
start finds it running and joins it, and its last user stops it.
"""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg
from psycopg import sql

from openprotect.config.database_urls import Urls, on_socket
from openprotect.config.keys import write_privately
from openprotect.config.postgres_binaries import Binaries, find
from openprotect.config.postgres_user import RunAs, run_as
from openprotect.lib.errors import Refusal

DATABASE = "openprotect"
SUPERUSER, OWNER, APP = "postgres", "openprotect_owner", "openprotect_app"
PATIENCE = 60.0  # seconds; a crashed cluster replays its log first

SMALL = {"max_connections": "60", "shared_buffers": "64MB", "max_wal_size": "512MB", "log_min_messages": "warning"} | {
    "autovacuum_naptime": "5s",  # tables of a demo grow from nothing within a minute, and are planned for as they are
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"} | {
    "max_wal_senders": "0",
}


class ClusterDidNotStart(Refusal):
    """The embedded PostgreSQL did not start. Its log is {log}, and ends: {end}"""


class Cluster:
    """One PostgreSQL in one folder; `start` gives the addresses, `stop` leaves it as it was found.

    A `throwaway` one trades safety against a power cut for speed, and is
    removed with its folder when the last process leaves it.
    """

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder
        self.throwaway = throwaway
        self._process: subprocess.Popen[bytes] | None = None
        self._used: IO[str] | None = None
        self._socket: Path | None = None

    @classmethod
    def temporary(cls) -> Self:
        """A throw-away cluster in a new temporary folder."""
        return cls(Path(tempfile.mkdtemp(prefix="openprotect-")), throwaway=True)

    def start(self) -> Urls:
        """Makes the cluster if there is none, starts it if it is not running, and joins its users."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = run_as(self.folder)
        with self._alone():
            try:
                state = self._running(user)
            except BaseException:  # Ctrl-C, too: nothing half started may stay
                self._give_up(user)
                raise
            self._used = open(self.folder / "users", "w")
            fcntl.flock(self._used, fcntl.LOCK_SH)
        return self._urls(state)

    def stop(self) -> None:
        """Leaves the cluster; the last to leave stops it."""
        if self._used is None:
            return
        with self._alone():
            self._used.close()
            self._used = None
            with open(self.folder / "users", "w") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._shut_down()
                if self.throwaway:
                    shutil.rmtree(self._data.parent, ignore_errors=True)
                    shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Urls:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _state(self) -> Path:
        return self.folder / "cluster.json"

    @property
    def _data(self) -> Path:
        return Path(self._read()["data"])

    def _read(self) -> dict[str, str]:
        state: dict[str, str] = json.loads(self._state.read_text())
        return state

    def _write(self, state: dict[str, str]) -> dict[str, str]:
        self._state.unlink(missing_ok=True)
        write_privately(self._state, json.dumps(state))
        return state

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops it; the lock goes when its holder does, however that ends."""
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _running(self, user: RunAs) -> dict[str, str]:
        if not self._state.exists():
            self._initialise(find(user), user)
        state = self._read()
        return state if self._answers(state) else self._launch(find(user), user, state)

    def _give_up(self, user: RunAs) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        if self._socket is not None:
            shutil.rmtree(self._socket, ignore_errors=True)
        if self.throwaway:
            shutil.rmtree(user.folder, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, binaries: Binaries, user: RunAs) -> None:
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
        data = user.folder / "data"
        if data.exists():  # a first start that was interrupted: nothing was ever kept in it
            shutil.rmtree(data)
        user.owns(data)
        with tempfile.TemporaryDirectory(dir=user.folder) as secret:
            os.chmod(secret, 0o711 if user.is_another else 0o700)
            pwfile = Path(secret) / "password"
            write_privately(pwfile, passwords[SUPERUSER])
            user.gets(pwfile)
            subprocess.run(
                [
                    binaries.path("initdb"),
                    *("--pgdata", str(data), "--username", SUPERUSER, "--pwfile", str(pwfile)),
                    *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync", *binaries.locale),
                ],
                check=True,
                capture_output=True,
                **user.popen,
            )
        state = self._launch(binaries, user, {"data": str(data), "new": "yes", **passwords})
        with psycopg.connect(self._address(state, SUPERUSER, "postgres"), autocommit=True) as connection:
            for role, can in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {} PASSWORD {}").format(
                        sql.Identifier(role), sql.SQL(can), sql.Literal(passwords[role])
                    )
                )
        state.pop("new")
        self._write(state)

    def _launch(self, binaries: Binaries, user: RunAs, state: dict[str, str]) -> dict[str, str]:
        data, log = Path(state["data"]), self.folder / "postgres.log"
        self._forget_another_pid(data)
        if "socket" in state:
            shutil.rmtree(state["socket"], ignore_errors=True)
        socket = Path(tempfile.mkdtemp(prefix="op-", dir="/tmp"))
        self._socket = socket
        user.gets(socket)
        state = state | {"socket": str(socket)}
        settings = SMALL | (HASTY if self.throwaway else {})
        command = [binaries.path("postgres"), "-D", str(data), "-c", "listen_addresses=", "-k", str(socket)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                with open(log, "ab") as out:
                    # A session of its own: Ctrl-C must reach us, and we then stop it in good order.
                    self._process = subprocess.Popen(
                        command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, **user.popen
                    )
            if self._answers(state):
                return state if "new" in state else self._write(state)
            # After a kill -9 its orphans still hold the shared memory for a moment, so it is tried again.
            time.sleep(0.02 if self._process.poll() is None else 0.2)
        end = log.read_text(errors="replace").strip().splitlines()[-1:] or ["(empty)"]
        raise ClusterDidNotStart(log=log, end=end[0])

    def _forget_another_pid(self, data: Path) -> None:
        """A pid file whose pid is by now another program would keep PostgreSQL from starting."""
        pid = _pid(data)
        if pid is not None and str(data) not in _command(pid):
            (data / "postmaster.pid").unlink()

    def _shut_down(self) -> None:
        state = self._read()
        pid = _pid(Path(state["data"])) if self._answers(state) else None
        if pid is not None:
            os.kill(pid, signal.SIGQUIT if self.throwaway else signal.SIGINT)
            until = time.monotonic() + PATIENCE
            # It removes its pid file last of all. The pid itself may stay for a while, until its parent asks for it.
            while time.monotonic() < until and _pid(Path(state["data"])) == pid and _runs(pid):
                time.sleep(0.01)
        if self._process is not None:
            self._process.wait()
            self._process = None
        shutil.rmtree(state["socket"], ignore_errors=True)

    def _answers(self, state: dict[str, str]) -> bool:
        if "socket" not in state:
            return False
        try:
            with psycopg.connect(self._address(state, SUPERUSER, "postgres"), connect_timeout=5) as connection:
                found = connection.execute("SHOW data_directory").fetchone()
            return found is not None and found[0] == state["data"]
        except psycopg.OperationalError:
            return False

    def _address(self, state: dict[str, str], role: str, database: str = DATABASE) -> str:
        return on_socket(user=role, password=state[role], folder=state["socket"], database=database)

    def _urls(self, state: dict[str, str]) -> Urls:
        return Urls(owner=self._address(state, OWNER), app=self._address(state, APP))


def _pid(data: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command(pid: int) -> str:
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
