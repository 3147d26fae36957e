"""Verify a sealed audit trail, in a database or in a file that was exported from one.

Stands alone: the standard library and psycopg, nothing else of OpenProtect. It may be copied to
another machine and run there (`python chain.py --help`), because whoever checks the trail should
need to trust neither the service nor its database. What the service itself writes (the anchor and
the export) is written with the functions here, so there is one description of both.

The database seals in SQL and this verifies in Python: two implementations of the same few lines.

- Event hash: SHA-256 over every column of the event in the order of `FORMATS`, each as PostgreSQL's
  text in UTC and ISO style, written `LENGTH:BYTES,`, and `-,` where it is NULL.
- Chain hash: SHA-256 over the chain hash before, the event hash, and `POSITION|EVENT|FORMAT|SEALED AT`.
- The first chain hash follows from the id of the installation.
- Anchor: one JSON line for each time the head was written down outside the database.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

# The columns of an event that each format seals. A new column of the table is a new format: what was
# sealed before stays as it was.
FORMATS: dict[int, tuple[str, ...]] = {
    1: ("id", "at", "identity", "actor", "organisation_id", "membership_id", "role", "basis_id", "purpose",
        "action", "person_id", "object_type", "object_id", "why"),
}  # fmt: skip
NEWEST = max(FORMATS)
EVENT = FORMATS[NEWEST]
SEAL = ("position", "event_id", "format", "sealed_at", "event_hash", "chain_hash")
CUT = "audit trail cut"

INTACT, BROKEN, NOT_JUDGED = 0, 1, 2

Text = bytes | None


class CannotBeJudged(Exception):
    """Something that is needed for a judgement is not there or cannot be read."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where, on which side (`event`, `seal`, `trail`, `anchor`), and what."""

    side: str
    what: str
    position: int | None = None
    event: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = [
            f"line {self.line}" if self.line is not None else "",
            f"position {self.position}" if self.position is not None else "",
            f"event {self.event}" if self.event is not None else "",
            self.side,
        ]
        return f"{', '.join(filter(None, where))}: {self.what}"


@dataclass(frozen=True)
class Sealed:
    """A seal as it is stored, and the event that it names. `fault` says what could not be read of the row."""

    position: int
    event_id: int
    format: int
    sealed_at: bytes
    event_hash: bytes
    chain_hash: bytes
    event: tuple[Text, ...] | None
    line: int | None = None


@dataclass(frozen=True)
class Unreadable:
    """A line of a file that is not as it was written."""

    line: int
    what: str


@dataclass(frozen=True)
class Unsealed:
    """An event without a seal; `event` None: something waits for a seal and is not there."""

    event_id: int
    event: tuple[Text, ...] | None
    waiting: bool
    line: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """Where the trail begins since its oldest part was disposed of."""

    position: int
    chain_hash: bytes


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


@dataclass
class Verdict:
    """What a verification found."""

    sealed: int = 0
    first: int | None = None
    last: int = 0
    head: str = ""
    unsealed: int = 0
    anchors: int = 0
    anchored: int | None = None
    notes: list[str] = field(default_factory=list)
    findings: int = 0
    why_not: str = ""

    @property
    def code(self) -> int:
        if self.findings:
            return BROKEN
        return NOT_JUDGED if self.why_not else INTACT

    def __str__(self) -> str:
        words = {INTACT: "intact", BROKEN: "BROKEN", NOT_JUDGED: "cannot be judged"}[self.code]
        parts = [
            f"{self.sealed:,} sealed events, position {self.first or 0:,} to {self.last:,}",
            f"{self.unsealed:,} not sealed yet",
            f"{self.anchors:,} anchors" + (f", the last at {self.anchored:,}" if self.anchored is not None else ""),
        ]
        if self.findings:
            parts.append(f"{self.findings:,} finding{'' if self.findings == 1 else 's'}")
        return f"{words}: {'; '.join(parts)}." + (f" {self.why_not}" if self.why_not else "")


