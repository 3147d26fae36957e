"""The anchor: one JSON line for each time the head was written down outside the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sealing import CannotBeJudged


@dataclass(frozen=True)
class Anchor:
    """The head as it was written down outside the database.

    `restored` says that a person let the service go on with an older copy of the database, which agrees
    with the anchors before it up to this position: those beyond it no longer count.
    """

    position: int
    head: bytes
    at: str
    line: int
    restored: int | None = None


@dataclass(frozen=True)
class Torn:
    """A line that stopped while it was written; the service ended it before it wrote the next."""

    line: int


def anchor_line(*, at: str, installation: str, position: int, head: str, restored: int | None = None) -> str:
    """One line of the anchor, with its line end."""
    line: dict[str, Any] = {"at": at, "installation": installation, "position": position, "head": head}
    if restored is not None:
        line["restored"] = restored
    return json.dumps(line, separators=(",", ":")) + "\n"


def anchors_in(path: Path, installation: str) -> Iterator[Anchor | Torn]:
    """The anchors of an installation, as they were written, and what was torn. Raises CannotBeJudged."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if not text.endswith("\n"):
                    return  # torn off while it was written: the next one begins a line of its own
                if text.strip() and (anchor := _anchor(text, number, installation, path)):
                    yield anchor
    except (OSError, UnicodeDecodeError) as error:
        raise CannotBeJudged(f"The anchor {path} cannot be read: {error}.") from error


def last_anchor_in(path: Path, installation: str) -> Anchor | None:
    """The anchor of an installation that was written last: sought in the end of the file first."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 65_536))
        lines = file.read().split(b"\n")
    for text in reversed(lines[1:-1]):  # the first may be the end of a line, the last a torn one
        if not text.strip():
            continue
        anchor = _anchor(text.decode(errors="replace"), 0, installation, path)
        if isinstance(anchor, Anchor):
            return anchor
    found: Anchor | None = None
    for anchor in anchors_in(path, installation):
        found = anchor if isinstance(anchor, Anchor) else found
    return found


def _anchor(text: str, number: int, installation: str, path: Path) -> Anchor | Torn | None:
    line = text.strip()
    if _BEGINS.startswith(line[: len(_BEGINS)]) and not line.endswith("}"):
        return Torn(number)
    try:
        read = json.loads(text)
        if not isinstance(read, dict) or read["installation"] != installation:
            return None
        head = bytes.fromhex(read["head"])
        restored = read.get("restored")
        return Anchor(int(read["position"]), head, str(read["at"]), number, None if restored is None else int(restored))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise CannotBeJudged(f"The anchor {path} cannot be read: line {number} is no anchor.") from None


_BEGINS = '{"at":"'


def in_force(anchors: Iterable[Anchor | Torn]) -> tuple[list[Anchor], list[Anchor]]:
    """The anchors that the trail has to agree with, by position, and those that said it was restored."""
    held: list[Anchor] = []
    restored = []
    for anchor in anchors:
        if isinstance(anchor, Torn):
            continue
        if anchor.restored is not None:
            restored.append(anchor)
            held = [each for each in held if each.position <= anchor.restored]
        if not held or (held[-1].position, held[-1].head) != (anchor.position, anchor.head):
            held.append(anchor)
    held.sort(key=lambda anchor: anchor.position)
    return held, restored
