"""What happens in governance that other parts follow."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class AccessStopped:
    """The access of an organisation to a practice's patients, or to one of them, was stopped."""

    stop: int


@dataclass(frozen=True)
class ExportAsked:
    """Somebody asked for a file of people, or for what is held about one."""

    export: UUID
