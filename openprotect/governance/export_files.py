"""Where exports lie until they are collected or expire: files that only the service's own account reads.

A file stands whole or not at all, and whatever was not the file that the row names is not handed out.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from django.conf import settings

_ABANDONED = 60 * 60  # seconds; a file of which no row speaks may still be that of a transaction that runs


def write(export: UUID, content: bytes) -> str:
    """Keep the content of an export; returns its SHA-256."""
    folder = _folder()
    beside = folder / f".{export}"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / str(export))
    return hashlib.sha256(content).hexdigest()


def read(export: UUID, sha256: str) -> bytes | None:
    """The content of an export, or None where it is gone or is not what was made."""
    try:
        content = (_folder() / str(export)).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def delete_all_but(kept: Collection[UUID], ended: Collection[UUID]) -> int:
    """Delete the files of exports that have ended, and abandoned ones; returns how many."""
    names, gone = {str(export) for export in kept}, {str(export) for export in ended}
    deleted = 0
    for path in _folder().iterdir():
        name = path.name.removeprefix(".")
        if name in names and not path.name.startswith("."):
            continue
        if name in gone or time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def lying() -> set[UUID]:
    """The exports of which a file lies here."""
    return {UUID(path.name.removeprefix(".")) for path in _folder().iterdir()}


def _folder() -> Path:
    folder: Path = settings.DATA / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
