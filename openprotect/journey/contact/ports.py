"""The outside: whoever carries texts, e-mails and letters. `config.wiring` connects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class OutgoingMessage:
    """A message ready to leave. `to` is a number in E.164, an e-mail address, or address lines.

    `reference` was committed before the provider is asked; the same one again is the same message.
    """

    reference: UUID
    channel: str
    to: str
    subject: str
    body: str
    person: UUID | None
    language: str
    at: datetime
    large_print: bool = False


class MessageProvider(Protocol):
    """Carries messages."""

    def send(self, messages: Sequence[OutgoingMessage]) -> frozenset[UUID]:
        """Hand messages over; returns the references that were accepted."""

    def accepted(self, references: Sequence[UUID]) -> frozenset[UUID]:
        """Which of these references the provider has; asked when an answer was lost."""


_connected: list[MessageProvider] = []


def connect(provider: MessageProvider) -> None:
    """Say who carries messages. Called once at start-up."""
    _connected[:] = [provider]


def provider() -> MessageProvider:
    """Who carries messages."""
    return _connected[0]