class Source(Protocol):
    """A trail to be verified."""

    installation: str
    checkpoint: Checkpoint | None

    def seals(self) -> Iterator[Sealed | Unreadable]:
        """Every seal in the order of positions, with its event."""

    def unsealed(self) -> Iterator[Unsealed | Unreadable]:
        """Every event without a seal."""


# --- The hashes ---


def start_of(installation: str) -> bytes:
    """What stands before the first seal of an installation."""
    return hashlib.sha256(f"OpenProtect audit chain {installation}".encode()).digest()


def event_hash(columns: Iterable[Text]) -> bytes:
    """The hash of an event, over all its columns."""
    return hashlib.sha256(
        b"".join([b"-," if value is None else b"%d:%b," % (len(value), value) for value in columns])
    ).digest()


def chain_hash(before: bytes, event: bytes, seal: Sealed) -> bytes:
    """The hash that a seal must have after the one before."""
    return hashlib.sha256(
        b"%b%b%d|%d|%d|%b" % (before, event, seal.position, seal.event_id, seal.format, seal.sealed_at)
    ).digest()


# --- The anchor ---


def anchor_line(*, at: str, installation: str, position: int, head: str, restored: int | None = None) -> str:
    """One line of the anchor, with its line end."""
    line: dict[str, Any] = {"at": at, "installation": installation, "position": position, "head": head}
    if restored is not None:
        line["restored"] = restored
    return json.dumps(line, separators=(",", ":")) + "\n"


def anchors_in(path: Path, installation: str) -> Iterator[Anchor]:
    """The anchors of an installation, as they were written. Raises CannotBeJudged."""
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
        if text.strip() and (anchor := _anchor(text.decode(), 0, installation, path)):
            return anchor
    found = None
    for anchor in anchors_in(path, installation):
        found = anchor
    return found


def _anchor(text: str, number: int, installation: str, path: Path) -> Anchor | None:
    try:
        read = json.loads(text)
        if not isinstance(read, dict) or read["installation"] != installation:
            return None
        head = bytes.fromhex(read["head"])
        restored = read.get("restored")
        return Anchor(int(read["position"]), head, str(read["at"]), number, None if restored is None else int(restored))
    except (ValueError, KeyError, TypeError):
        raise CannotBeJudged(f"The anchor {path} cannot be read: line {number} is no anchor.") from None


def in_force(anchors: Iterable[Anchor]) -> tuple[list[Anchor], list[Anchor]]:
    """The anchors that the trail has to agree with, by position, and those that said it was restored."""
    held: list[Anchor] = []
    restored = []
    for anchor in anchors:
        if anchor.restored is not None:
            restored.append(anchor)
            held = [each for each in held if each.position <= anchor.restored]
        if not held or (held[-1].position, held[-1].head) != (anchor.position, anchor.head):
            held.append(anchor)
    held.sort(key=lambda anchor: anchor.position)
    return held, restored


# --- The verification ---


def verify(source: Source, anchors: Iterable[Anchor] | None, tell: Callable[[Finding], object]) -> Verdict:
    """Walk along the trail once; every finding is told as it is found. Raises CannotBeJudged.

    What is kept in memory grows with the anchors, never with the events.
    """
    verdict = Verdict()

    def found(*finding: Finding) -> None:
        for each in finding:
            verdict.findings += 1
            tell(each)

    held, restored = in_force(anchors) if anchors is not None else ([], [])
    for each in restored:
        verdict.notes.append(
            f"On {each.at} a person let the service go on with a copy that was older than the anchor:"
            f" events after position {each.restored} were lost and others took their places."
        )
    walk = _Walk(source, held, found, verdict)
    for row in source.seals():
        walk.take(row)
    walk.end()
    for waiting in source.unsealed():
        walk.take_unsealed(waiting)
    if source.checkpoint and not walk.cut_recorded:
        what = "the trail begins here, and no event says that what came before was disposed of"
        found(Finding("trail", what, position=source.checkpoint.position))
    if anchors is None:
        verdict.why_not = "No anchor was given: a trail that was recomputed or cut short would look the same."
    elif not held:
        verdict.why_not = "The anchor does not know this installation: a trail that was recomputed would look the same."
    return verdict


