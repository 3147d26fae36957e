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


class NoSuchPermission(Refusal):
    """There is no permission called {names}, so the role was not changed: take permissions from the page of roles."""

    status = 422


class NoSuchRole(Refusal):
    """There is no role called {role}: choose one from the page of roles."""

    status = 422


class EndMissing(Refusal):
    """Somebody whom another organisation employs works here until a date: enter the day on which it ends."""

    status = 422


class EndsTooEarly(Refusal):
    """The end is before the beginning: enter a later day."""

    status = 422


class NotVouchedFor(Refusal):
    """Nobody vouches for {missing}: enter who has seen it, for which organisation, and on which day up to today."""

    status = 422


class SupervisesThemselves(Refusal):
    """Nobody supervises themselves: choose somebody else."""

    status = 422


class GrantsToThemselves(Refusal):
    """You cannot give yourself a role, or a permission to the role you act in: ask another administrator."""


class OutsideYourOrganisation(Refusal):
    """That organisation is not yours, nor below it: ask an administrator there."""

    status = 403


class AlreadyEnded(Refusal):
    """This has ended already: load the page again to see who works here now."""


class UsernameBelongsToAnother(Refusal):
    """Somebody else has the username {username}: choose another, or appoint {name} under the name they have here."""


class ReasonIsMissing(Refusal):
    """Write why: a request without a reason cannot be decided."""

    status = 422


class NotAnotherOrganisation(Refusal):
    """Choose another organisation than your own, by the code under which it stands here."""

    status = 422


class NotYourPatient(Refusal):
    """Nobody with this id is registered with your practice now. Leave it empty to ask for all of your patients."""

    status = 422


class StopAlreadyAsked(Refusal):
    """Your practice has already asked for this, and it is not decided yet. The request is in the list below."""


class DecisionIsIncomplete(Refusal):
    """The decision lacks something: a verdict, your words, or, for a stop in part, whom it spares."""

    status = 422


class AlreadyDecided(Refusal):
    """This request has been decided. Reload the page to read the decision."""


class KeepsTheSafetyNet(Refusal):
    """{organisation} keeps the safety net: without its access a need of these people could be nobody's.

    Refuse, with the reason, or give the safety net to another organisation first.
    """


class WordsAreMissing(Refusal):
    """Write what you found when you looked into it."""

    status = 422
