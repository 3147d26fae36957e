"""The anchor: one JSON line for each time the head was written down outside the database.

A line of the file has the hash of the line before it, of the same installation, so that one that is missing is
found from the file alone. A line that was sent by e-mail stands by itself and has none, and so have lines from before
lines were tied to each other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from .sealing import Anchored, CannotBeJudged, Finding


@dataclass(frozen=True)
class Anchor:
    """The head as it was written down outside the database.

    `own` is the hash of its line, and `before` what it says of the line before; None where it says nothing.
    `restored` says that a person let the service go on with an older copy of the database, which agrees
    with the anchors before it up to this position: those beyond it no longer count.
    """

    position: int
    head: bytes
    at: str
    line: int
    restored: int | None = None
    before: str | None = None
    own: str = ""


@dataclass(frozen=True)
class Torn:
    """A line that stopped while it was written; the service ended it before it wrote the next."""

    line: int


def anchor_line(
    *,
    at: str,
    installation: str,
    position: int,
    head: str,
    restored: int | None = None,
    after: Anchor | Literal["nothing"] | None = None,
) -> str:
    """One line of the anchor, with its line end. `after` is the line before it; None for one that stands by itself."""
    line: dict[str, Any] = {"at": at, "installation": installation, "position": position, "head": head}
    if restored is not None:
        line["restored"] = restored
    if after is not None:
        line["before"] = after.own if isinstance(after, Anchor) else ""
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
        before = read.get("before")
        return Anchor(
            position=int(read["position"]),
            head=head,
            at=str(read["at"]),
            line=number,
            restored=None if restored is None else int(restored),
            before=None if before is None else str(before),
            own=hashlib.sha256(line.encode()).hexdigest()[:32],
        )
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


def missing(anchors: Iterable[Anchor | Torn], noted: Iterable[Anchored]) -> Iterator[Finding]:
    """What shows that lines were taken out of the anchor, or changed in it.

    Each line that is tied says which one it follows. And of each that the database has `noted` since they are
    tied there is one; a line that it has not noted is none too many: the service stopped between the two.
    """
    whole = [each for each in anchors if isinstance(each, Anchor)]
    last: Anchor | None = None
    tied_since = ""
    for each in whole:
        if each.before is None and tied_since:
            yield Finding("anchor", "is not tied to the line before it, as those before are", line=each.line)
        elif each.before is not None and each.before != (last.own if last else ""):
            yield Finding("anchor", "a line that stood before this one is missing or was changed", line=each.line)
        tied_since = tied_since or (each.at if each.before is not None else "")
        last = each
    if not tied_since:
        return
    there = Counter((_moment(each.at), each.position, each.head.hex()) for each in whole)
    since = _moment(tied_since)
    for row in noted:
        if since is not None and row.at >= since:
            there[row.at, row.position, row.head] -= 1
            if there[row.at, row.position, row.head] < 0:
                what = f"the line that was written on {row.at.isoformat()} is missing"
                yield Finding("anchor", what, position=row.position)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
