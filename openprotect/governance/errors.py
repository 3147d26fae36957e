"""What governance refuses."""

from openprotect.lib.errors import Refusal


class NotPermitted(Refusal):
    """You cannot see this page or do this. If you think that you should, ask your team lead."""

    status = 403


class NotThere(Refusal):
    """This page is not there. If you followed a link, it may have been handed to somebody else."""

    status = 404


class NotADemo(Refusal):
    """This only works in a demo: the database was not marked as one when it was created."""

    status = 403