class _Walk:
    def __init__(self, source: Source, held: list[Anchor], found: Callable[..., None], verdict: Verdict) -> None:
        self.found, self.verdict, self.source = found, verdict, source
        self.held, self.next_anchor = held, 0
        self.disagreed: Anchor | None = None
        self.agreed: int | None = None
        self.also_disagree = 0
        self.cut_recorded = False
        cut = source.checkpoint
        self.position = cut.position if cut else 0
        # What the next seal may follow. More than one where a row was touched and either of its
        # hashes may be the true one; none where rows are missing.
        self.before: tuple[bytes, ...] = (cut.chain_hash if cut else start_of(source.installation),)
        verdict.anchors = len(held)
        verdict.anchored = held[-1].position if held else None
        while held and self.next_anchor < len(held) and held[self.next_anchor].position <= self.position:
            anchor = held[self.next_anchor]
            if anchor.position == self.position and anchor.head != self.before[0]:
                self._disagrees(anchor)
            self.next_anchor += 1

    def take(self, row: Sealed | Unreadable) -> None:
        verdict = self.verdict
        verdict.sealed += 1
        if isinstance(row, Unreadable):
            self.position += 1
            self.found(Finding("seal", row.what, position=self.position, line=row.line))
            self.before = ()
            return
        if verdict.first is None:
            verdict.first = row.position
        if row.position != self.position + 1:
            self._jumps(row)
        self.position = max(row.position, self.position)
        verdict.last, verdict.head = row.position, row.chain_hash.hex()
        columns = FORMATS.get(row.format)
        real = event_hash(row.event) if row.event is not None and columns == EVENT else None
        if columns is None:
            self._seal(row, f"was made in the format {row.format}, which there is not")
            self.before = ()
        elif not self._follows(row, real):
            self._untrue(row, real)
        elif real != row.event_hash:
            self._event(row)
        if row.event is not None and row.event[_ACTION] == CUT.encode():
            self._cut(row.event)
        self._anchored(row)

    def take_unsealed(self, row: Unsealed | Unreadable) -> None:
        if isinstance(row, Unreadable):
            self.found(Finding("event", row.what, line=row.line))
            return
        self.verdict.unsealed += 1
        if row.event is None:
            self.found(Finding("event", "waits for its seal and is not there", event=row.event_id, line=row.line))
        elif not row.waiting:
            what = "has no seal and does not wait for one: its seal was removed, its id changed, or it was put in"
            self.found(Finding("event", what, event=row.event_id, line=row.line))
        elif row.event[_ACTION] == CUT.encode():
            self._cut(row.event)

    def end(self) -> None:
        ahead = self.held[self.next_anchor :]
        if ahead:
            first = ahead[0]
            what = (
                f"{first.position:,} events were sealed on {first.at}, and the trail ends at {self.verdict.last:,}: "
                "it was cut short, or the database was put back to an older copy"
            )
            self.found(Finding("anchor", what, position=first.position))
        if self.disagreed:
            since = f"it agrees up to position {self.agreed}" if self.agreed else "it agrees nowhere before"
            others = f", and {self.also_disagree} later" if self.also_disagree else ""
            what = f"the head written down on {self.disagreed.at} is another (anchor line {self.disagreed.line}{others}): the trail was recomputed; {since}"
            self.found(Finding("anchor", what, position=self.disagreed.position))

    def _jumps(self, row: Sealed) -> None:
        if row.position > self.position + 1:
            missing = row.position - self.position - 1
            what = f"{missing:,} seal{'' if missing == 1 else 's'} missing before position {row.position}"
        else:
            what = f"stands after position {self.position}"
        self.found(Finding("seal", what, position=self.position + 1, event=row.event_id, line=row.line))
        self.before = ()

    def _follows(self, row: Sealed, real: bytes | None) -> bool:
        """Whether the stored hashes of the row follow from the one before."""
        if not self.before or any(chain_hash(one, row.event_hash, row) == row.chain_hash for one in self.before):
            self.before = (row.chain_hash,)
            return True
        return False

    def _untrue(self, row: Sealed, real: bytes | None) -> None:
        if real is not None and any(chain_hash(one, real, row) == row.chain_hash for one in self.before):
            self._seal(row, "its event hash was changed")
            self.before = (row.chain_hash,)
            return
        if real != row.event_hash:
            self._event(row)
        self._seal(row, "does not follow from the one before: this row or one of its hashes was changed")
        hashes = {row.chain_hash, *(chain_hash(one, row.event_hash, row) for one in self.before)}
        if real is not None:
            hashes |= {chain_hash(one, real, row) for one in self.before}
        self.before = tuple(hashes)

    def _seal(self, row: Sealed, what: str) -> None:
        self.found(Finding("seal", what, position=row.position, event=row.event_id, line=row.line))

    def _event(self, row: Sealed) -> None:
        what = "is not there" if row.event is None else "was changed: its columns do not give the hash that was sealed"
        self.found(Finding("event", what, position=row.position, event=row.event_id, line=row.line))

    def _cut(self, event: tuple[Text, ...]) -> None:
        cut = self.source.checkpoint
        if cut and event[_OBJECT_ID] == str(cut.position).encode():
            self.cut_recorded = True

    def _anchored(self, row: Sealed) -> None:
        while self.next_anchor < len(self.held) and self.held[self.next_anchor].position <= row.position:
            anchor = self.held[self.next_anchor]
            self.next_anchor += 1
            if anchor.position == row.position and anchor.head == row.chain_hash:
                if self.disagreed is None:
                    self.agreed = anchor.position
            elif anchor.position == row.position:
                self._disagrees(anchor)

    def _disagrees(self, anchor: Anchor) -> None:
        if self.disagreed is None:
            self.disagreed = anchor
        else:
            self.also_disagree += 1


