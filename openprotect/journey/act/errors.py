"""What act refuses."""

from openprotect.lib.errors import Refusal


class NotPossibleNow(Refusal):
    """This has moved on: it is "{status}" now, so you cannot {verb} it. Open it again to see what happened."""


class UnknownOutcome(Refusal):
    """Choose an outcome from the list."""

    status = 422


class NoteIsEmpty(Refusal):
    """Write something in the note, or leave it."""

    status = 422


class NotReferredThere(Refusal):
    """A need of this kind is not referred to {organisation}. Choose one of the teams in the list."""

    status = 422
