"""What check-in refuses."""

from http import HTTPStatus

from openprotect.lib.errors import Refusal


class AnswersIncomplete(Refusal):
    """Some answers are missing or cannot be read. Check them and send them again."""

    # Raised with errors=, as `rules.validate_all` gives them.
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AlreadyAnswered(Refusal):
    """This check-in was answered already. Thank you: there is nothing more to do today."""


class AskingHasEnded(Refusal):
    """We have stopped asking how you are. Your GP practice goes on caring for you."""


class CheckInIsClosed(Refusal):
    """This check-in is not open any more. Wait for the next one, or ring us if you need help now."""


class NoCheckInOpen(Refusal):
    """There is no check-in to fill in just now. Ring us if you need help."""

    status = HTTPStatus.NOT_FOUND
