"""What the people layer refuses."""

from openprotect.lib.errors import Refusal


class ListAlreadyReceived(Refusal):
    """This file is already here, as version {number} of the list "{name}". Nothing was changed."""


class UnknownPractice(Refusal):
    """The organisation code {code} is not one of the practices that were brought in."""
