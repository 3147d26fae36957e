"""Seal the audit trail, write its head down outside the database, and notice an older copy of it.

The anchor is a file on another path, of which lines are only ever added, and an e-mail a day to the
privacy officer. It only speaks of what was committed before.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings

from openprotect.governance import actions as governance
from openprotect.governance import chain, queries
from openprotect.governance.errors import AnchorCannotBeWritten
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.contact import ports
from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib import london

BATCH = 10_000
log = structlog.get_logger(__name__)


def check_anchor() -> None:
    """Raise AnchorCannotBeWritten where the anchor's file cannot be added to: asked once at start."""
    path: Path | None = settings.ANCHOR
    if path is None:
        return
    try:
        _append(path, str)
    except OSError as error:
        raise AnchorCannotBeWritten(path=path, reason=error.strerror) from error


def compare(*, now: datetime) -> None:
    """Hold all sending where the anchor knows more than the database, which then is an older copy."""
    if settings.ANCHOR is None:
        return
    by = system("worker", now=now)
    with enter(by):
        because = _contradiction(settings.ANCHOR, by)
        if because and flow.perform(governance.hold_sending, because=because, by=by, now=now):
            log.error("sending_held", because=because)


def is_held(*, now: datetime) -> bool:
    """Whether nothing may be sent now."""
    by = system("worker", now=now)
    with enter(by):
        return queries.sending_hold(scope=by) is not None


def seal(*, now: datetime) -> int:
    """Seal every event that waits, in batches; returns how many."""
    by = system("sealer", now=now)
    sealed = 0
    while True:
        done: int = flow.perform(governance.seal_events, by=by, now=now, limit=BATCH)
        sealed += done
        if done < BATCH:
            return sealed


def anchor(*, now: datetime) -> None:
    """Write the head down in the file every few minutes, and send it to the privacy officer once a day."""
    if settings.ANCHOR is None:
        return
    by = system("sealer", now=now)
    with enter(by):
        if queries.sending_hold(scope=by) is not None:
            return
        position, head = queries.trail_head(scope=by)
        installation = queries.installation(scope=by)
        in_file = queries.last_anchor("file", scope=by)
        by_email = queries.last_anchor("email", scope=by)
    if in_file is None or now - in_file.at >= settings.ANCHOR_EVERY:
        _add_line(settings.ANCHOR, at=now.isoformat(), installation=installation, position=position, head=head)
        flow.perform(governance.note_anchor, place="file", position=position, head=head, by=by, now=now)
    due = by_email is None or london.today(by_email.at) < london.today(now)
    line = chain.anchor_line(at=now.isoformat(), installation=installation, position=position, head=head)
    if settings.ANCHOR_EMAIL and due and ports.provider().send([_email(line, now)]):
        flow.perform(governance.note_anchor, place="email", position=position, head=head, by=by, now=now)


def resume_sending(*, who: str, why: str, now: datetime) -> None:
    """Let messages be sent again, and write down in the anchor that the trail goes on from here."""
    by = system("command line", now=now)
    position, head = flow.perform(governance.resume_sending, who=who, why=why, by=by, now=now)
    if settings.ANCHOR is None:
        return
    with enter(by):
        installation = queries.installation(scope=by)
        agreed = _agrees_up_to(settings.ANCHOR, installation, by)
    at = now.isoformat()
    _add_line(settings.ANCHOR, at=at, installation=installation, position=position, head=head, restored=agreed)
    flow.perform(governance.note_anchor, place="file", position=position, head=head, by=by, now=now)


def _contradiction(path: Path, by: Scope) -> str:
    """What the anchor knows and the database does not; empty where they agree."""
    # Every five minutes a line: the last one of a file of eight years is found in its end.
    last = chain.last_anchor_in(path, queries.installation(scope=by)) if path.exists() else None
    if last is None:
        if queries.last_anchor("file", scope=by) is None:
            return ""
        return f"The anchor {path} has nothing of this database, which wrote there before"
    position, _ = queries.trail_head(scope=by)
    if last.position > position:
        return f"The anchor knows {last.position} events and this database {position}: it is an older copy"
    held = queries.head_at(last.position, scope=by)
    if held is not None and held != last.head.hex():
        return f"At position {last.position} the anchor has another hash than this database"
    return ""


def _agrees_up_to(path: Path, installation: str, by: Scope) -> int:
    """The last position at which the anchor and this database say the same."""
    held, _ = chain.in_force(chain.anchors_in(path, installation)) if path.exists() else ([], [])
    for anchor in reversed(held):
        if queries.head_at(anchor.position, scope=by) == anchor.head.hex():
            return anchor.position
    return 0


def _add_line(path: Path, *, installation: str, **said: Any) -> None:
    """Add a line that is tied to the one before it."""

    def line() -> str:
        last = chain.last_anchor_in(path, installation)
        return chain.anchor_line(installation=installation, after=last or "nothing", **said)

    _append(path, line)


def _append(path: Path, line: Callable[[], str]) -> None:
    """Add to the file and see it to the disk. What was torn off before is ended first.

    One at a time: the worker and somebody who lifts a hold must not both follow the same line.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            torn = file.read(1) != b"\n"
            file.write(b"\n" if torn else b"")
            file.flush()
        file.write(line().encode())
        file.flush()
        os.fsync(file.fileno())
    if new:
        path.chmod(0o600)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _email(line: str, now: datetime) -> OutgoingMessage:
    return OutgoingMessage(
        reference=uuid4(),
        channel="email",
        to=settings.ANCHOR_EMAIL,
        subject=f"{settings.SERVICE_NAME}: the audit trail on {london.today(now):%d.%m.%Y}",
        body=(
            "Keep this message. The line below says how far the audit trail went and what its last hash was. "
            f"A trail that was changed or cut short afterwards does not agree with it.\n\n{line}"
        ),
        person=None,
        language="en",
        at=now,
    )
