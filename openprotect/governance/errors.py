"""What governance refuses."""

from collections.abc import Mapping

from openprotect.lib.errors import BadInput, Refusal


class NotPermitted(Refusal):
    """You cannot see this page or do this. If you think that you should, ask your team lead."""

    status = 403


class NotThere(Refusal):
    """This page is not there. If you followed a link, it may have been handed to somebody else."""

    status = 404


class SendingIsHeld(Refusal):
    """Nothing is sent: {because}. When you are sure that this database is the one to go on with, run
    openprotect hold lift --why "..."."""


class NothingIsHeld(Refusal):
    """Sending is not on hold."""


class AnchorCannotBeWritten(Refusal):
    """The anchor of the audit trail, {path}, cannot be added to: {reason}. Set OPENPROTECT_ANCHOR to a file
    outside the database's machine that this service may add to."""


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


class NoPasswordHere(Refusal):
    """Your account has no password here: you sign in with your organisation's account, and change it there."""


class ProvenOutsideThePages(Refusal):
    """This person's role reaches beyond one organisation, so nobody makes them a link or an account from a page:
    whoever runs the service does, with openprotect staff."""

    status = 422


class GrantsToThemselves(Refusal):
    """You cannot give yourself a role, or a permission to the role you act in: ask another administrator."""


class OutsideYourOrganisation(Refusal):
    """That organisation is not yours, nor below it: ask an administrator there."""


class ReachesEverywhere(Refusal):
    """The role “{role}” reaches beyond one organisation, so it is given at a board: choose another, or ask the board."""

    status = 422


class NoSuchTeam(Refusal):
    """That team is not there, or it is another organisation's: choose one of the organisation's own."""

    status = 422


class NoAgreement(Refusal):
    """The agreement was not kept. {faults}"""

    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        self.by_field = dict(by_field)
        super().__init__(faults=" ".join(f"{fault}." for fault in by_field.values()))


class AgreementNotInForce(Refusal):
    """Nothing is given under this agreement now. {standing}. Ask whoever owns it: {owner}."""


class AgreementSigned(Refusal):
    """This side has signed already, or the agreement is over. Its terms stay as they were signed: end it and agree others."""


class NotYoursToExport(Refusal):
    """Your role does not show you everything that this agreement names, so you cannot have it as a file: {fields}.
    Ask a colleague whose role does.
    """

    status = 403


class HeldAlready(Refusal):
    """They work there in this role and team already, without an end: change or end that one."""

    status = 422


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


class StopNotInForce(Refusal):
    """There is nothing to lift: this request stopped no access, or the stop was lifted already."""


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


class NotTheGiver(Refusal):
    """Another organisation gives under this agreement. Only somebody who works there can ask for the file."""

    status = 403


class FileNeedsSecond(Refusal):
    """You had this file made, so somebody else of your organisation who works requests looks at it and gives it out."""


class NoExport(Refusal):
    """This file is not there to be collected. {why}"""


class EmergencyInProgress(Refusal):
    """You are using emergency access. No file of people can be asked for or collected until it has ended."""


class UnknownOrganisation(Refusal):
    """There is no organisation with the code {code}. Look it up by its name, or bring in the national extract first."""

    status = 422


class RelationsContradict(Refusal):
    """{code} is already {kind} {other} from {starts} to {ends}. End that first, or choose other days."""

    status = 422


class NoSuchRelation(Refusal):
    """This relation is not there any more. Look at the organisation again."""

    status = 404


class EndsBeforeItStarts(Refusal):
    """The last day, {ends}, is before the first, {starts}. Enter a last day that is not before the first."""

    status = 422


class AlreadyClosed(Refusal):
    """{code} closes or closed on {closed}, and a closed organisation takes no part in this."""

    status = 422


class NotItsOwnSuccessor(Refusal):
    """{code} cannot succeed, commission or contain itself. Name another organisation."""

    status = 422


class AlreadySucceeded(Refusal):
    """{code} is already succeeded by {other}. An organisation has one successor."""

    status = 422


class TheSafetyNetStays(Refusal):
    """This is the only open {duty} team of a board, and what nobody else owns falls to it. Open another one first."""


class DoesNotFit(Refusal):
    """{what} is {length} characters of which some may be out of place. Give 1 to {most} that can be read on a line."""

    status = 422


class NotAnEmailAddress(Refusal):
    """That is no e-mail address. Give one such as a.person@example.org."""

    status = 422


class NotACode(Refusal):
    """'{code}' is no organisation code. Give 3 to 8 capitals and figures, such as 26A."""

    status = 422


class NameTooLong(Refusal):
    """A name of {length} characters is too long. Give one of up to {most}."""

    status = 422


class DayOutOfReach(Refusal):
    """{day} is no day on which an organisation begins, changes or ends. Give one from {first} to {last}."""

    status = 422


class SuccessorNeedsAName(Refusal):
    """There is no organisation with the code {code} yet. Give its name too, and it is made."""

    status = 422


class HoursOverlap(Refusal):
    """On {day} a team opens again before it has closed. Enter times that follow one another."""

    status = 422


class ExtractContradicts(BadInput):
    """The extract contradicts in {count} place(s) what was entered here, so nothing was taken from it."""


class EmailBelongsToAnother(Refusal):
    """Another account has this e-mail address, so nothing was changed: check it."""


class AccountBelongsToAnother(Refusal):
    """This account at the provider is somebody else's here, so nothing was changed: check whose it is."""


class SetupLinkEnded(Refusal):
    """This link was used already, or it is too old. Ask whoever gave it to you for another."""

    status = 404


class UnknownAccount(Refusal):
    """We do not know this account: somebody who manages access here has to appoint you first."""

    status = 403


class ProviderRefused(Refusal):
    """Signing in did not work: begin again from the sign-in page."""

    status = 403


class ProviderUnavailable(Refusal):
    """The service that proves who you are cannot be reached just now. You are not signed in: try again in a few
    minutes, or ring the number below."""

    status = 503


class FormNotOurs(Refusal):
    """This page has been open for too long, or it did not come from here: load it again."""

    status = 403
