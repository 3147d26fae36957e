"""The names under which people stand in the population plane: keyed hashes of their source's own ids.

HMAC-SHA-256 with a key that is kept away from the records, cut to 96 bits. With the records
alone nobody finds a person again, and with the key alone neither.
"""

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

LENGTH = 24  # hexadecimal digits: of 60 million people, two are alike with a chance of 1 in 10 ** 13
_BLOCK = 64  # of SHA-256, in bytes


class Pseudonyms:
    """The pseudonyms of one dataset: the same person has another one in another dataset."""

    def __init__(self, key: bytes, dataset: str) -> None:
        self._key = hmac.digest(key, f"dataset {dataset}".encode(), "sha256")

    def of(self, source_id: str) -> str:
        """The pseudonym of one id."""
        return hmac.new(self._key, source_id.encode(), hashlib.sha256).hexdigest()[:LENGTH]

    @property
    def check(self) -> str:
        """Tells one key from another, and nothing else about it."""
        return self.of("\0which key is this?")

    def sql(self, column: str) -> str:
        """The same for a column of text, in DuckDB, whose `pads` are those of `pads`."""
        inner, outer = "(SELECT inner_pad FROM pads)", "(SELECT outer_pad FROM pads)"
        return f"left(sha256({outer} || unhex(sha256({inner} || encode({column})))), {LENGTH})"

    def pads(self) -> tuple[bytes, bytes]:
        """The key as HMAC mixes it into the inner and the outer hash."""
        key = self._key.ljust(_BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def kept_key(path: Path) -> bytes:
    """The key in a file that only its owner can read; made first where there is none."""
    with suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(secrets.token_urlsafe(48), file)
        try:
            os.link(draft, path)
        finally:
            draft.unlink()
    return str(json.loads(path.read_text(encoding="utf-8"))).encode()
