"""NDJSON as bulk exports have it: one resource a line, in files that may be compressed, cut off or damaged."""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.record_columns import EARLIEST
from openprotect.interop.feeds.records import SHOWN
from openprotect.lib.errors import Fault

T = TypeVar("T")
LONGEST = 4_000_000
"""A line of more bytes is a fault: a resource of codes and dates has a few thousand."""

_KIND = {dict: "an object", list: "a list", str: "a text", bool: "true or false", float: "a number"}
_LONGEST_DATE = 40
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?(Z|[+-]([01]\d):[0-5]\d)?", re.ASCII)


class Wrong(Exception):
    """Something in a resource is not as FHIR has it."""

    def __init__(self, path: str, read: object, expected: str) -> None:
        self.path, self.read, self.expected = path, read, expected
        super().__init__(path)


class Skipped(Exception):
    """A resource is left out and counted under a reason."""


@dataclass
class Faults:
    """Faults of many files, at most 50 of a kind one by one, and the number of all."""

    into: list[Fault]
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, file: str, line: int, path: str, read: object, expected: str) -> None:
        kind = (file, path, expected)
        self.counts[kind] += 1
        if self.counts[kind] <= SHOWN:
            text = read if isinstance(read, str) else _as_json(read)
            self.into.append(Fault(file, f"line {line}", path, shown(text), expected))

    def close(self) -> None:
        """Say of each kind how many more there were."""
        for (file, path, expected), number in self.counts.items():
            if number > SHOWN:
                self.into.append(Fault(file, "", path, f"{number - SHOWN} more like these, {number} in all", expected))
        self.counts.clear()


@dataclass(frozen=True)
class Line:
    """A line that is a JSON object."""

    file: str
    number: int
    raw: bytes
    resource: dict[str, Any]


def lines(path: Path, faults: Faults, *, name: str = "") -> Iterator[Line]:
    """The resources of a file; what cannot be read is a fault with its line, and reading goes on after it."""
    number, name = 0, name or path.name
    try:
        with path.open("rb") as plain:
            packed = plain.peek(2)[:2] == b"\x1f\x8b"
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if packed else plain
            for number, raw in _whole_lines(stream):
                if len(raw) > LONGEST:
                    faults.add(name, number, "", f"a line of more than {LONGEST:,} bytes", "one resource a line")
                elif text := raw.strip():
                    resource = _object(name, number, text, faults)
                    if resource is not None:
                        yield Line(name, number, text, resource)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        faults.add(name, number + 1, "", str(error), "a gzip file that is whole: this one is cut off or damaged")
    except OSError as error:
        faults.add(name, number + 1, "", error.strerror or str(error), "a file that can be read")


def _whole_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; of one that is too long, the beginning."""
    number = 0
    while raw := stream.readline(LONGEST + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        yield number, raw
        while len(raw) > LONGEST and not raw.endswith(b"\n"):
            raw = stream.readline(LONGEST + 1)
            if not raw:
                return


def _object(file: str, number: int, text: bytes, faults: Faults) -> dict[str, Any] | None:
    try:
        found = json.loads(text, parse_constant=no_constant)
    except UnicodeDecodeError:
        faults.add(file, number, "", "bytes that are no characters of UTF-8", "JSON in UTF-8")
        return None
    except (ValueError, RecursionError):
        faults.add(file, number, "", text[:200].decode("utf-8", "replace"), "one resource a line, as JSON")
        return None
    if not isinstance(found, dict):
        faults.add(file, number, "", found, "a resource, which is a JSON object")
        return None
    if _HALF.search(text) and _has_halves(found):
        faults.add(file, number, "", "half of a character (\\ud800 to \\udfff alone)", "characters that are whole")
        return None
    return found


def _has_halves(found: object) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def no_constant(name: str) -> float:
    raise ValueError(name)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


# What stands in a resource, of the type it has to be of.


def of(kind: type[T], holder: dict[str, Any], name: str, path: str = "") -> T | None:
    """What stands under a name, if anything does. Raises Wrong for another type."""
    value = holder.get(name)
    if value is None:
        return None
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return cast(T, float(value))
        except OverflowError:
            raise Wrong(f"{path}{name}", "a number of hundreds of digits", _KIND[kind]) from None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Wrong(f"{path}{name}", value, _KIND[kind])
    return value


def objects(holder: dict[str, Any], name: str, path: str = "") -> list[dict[str, Any]]:
    """The objects in a list; a list that is not there is empty."""
    found = of(list, holder, name, path) or []
    for at, each in enumerate(found):
        if not isinstance(each, dict):
            raise Wrong(f"{path}{name}[{at}]", each, "an object")
    return found


def texts(holder: dict[str, Any], name: str, path: str = "") -> list[str]:
    """The texts in a list, null ones left out."""
    found = [each for each in of(list, holder, name, path) or [] if each is not None]
    for at, each in enumerate(found):
        if not isinstance(each, str):
            raise Wrong(f"{path}{name}[{at}]", each, "a text")
    return found


@dataclass(frozen=True)
class Day:
    """A day as FHIR may write it. One of which only the year or the month is known is its first day."""

    iso: str
    is_whole: bool


def day_of(holder: dict[str, Any], name: str, today: date, path: str = "") -> Day | None:
    """The day of a date or a date and time: as it is written, whatever its time zone."""
    text = of(str, holder, name, path)
    if text is None:
        return None
    head, _, clock = text.partition("T")
    parts = head.split("-")
    expected = "a date as YYYY, YYYY-MM or YYYY-MM-DD, from 1900-01-01 to today"
    widths = [4, 2, 2][: len(parts)]
    if len(text) > _LONGEST_DATE or len(parts) > 3 or (clock and len(parts) < 3) or ("T" in text and not clock):
        raise Wrong(f"{path}{name}", text, expected)
    if clock and not _CLOCK.fullmatch(clock):
        raise Wrong(f"{path}{name}", text, f"{expected}, with a time as 09:30:00Z or 09:30:00+01:00")
    if [len(part) for part in parts] != widths or not all(p.isascii() and p.isdecimal() for p in parts):
        raise Wrong(f"{path}{name}", text, expected)
    try:
        found = date(*(int(part) for part in [*parts, "01", "01"][:3]))
    except ValueError:
        raise Wrong(f"{path}{name}", text, expected) from None
    if not EARLIEST <= found <= today + timedelta(days=1):
        raise Wrong(f"{path}{name}", text, expected)
    return Day(found.isoformat(), len(parts) == 3)
