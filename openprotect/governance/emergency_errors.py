"""What is refused of emergency access and its reviews."""

from openprotect.lib.errors import Refusal


class EmergencyAccessIsOpen(Refusal):
    """You already have emergency access to one record. End it before you open another."""


class TooManyLooks(Refusal):
    """You have looked for too many people. Wait {minutes} minutes, or ring the surveillance team."""

    status = 429


class OpenedTooOften(Refusal):
    """You have opened this record {openings} times and nobody has found that right so far, so it stays closed to you.
    Ask a colleague to open it, or whoever reviews emergency access to look at it now. If somebody is in danger, ring
    999.
    """


class NobodyReviews(Refusal):
    """Nobody is named to review emergency access, so it is closed. Ring the person's GP surgery instead."""


class NotSaidWhy(Refusal):
    """Choose a reason and say in at least {words} words why you need this record now."""

    status = 422


class EmergencyUnderWay(Refusal):
    """Searches, lists of others and exports are closed while you have emergency access to a record. End it first."""


class NotYours(Refusal):
    """You opened this record yourself, so somebody else has to review it."""

    status = 403


class AlreadyReviewed(Refusal):
    """This emergency access has been reviewed already. Open it again to see what was found."""


class NothingAsked(Refusal):
    """Nobody has asked you about this emergency access. Go back and look at it again."""


class ReviewNeedsWords(Refusal):
    """Write a few words: whoever reads this later was not there."""

    status = 422
