"""What the people layer refuses."""

from openprotect.lib.errors import Refusal


class ListAlreadyReceived(Refusal):
    """This file is already here, as version {number} of the list "{name}". Nothing was changed."""


class RestrictedRecord(Refusal):
    """This record is restricted: no address or telephone number is kept here. Ask the practice."""


class SeenAlready(Refusal):
    """You can see this person without emergency access. Look for them in your own list."""


class NoAddress(Refusal):
    """We have no address for this person: tell them in another way, or ask their practice for one."""
