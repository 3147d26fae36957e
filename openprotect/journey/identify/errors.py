"""What identify refuses."""

from openprotect.lib.errors import Refusal


class NotInTheRecords(Refusal):
    """Nobody in the records '{dataset}' has this id or NHS number."""

    status = 404
