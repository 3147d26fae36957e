"""What happens in triage."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Triaged:
    """An answer set was decided about; the decision names every row that fired."""

    decision: UUID


@dataclass(frozen=True)
class NeedsFound:
    """A decision asks for something to be done."""

    decision: UUID
