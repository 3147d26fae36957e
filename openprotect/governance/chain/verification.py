"""Walk along a trail once, and say what is wrong, where, and on which side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .anchor import Anchor, Torn, in_force, missing
from .sealing import (
    CUT,
    EVENT,
    FORMATS,
    Finding,
    Sealed,
    Source,
    Text,
    Unreadable,
    Unsealed,
    chain_hash,
    event_hash,
    start_of,
)

INTACT, BROKEN, NOT_JUDGED = 0, 1, 2


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


def verify(source: Source, anchors: Iterable[Anchor | Torn] | None, tell: Callable[[Finding], object]) -> Verdict:
    """Walk along the trail once; every finding is told as it is found. Raises CannotBeJudged.

    What is kept in memory grows with the anchors, never with the events.
    """
    verdict = Verdict()

    def found(*finding: Finding) -> None:
        for each in finding:
            verdict.findings += 1
            tell(each)

    read = list(anchors) if anchors is not None else []
    found(*missing(read, source.anchored() if read else ()))
    lines = [each for each in read if isinstance(each, Anchor)]
    if lines and all(each.before is None for each in lines):
        verdict.notes.append("The lines of the anchor are not tied to each other: one that is missing is not noticed.")
    held, restored = in_force(read)
    for torn in read:
        if isinstance(torn, Torn):
            verdict.notes.append(f"Line {torn.line} of the anchor stops in the middle: it counts for nothing.")
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
