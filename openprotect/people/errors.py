"""What the people layer refuses."""

from openprotect.lib.errors import BadInput, Refusal


class ListAlreadyReceived(Refusal):
    """This file is already here, as version {number} of the list "{name}". Nothing was changed."""


class RestrictedRecord(Refusal):
    """This record is restricted: no address or telephone number is kept here. Ask the practice."""


class SeenAlready(Refusal):
    """You can see this person without emergency access. Look for them in your own list."""


class NoAddress(Refusal):
    """We have no address for this person: tell them in another way, or ask their practice for one."""


class CleanedListHasFaults(BadInput):
    """{count} line(s) of the file are wrong, so nobody's opt-out was changed."""


class NotASentFile(Refusal):
    """{name} is not a file that was sent from here, or it was changed since. Nobody's opt-out was changed."""


class OptOutsAlreadyReceived(Refusal):
    """The answer to {name} is already here. Nobody's opt-out was changed. For newer answers, send again."""


class SentTooLongAgo(Refusal):
    """{name} was sent more than {limit} ago, so its answer is too old. Nobody's opt-out was changed. Send again."""


class NewerOptOutsAreHere(Refusal):
    """The answer to a file that was sent after {name} is already here. Nobody's opt-out was changed."""


class OptOutsNotFresh(Refusal):
    """Records may not be used beyond people's own care now, because it is not known who opted out. {since}; an
    exchange may be used for {limit}. Run `openprotect opt-outs send`, and `receive` with the answer.
    """


class FileIsThere(Refusal):
    """There is a file called {name} already, and it was left as it is. Choose another name."""


class AlreadyAnswered(Refusal):
    """This request has been answered and is closed. If they ask again, receive it as another request."""


class IdentityNotChecked(Refusal):
    """Nothing is given out before the identity of whoever asked was checked. Check it, and record how."""


class PersonIsNamed(Refusal):
    """It is said already whose records this request is about. If it is somebody else's, receive another request."""


class NobodyFound(Refusal):
    """Nobody with this NHS number is held here, so there is nothing to give out or to change. Check the number."""

    status = 422


class NoExtension(Refusal):
    """The time cannot be extended: it was already, it has passed, or the law gives this kind no longer time."""


class NotAnOutcome(Refusal):
    """This cannot come of a request of this kind: choose an outcome from the list."""

    status = 422


class NotUpheld(Refusal):
    """Only what was asked for and upheld is erased: answer the request first."""


class RecordIsHeld(Refusal):
    """A legal hold keeps this record. Ask whoever placed it, then erase the record when it is lifted."""
