"""What is refused of risks, and of documents that organisations accept."""

from openprotect.lib.errors import Refusal


class RiskIsIncomplete(Refusal):
    """{sentence}"""

    status = 422

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence=sentence)


class RiskHasMovedOn(Refusal):
    """This risk has been decided or closed since you opened it. Open it again to see what was decided."""


class Suspended(Refusal):
    """{what} is suspended: the risk decision that let it go on was not reviewed in time, or was to stop.

    Ask whoever decides on risks to review it.
    """


class NotAsked(Refusal):
    """Your organisation is not asked about this version, or a newer one is there. Open the document again."""