_ACTION, _OBJECT_ID = EVENT.index("action"), EVENT.index("object_id")

# --- A database as the source ---

_SEALED = """
COPY (SELECT s.position, s.event_id, s.format, s.sealed_at, encode(s.event_hash, 'hex'), encode(s.chain_hash, 'hex'),
             e.{columns}
      FROM governance_auditseal s LEFT JOIN governance_auditevent e ON e.id = s.event_id ORDER BY s.position) TO STDOUT
"""
_UNSEALED = """
COPY (SELECT coalesce(e.id, w.event_id), w.event_id IS NOT NULL, e.{columns}
      FROM (SELECT * FROM governance_auditevent e
            WHERE NOT EXISTS (SELECT 1 FROM governance_auditseal s WHERE s.event_id = e.id)) e
      FULL JOIN governance_auditunsealed w ON w.event_id = e.id ORDER BY 1) TO STDOUT
"""


class Database:
    """The trail of a database, read in one snapshot by any role that may read it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        for setting in (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET LOCAL TimeZone TO 'UTC'",
            "SET LOCAL DateStyle TO 'ISO, YMD'",
            "SET LOCAL client_encoding TO 'UTF8'",
            # Row-level security shows the trail to the system and to nobody without a scope.
            "SELECT set_config('openprotect.identity', 'system', true)",
        ):
            connection.execute(setting)
        row = connection.execute("SELECT uid::text FROM governance_installation").fetchone()
        if row is None:
            raise CannotBeJudged("The database has no mark of an installation.")
        self.installation: str = row[0]
        cut = connection.execute(
            "SELECT position, chain_hash FROM governance_auditcheckpoint ORDER BY position DESC LIMIT 1"
        ).fetchone()
        self.checkpoint = Checkpoint(cut[0], bytes(cut[1])) if cut else None

    def seals(self) -> Iterator[Sealed | Unreadable]:
        for values in self._copied(_SEALED):
            position, event, form, at, hashed, chained = values[:6]
            columns = values[6:]
            yield Sealed(
                int(position or 0),
                int(event or 0),
                int(form or 0),
                at or b"",
                bytes.fromhex((hashed or b"").decode()),
                bytes.fromhex((chained or b"").decode()),
                columns if columns[0] is not None else None,
            )

    def unsealed(self) -> Iterator[Unsealed | Unreadable]:
        for event, waiting, *columns in self._copied(_UNSEALED):
            yield Unsealed(int(event or 0), tuple(columns) if columns[0] is not None else None, waiting == b"t")

    def _copied(self, query: str) -> Iterator[tuple[Text, ...]]:
        with self.connection.cursor() as cursor, cursor.copy(query.format(columns=", e.".join(EVENT))) as rows:
            for row in rows:
                text = bytes(row)
                fields = text[:-1].split(b"\t")
                if b"\\" in text:
                    yield tuple([_unescaped(value) for value in fields])
                else:
                    yield tuple(fields)


_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescaped(value: bytes) -> Text:
    if value == b"\\N":
        return None
    if b"\\" not in value:
        return value
    first, *rest = value.split(b"\\")
    parts = [first]
    skip = False
    for part in rest:
        if skip:  # the backslash before was itself escaped
            parts.append(part)
            skip = False
        elif not part:
            parts.append(b"\\")
            skip = True
        else:
            parts.append(_ESCAPES.get(part[:1], part[:1]) + part[1:])
    return b"".join(parts)


# --- A file as the source: JSON lines, each exactly as it would be written again ---


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
        except (ValueError, KeyError, TypeError):
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
            except (ValueError, KeyError, TypeError, AttributeError):
                yield Unreadable(number, "this line is not as it was written")
            else:
                yield row
            self.sealed += 1
        self.pending = None

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
            except (ValueError, KeyError, TypeError, AttributeError):
                yield Unreadable(number, "this line is not as it was written")
            unsealed += 1
            for number, text in self.lines:
                try:
                    self.pending = (number, _read(text))
                    break
                except (ValueError, TypeError):
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


# --- By itself, on the command line ---


def main(arguments: list[str] | None = None) -> int:
    """Verify and say what was found; the exit code is 0 intact, 1 broken, 2 cannot be judged."""
    parser = argparse.ArgumentParser(description="Verify a sealed audit trail.")
    parser.add_argument("--database", metavar="URL", help="postgresql://... of a role that may read the trail")
    parser.add_argument("--file", type=Path, help="a file that was exported")
    parser.add_argument("--anchor", type=Path, help="the anchor that was kept outside the database")
    given = parser.parse_args(arguments)
    if (given.database is None) == (given.file is None):
        parser.error("give --database or --file")
    return run(print, database=given.database, file=given.file, anchor=given.anchor)


def run(
    say: Callable[[str], object], *, database: str | None = None, file: Path | None = None, anchor: Path | None = None
) -> int:
    """The same for a database or a file; each finding and the verdict are said as lines."""

    def judge(source: Source) -> int:
        anchors = anchors_in(anchor, source.installation) if anchor else None
        verdict = verify(source, anchors, lambda finding: say(str(finding)))
        for note in verdict.notes:
            say(note)
        say(str(verdict))
        return verdict.code

    try:
        if file is not None:
            return judge(File(file))
        import psycopg

        try:
            with psycopg.connect(database or "") as connection:
                return judge(Database(connection))
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise CannotBeJudged(f"The database cannot be read: {reason}.") from error
    except CannotBeJudged as error:
        say(f"cannot be judged: {error}")
        return NOT_JUDGED


if __name__ == "__main__":
    sys.exit(main())
