"""The local outbox as a message provider: what would have left is kept to be read.

In place of a provider in the demo. Letters also become a PDF in the data folder, one file
named by its reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from openprotect.governance.scope import enter, system
from openprotect.interop.letters import pdf
from openprotect.interop.outbox.models import Message
from openprotect.journey.contact.ports import OutgoingMessage


class Outbox:
    """Accepts every message once; `folder` is where letters go, `banner` stands on each message."""

    def __init__(self, *, folder: Path, banner: str, sender: str) -> None:
        self.folder = folder
        self.banner = banner
        self.sender = sender

    def send(self, messages: Sequence[OutgoingMessage]) -> frozenset[UUID]:
        """Keep the messages in a transaction of their own; a reference that is here is the same one."""
        if not messages:
            return frozenset()
        letters = [message for message in messages if message.channel == "letter"]
        if letters:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for letter in letters:
                self._write_letter(letter)
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

    def _write_letter(self, message: OutgoingMessage) -> None:
        target = self.letter(message.reference)
        beside = target.with_suffix(".part")
        beside.write_bytes(pdf.render(message, banner=self.banner, sender=self.sender))
        beside.chmod(0o600)
        beside.rename(target)
