"""Keys for a demo and for tests: made once, kept where only their owner can read them."""

import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def kept_or_made(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The keys kept in the folder; those that are not there yet are made and kept first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "keys.json"
    with suppress(FileExistsError):
        write_privately(path, json.dumps({name: secrets.token_urlsafe(48) for name in names}))
    return {str(name): str(key) for name, key in json.loads(path.read_text()).items()}


def write_privately(path: Path, text: str) -> None:
    """Writes a new file that only its owner can read, whole or not at all.

    Raises FileExistsError if it is there already: of two processes that start
    at once the second then reads what the first wrote.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
