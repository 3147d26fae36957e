"""What learn refuses."""

from openprotect.lib.errors import Refusal


class AnotherOfficer(Refusal):
    """You answered this request yourself. Another officer looks at it again and erases the record."""

    status = 422


class SomethingIsOpen(Refusal):
    """The record is still needed: there is {what}. See that it is closed first, then erase the record."""

    status = 422
