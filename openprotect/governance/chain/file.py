"""A file as the source of a trail: JSON lines, each exactly as it would be written again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .sealing import EVENT, NEWEST, Anchored, CannotBeJudged, Checkpoint, Sealed, Source, Text, Unreadable, Unsealed

# Whatever a line may make of its reader: numbers that are none, and brackets without an end.
_NOT_AS_WRITTEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def export(source: Source, write: Callable[[str], object]) -> int:
    """Write a trail as JSON lines: a head, each seal with its event, each event without a seal, an end."""
    cut = source.checkpoint
    head = {
        "openprotect_audit": NEWEST,
        "installation": source.installation,
        "checkpoint": {"position": cut.position, "chain_hash": cut.chain_hash.hex()} if cut else None,
    }
    write(_line(head))
    written = 0
    for row in source.seals():
        assert isinstance(row, Sealed)
        write(_line(_seal_values(row)))
        written += 1
    waiting = 0
    for one in source.unsealed():
        assert isinstance(one, Unsealed)
        write(_line({"event_id": one.event_id, "waiting": one.waiting, "event": _event_values(one.event)}))
        waiting += 1
    write(_line({"end": True, "sealed": written, "unsealed": waiting}))
    return written


class File:
    """The trail of a file that was exported."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rest: list[tuple[int, dict[str, Any]]] = []
        self.ended = False
        try:
            self.lines = enumerate(path.open("rb"), 1)
            _, first = next(self.lines, (1, b""))
            head = _read(first)
            cut = head["checkpoint"]
            if (
                head.keys() != {"openprotect_audit", "installation", "checkpoint"}
                or head["openprotect_audit"] != NEWEST
            ):
                raise ValueError
            self.installation = str(head["installation"])
            self.checkpoint = Checkpoint(int(cut["position"]), bytes.fromhex(cut["chain_hash"])) if cut else None
        except OSError as error:
            raise CannotBeJudged(f"The file {path} cannot be read: {error}.") from error
        except _NOT_AS_WRITTEN:
            raise CannotBeJudged(f"The file {path} cannot be read: its first line is not that of an export.") from None

    def seals(self) -> Iterator[Sealed | Unreadable]:
        self.sealed = 0
        for number, text in self.lines:
            try:
                read = _read(text)
                if "position" not in read:
                    self.pending: tuple[int, dict[str, Any]] | None = (number, read)
                    return
                row = _sealed(read, number)
            except _NOT_AS_WRITTEN:
                yield Unreadable(number, "this line is not as it was written")
            else:
                yield row
            self.sealed += 1
        self.pending = None

    def anchored(self) -> Sequence[Anchored]:
        return ()

    def unsealed(self) -> Iterator[Unsealed | Unreadable]:
        unsealed = 0
        while self.pending is not None:
            number, read = self.pending
            self.pending = None
            if "end" in read:
                if read != {"end": True, "sealed": self.sealed, "unsealed": unsealed}:
                    yield Unreadable(
                        number, f"the end of the file speaks of other numbers than {self.sealed} and {unsealed}"
                    )
                if next(self.lines, None) is not None:
                    yield Unreadable(number + 1, "there are lines after the end of the file")
                return
            try:
                yield Unsealed(int(read["event_id"]), _event_columns(read["event"]), read["waiting"] is True, number)
            except _NOT_AS_WRITTEN:
                yield Unreadable(number, "this line is not as it was written")
            unsealed += 1
            for number, text in self.lines:
                try:
                    self.pending = (number, _read(text))
                    break
                except _NOT_AS_WRITTEN:
                    yield Unreadable(number, "this line is not as it was written")
                    unsealed += 1
        yield Unreadable(self.sealed + unsealed + 2, "the file has no end: it was cut short")


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) + "\n"


def _read(text: bytes) -> dict[str, Any]:
    """The values of a line; ValueError where it is not written exactly as it would be written again."""
    decoded = text.decode("utf-8")
    values = json.loads(decoded)
    if not isinstance(values, dict) or _line(values) != decoded:
        raise ValueError
    return values


def _seal_values(row: Sealed) -> dict[str, Any]:
    return {
        "position": row.position,
        "event_id": row.event_id,
        "format": row.format,
        "sealed_at": row.sealed_at.decode(),
        "event_hash": row.event_hash.hex(),
        "chain_hash": row.chain_hash.hex(),
        "event": _event_values(row.event),
    }


def _sealed(read: dict[str, Any], line: int) -> Sealed:
    row = Sealed(
        read["position"],
        read["event_id"],
        read["format"],
        read["sealed_at"].encode(),
        bytes.fromhex(read["event_hash"]),
        bytes.fromhex(read["chain_hash"]),
        _event_columns(read["event"]),
        line,
    )
    if _seal_values(row) != read:  # such as hexadecimal digits in capitals
        raise ValueError
    return row


def _event_values(event: tuple[Text, ...] | None) -> dict[str, str | None] | None:
    if event is None:
        return None
    return {name: None if value is None else value.decode() for name, value in zip(EVENT, event, strict=True)}


def _event_columns(read: dict[str, str | None] | None) -> tuple[Text, ...] | None:
    if read is None:
        return None
    if tuple(read) != EVENT:
        raise ValueError
    return tuple(None if value is None else value.encode() for value in read.values())
