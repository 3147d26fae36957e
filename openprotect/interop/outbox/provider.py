"""The local outbox as a message provider: what would have left is kept to be read.

In place of a provider in the demo. Letters also become a PDF in the data folder, one file
named by its reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import structlog

from openprotect.governance.scope import enter, system
from openprotect.interop.letters import pdf
from openprotect.interop.outbox.models import Message
from openprotect.journey.contact.ports import OutgoingMessage

PRESSES = 2  # letters are set at the same time: Typst does not hold up other threads
log = structlog.get_logger(__name__)


class Outbox:
    """Accepts every message once; `folder` is where letters go, `banner` stands on each message."""

    def __init__(self, *, folder: Path, banner: str, sender: str) -> None:
        self.folder = folder
        self.banner = banner
        self.sender = sender

    def send(self, messages: Sequence[OutgoingMessage]) -> frozenset[UUID]:
        """Keep the messages in a transaction of their own; a reference that is here is the same one.

        A letter that cannot be set is refused, and keeps no other from leaving.
        """
        letters = [message for message in messages if message.channel == "letter"]
        if letters:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with ThreadPoolExecutor(PRESSES) as presses:
                written = dict(zip(letters, presses.map(self._write_letter, letters), strict=True))
            messages = [m for m in messages if written.get(m, True)]
        if not messages:
            return frozenset()
        with enter(system("outbox", now=messages[0].at)):
            Message.objects.bulk_create(
                (
                    Message(
                        reference=m.reference,
                        channel=m.channel,
                        to=m.to,
                        subject=m.subject,
                        body=f"{self.banner}\n\n{m.body}" if self.banner else m.body,
                        person_id=m.person,
                        accepted_at=m.at,
                    )
                    for m in messages
                ),
                ignore_conflicts=True,
            )
        return frozenset(m.reference for m in messages)

    def accepted(self, references: Sequence[UUID]) -> frozenset[UUID]:
        """Which of these were accepted. Asked inside a system scope."""
        kept = Message.objects.filter(reference__in=references)
        return frozenset(kept.values_list("reference", flat=True))

    def letter(self, reference: UUID) -> Path:
        """Where a letter's PDF lies."""
        return self.folder / f"{reference}.pdf"

    def _write_letter(self, message: OutgoingMessage) -> bool:
        try:
            pages = pdf.render(message, banner=self.banner, sender=self.sender)
        except pdf.CannotBeSet:
            log.exception("letter_refused", reference=str(message.reference))
            return False
        target = self.letter(message.reference)
        beside = target.with_suffix(".part")
        beside.write_bytes(pages)
        beside.chmod(0o600)
        beside.rename(target)
        return True
