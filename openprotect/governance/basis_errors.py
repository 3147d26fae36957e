"""What is refused of a legal basis, and for want of one."""

from openprotect.lib.errors import BadInput, Refusal


class BasisHasNoOwner(Refusal):
    """The legal basis '{title}' has no owner. Name the person, role or team that answers for it."""

    status = 422


class BasisHasNoEnd(Refusal):
    """The legal basis '{title}' has no end. Give the day it ends; only direct care may go without, and then
    needs a day by which it is reviewed.
    """

    status = 422


class BasisEndsTooEarly(Refusal):
    """The legal basis '{title}' would end before it starts. Give an end after {start}."""

    status = 422


class PowerIsMissing(Refusal):
    """Say by which statutory power {organisation} acts under '{title}'."""

    status = 422


class PartyAlready(Refusal):
    """{organisation} stands under '{title}' already. What was stated stays: to change it, state a new basis."""

    status = 422


class PartiesAreApproved(Refusal):
    """'{title}' was approved with the organisations that stand under it. To add {organisation}, state a basis that
    replaces it.
    """

    status = 422


class ApprovedAsItIs(Refusal):
    """Somebody has approved '{title}' with the end that it has. State another basis, with the end that you need."""

    status = 422


class ApprovedByItsStater(Refusal):
    """You stated '{title}' yourself, so it is for somebody else to approve it."""

    status = 422


class ApprovedAlready(Refusal):
    """'{title}' has this approval already, or another one of yours. The two come from two different people."""

    status = 422


class ChangedSinceRead(Refusal):
    """'{title}' was changed after you opened this page. Read it as it is now, then approve it."""

    status = 422


class ExtensionIsAskedByYou(Refusal):
    """You asked for this extension of '{title}' yourself, so it is for somebody else to approve it."""

    status = 422


class ExtensionIsSettled(Refusal):
    """The extension of '{title}' that you read does not wait any more: another decision took its place, or it is in
    force. Read the page again.
    """


class StatedOnAPage(Refusal):
    """'{title}' was stated on a page, and is extended there by two approvals, so nothing of the file was used. Take its
    extension out of the file.
    """


class UnknownToTheLaw(Refusal):
    """'{read}' is not a known {what}. Choose one of: {expected}."""

    status = 422


class BasisKeyTaken(Refusal):
    """There is another legal basis called '{title}', with the key '{key}', so nothing was stated. Give this one a
    name of its own, such as with its year.
    """


class BasisHasEnded(Refusal):
    """The legal basis '{title}' has ended. What has ended cannot be changed: state a new one."""


class NextReviewIsPast(Refusal):
    """Give a day of the next review of '{title}' that is still to come and not after its end."""

    status = 422


class EndIsNotLater(Refusal):
    """To extend '{title}', give an end that is later than the one it has."""

    status = 422


class EndIsNotEarlier(Refusal):
    """To end '{title}' early, give a moment from now on and before the end that it has."""

    status = 422


class DeletesBeforeTheEnd(Refusal):
    """Records under '{title}' are deleted after its end: give its last day or a later one, or none."""

    status = 422


class ReplacementDoesNotFit(Refusal):
    """'{successor}' cannot replace '{title}': it is for something else, or is not in force when this one ends."""

    status = 422


class ReplacementIsAnothers(Refusal):
    """'{successor}' cannot replace '{title}': nobody controls under both. Choose a basis of the same controller, or
    state one.
    """

    status = 422


class WhyIsMissing(Refusal):
    """Write why, in your own words. They stay with the record."""

    status = 422


class ReviewIsPast(Refusal):
    """Give a day of review after today: by then somebody asks whether the hold still has to last."""

    status = 422


class HoldIsLifted(Refusal):
    """This hold is lifted already. Place another where records have to stay."""


class NoLiveBasis(Refusal):
    """There is no legal basis in force for {what}, so nothing was done. Ask your information governance lead
    to state one.
    """


class BasesHaveFaults(BadInput):
    """The file of legal bases has {count} fault(s), so nothing of it was used."""
