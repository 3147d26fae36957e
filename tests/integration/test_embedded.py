"""The embedded PostgreSQL: as root and as an ordinary user, after a crash, with two users, and gone afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from openprotect.config.database_urls import Urls, parts
from openprotect.config.embedded import Cluster
from openprotect.config.postgres_user import enterable

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "postgres", throwaway=True)
    yield cluster
    cluster.stop()


def says(urls: Urls, question: str) -> object:
    with psycopg.connect(urls.named("postgres").app) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def postmaster(urls: Urls) -> int:
    """The parent of whoever answers us."""
    with psycopg.connect(urls.named("postgres").app) as connection:
        backend = str(connection.info.backend_pid)
        return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", backend], text=True))


def runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_it_starts_with_two_weak_roles_and_leaves_nothing(cluster: Cluster) -> None:
    urls = cluster.start()
    pid = postmaster(urls)
    socket = Path(str(parts(urls.app)["host"]))
    rights = "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole) FROM pg_roles WHERE rolname LIKE 'openprotect%'"
    assert says(urls, rights) is False
    assert says(urls, "SHOW server_encoding") == "UTF8"
    assert says(urls, "SELECT lower('ÉŁ')") == "éł"
    assert says(urls, "SHOW listen_addresses") == ""
    assert socket.stat().st_mode & 0o077 == 0
    assert (cluster.folder / "cluster.json").stat().st_mode & 0o077 == 0
    cluster.stop()
    assert not runs(pid)
    assert not cluster.folder.exists()
    assert not socket.exists()


def test_after_a_kill_it_starts_again_with_what_was_committed(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "postgres")
    try:
        urls = cluster.start().named("postgres")
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            owner.execute("CREATE DATABASE kept")
        os.kill(postmaster(urls), signal.SIGKILL)
        again = Cluster(tmp_path / "postgres")
        assert says(again.start(), "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
        again.stop()
    finally:
        cluster.stop()


def test_a_pid_file_that_names_another_program_does_not_keep_it_down(tmp_path: Path) -> None:
    first = Cluster(tmp_path / "postgres")
    pid = postmaster(first.start())
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.3)
    left = [path for path in _everywhere(first.folder) if path.name == "postmaster.pid"]
    (pid_file,) = [path for path in left if path.read_text().split()[:1] == [str(pid)]]  # others run their own
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    second = Cluster(tmp_path / "postgres")
    try:
        assert says(second.start(), "SELECT 1") == 1
    finally:
        second.stop()
        first.stop()


def test_the_last_to_leave_stops_it(tmp_path: Path) -> None:
    first, second = Cluster(tmp_path / "postgres"), Cluster(tmp_path / "postgres")
    urls = first.start()
    assert second.start() == urls
    pid = postmaster(urls)
    first.stop()
    assert says(urls, "SELECT 1") == 1
    second.stop()
    assert not runs(pid)


def test_many_may_start_it_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from openprotect.config.embedded import Cluster\n"
        "with Cluster(Path(sys.argv[1])) as urls: print(urls.app); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "postgres")]
    started = [
        subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert len({process.stdout.readline() for process in started}) == 1
    for process in started:
        process.communicate()
    assert [process.returncode for process in started] == [0, 0, 0]


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    with Cluster(tmp_path / ("long" * 25) / ("longer" * 20), throwaway=True) as urls:
        assert says(urls, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as somebody else")
def test_an_ordinary_user_starts_it_as_themselves() -> None:
    pythons = [Path(sys.executable).resolve(), Path(f"/usr/bin/python3.{sys.version_info.minor}")]
    usable = [python for python in pythons if python.exists() and enterable(python.parent)]
    if not usable or not enterable(REPOSITORY):
        pytest.skip("another user may not run this Python or read the repository")
    home = Path(tempfile.mkdtemp(prefix="op-nobody-", dir="/tmp"))
    shutil.chown(home, "nobody")
    script = (
        "import sys, psycopg; from pathlib import Path; from openprotect.config.embedded import Cluster\n"
        "with Cluster(Path(sys.argv[1]), throwaway=True) as urls:\n"
        "    with psycopg.connect(urls.named('postgres').app) as c: print(c.execute('SELECT 1').fetchone()[0])"
    )
    packages = Path(psycopg.__file__).parents[1]
    try:
        done = subprocess.run(
            [usable[0], "-c", script, home / "postgres"],
            cwd="/tmp",
            env={"HOME": str(home), "PYTHONPATH": f"{REPOSITORY}:{packages}", "PATH": os.environ["PATH"]},
            user="nobody",
            group="nogroup",
            extra_groups=[],
            umask=0o077,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("1\n", "")
        assert not (home / "postgres").exists()
    finally:
        shutil.rmtree(home)


def _everywhere(folder: Path) -> Iterator[Path]:
    yield from folder.rglob("*")
    if os.geteuid() == 0:
        yield from Path("/var/lib/openprotect").glob("cluster-*/data/postmaster.pid")
