"""What contact refuses."""

from openprotect.lib.errors import Refusal


class NobodyToRing(Refusal):
    """There is nobody to ring just now. New calls come in through the day."""

    status = 404


class CallIsNotYours(Refusal):
    """This call is not yours any more: it ended, or another call handler has it. Take the next one."""


class UnknownOutcome(Refusal):
    """Choose what came of the call from the list."""

    status = 422


class AnswersAreMissing(Refusal):
    """To record that the check-in was completed, fill in and submit its questions first."""

    status = 422
