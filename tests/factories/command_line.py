"""The `openprotect` command as somebody types it: another process, on a data folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds, after which a command hangs: its test then fails instead of all of them waiting


@dataclass(frozen=True)
class Installation:
    """OpenProtect with this data folder, on the database that the environment names."""

    data: Path

    def run(self, *arguments: object) -> str:
        """What a command prints; fails with what it says if it fails."""
        return self._right(*arguments).stdout

    def notes(self, *arguments: object) -> str:
        """What a command says beside what it prints."""
        return self._right(*arguments).stderr

    def _right(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        done = self._done(*arguments)
        assert done.returncode == 0, done.stderr
        return done

    def refused(self, *arguments: object) -> str:
        """What a command says that is refused; fails if it is done, or fails otherwise."""
        done = self._done(*arguments)
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr

    def _done(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from openprotect.cli import main; main()", *map(str, arguments)]
        environment = {**os.environ, "OPENPROTECT_DATA": str(self.data)}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    def last_line(self, *arguments: object) -> Any:
        """The JSON on the last line that a command prints."""
        return json.loads(self.run(*arguments).splitlines()[-1])
