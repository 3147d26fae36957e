"""The same seed lives the same days, in one go or after a crash, and everybody is counted every day."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from openprotect.config.database_urls import Urls
from openprotect.journey.learn.facts import STATES
from tests.factories.command_line import PATIENCE, ROOT, Installation

PEOPLE, DAYS, SEED, START = 300, 4, 7, date(2020, 3, 30)
OPTIONS = ("--people", PEOPLE, "--days", DAYS, "--seed", SEED, "--start", START)
# What the command does, on the database that the environment names instead of a throw-away one.
LIVE = f"""
import json
from datetime import date
from openprotect.cli.session import ready
with ready(demo=True):
    from openprotect.demo.life import live
    print(json.dumps(live(people={PEOPLE}, days={DAYS}, seed={SEED}, start=date{START.timetuple()[:3]})))
"""

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def ledger(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The ledger of a demo that nothing interrupted."""
    here = Installation(tmp_path_factory.mktemp("demo"))
    return here.last_line("demo", "--no-serve", "--json", *OPTIONS)


def test_everybody_is_in_one_state_on_every_day(ledger: Any) -> None:
    assert [day["date"] for day in ledger] == [(START + timedelta(days=n)).isoformat() for n in range(DAYS)]
    for day in ledger:
        assert day["states"].keys() == STATES.keys()
        assert sum(day["states"].values()) == day["listed"] > 0
        assert day["states"]["lost"] == 0
    assert ledger[-1]["states"]["answered"] > 0


def test_a_demo_that_is_killed_goes_on_where_it_was(ledger: Any, committed_db: Urls, tmp_path: Path) -> None:
    """On a database of its own, so that this is also the second time that the seed is lived."""
    kill_after_a_day(tmp_path)
    command = [sys.executable, "-c", LIVE]
    again = subprocess.run(command, env=environment(tmp_path), cwd=ROOT, capture_output=True, timeout=PATIENCE)
    assert again.returncode == 0, again.stderr.decode()
    assert json.loads(again.stdout.splitlines()[-1]) == ledger


def kill_after_a_day(data: Path) -> None:
    first_day = data / "demo" / "done" / START.isoformat()
    demo = subprocess.Popen(
        [sys.executable, "-c", LIVE], env=environment(data), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not first_day.exists():
            assert demo.poll() is None, "it ended before its first day did"
            time.sleep(0.01)
        time.sleep(0.2)  # into the second day, wherever that finds it
    finally:
        os.killpg(demo.pid, signal.SIGKILL)
        demo.wait()
    assert not (data / "demo" / "done" / (START + timedelta(days=DAYS - 1)).isoformat()).exists()


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "OPENPROTECT_DATA": str(data)}
