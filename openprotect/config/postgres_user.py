"""Who runs the embedded PostgreSQL: whoever starts it, or for root an own user without any rights."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openprotect.lib.errors import Refusal

NAME = "openprotect-postgres"
FOR_ROOT = Path("/var/lib/openprotect")


class NoUserForPostgres(Refusal):
    """PostgreSQL does not run as root and a user for it could not be made: start this as an ordinary user,
    or make a system user called {name}."""


@dataclass(frozen=True)
class RunAs:
    """`uid` and `gid` are None where PostgreSQL runs as the user who starts it. `folder` is where its data goes."""

    folder: Path
    uid: int | None = None
    gid: int | None = None

    @property
    def is_another(self) -> bool:
        return self.uid is not None

    @property
    def popen(self) -> dict[str, Any]:
        if self.uid is None:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def owns(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.gets(folder)

    def gets(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def run_as(folder: Path) -> RunAs:
    """For root, data goes below /var/lib unless the other user can reach the folder that was asked for."""
    if os.geteuid() != 0:
        return RunAs(folder)
    user = _user()
    if enterable(folder.parent):
        os.chmod(folder, 0o711)  # to be passed through, not listed; what is in it has its own rights
        return RunAs(folder, user.pw_uid, user.pw_gid)
    place = FOR_ROOT / f"cluster-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    os.chmod(FOR_ROOT, 0o755)
    return RunAs(place, user.pw_uid, user.pw_gid)


def enterable(folder: Path) -> bool:
    """Whether anybody may pass through the folder and every one above it."""
    real = folder.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (real, *real.parents))


def _user() -> pwd.struct_passwd:
    for attempt in ([], *_ways()):
        if attempt:
            subprocess.run(attempt, capture_output=True, check=False)
        try:
            return pwd.getpwnam(NAME)
        except KeyError:
            continue
    raise NoUserForPostgres(name=NAME)


def _ways() -> list[list[str]]:
    ways = [
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/", "--shell", "/bin/false", NAME],
        ["adduser", "-S", "-H", "-h", "/", "-s", "/bin/false", NAME],  # Alpine
    ]
    return [way for way in ways if shutil.which(way[0])]
