"""Decisions about a legal basis that there is: approve, extend, replace, end, and what becomes of the records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from openprotect.governance import basis_errors, errors
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import concerns, is_between_others
from openprotect.governance.actions.retention import begin_hold
from openprotect.governance.facts import law
from openprotect.governance.facts.bases import Approval, Extension
from openprotect.governance.models import BasisApproval, BasisChange, BasisExtension, BasisParty, LegalBasis
from openprotect.governance.queries.bases import controllers, term_of, version_of
from openprotect.governance.rules import bases as rules
from openprotect.governance.rules.staff import BOARDS
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.london import today


def approve_basis(*, basis: int, words: str, by: Scope, now: datetime, read: str | None = None) -> Done[None]:
    """Approve a basis in the actor's role, with their words. With the last approval it comes into force.

    `read` is the version of it that they read, where a page showed it: until the first approval whoever states it may
    put off its end. Raises ChangedSinceRead, ApprovedByItsStater, ApprovedAlready, BasisHasEnded, WhyIsMissing.
    """
    permit("approve.bases", by=by)
    found = open_basis(basis, now, by)
    if by.role not in law.APPROVERS:
        raise errors.NotPermitted
    _need(words)
    if read is not None and read != version_of(basis):
        raise basis_errors.ChangedSinceRead(title=found.title)
    stated_by = BasisChange.objects.filter(basis=found, what=BasisChange.What.STATED).values_list("by", flat=True)[0]
    given = _approvals(found)
    if by.actor == stated_by:
        raise basis_errors.ApprovedByItsStater(title=found.title)
    if any(by.role == each.approver or by.actor == each.by for each in given):
        raise basis_errors.ApprovedAlready(title=found.title)
    given = [*given, Approval(by.role, by.actor, now, words)]
    begins = found.starts_at or rules.in_force_from(
        found.asked_from or now, given, approvers=law.APPROVERS, stated_by=stated_by
    )
    write_approvals(basis, given[-1:], now=now)
    record("basis approved", by=by, of="basis", id=basis)
    if found.starts_at is None and begins is not None:
        with enter(system("governance", now=now)):
            found.starts_at = begins
            found.save(update_fields=["starts_at"])
        record("basis in force", by=by, of="basis", id=basis)
    return Done(None)


def _approvals(basis: LegalBasis, extension: BasisExtension | None = None) -> list[Approval]:
    given = BasisApproval.objects.filter(basis=basis, extension=extension).order_by("id")
    return [Approval(*row) for row in given.values_list("approver", "by", "at", "words")]


def write_approvals(basis: int, given: Sequence[Approval], *, now: datetime, extension: int | None = None) -> None:
    """Write down who approved a basis, or an extension of it, for an action that has asked whether they may."""
    with enter(system("governance", now=now)):
        BasisApproval.objects.bulk_create(
            BasisApproval(
                basis_id=basis,
                extension_id=extension,
                approver=each.approver,
                by=each.by,
                at=each.at,
                words=each.words.strip(),
            )
            for each in given
        )


def extend_basis(*, basis: int, ends_at: datetime, words: str, by: Scope, now: datetime) -> Done[None]:
    """Ask that a basis ends later. It does once both approvers have approved that, and holds its old end until then.

    One that nobody has approved and that is not in force takes the new end at once: it is approved with it. A later
    decision about the end takes the place of what was asked before.
    Raises BasisHasEnded, EndIsNotLater, ApprovedAsItIs, WhyIsMissing.
    """
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    _need(words)
    if found.starts_at is None and _approvals(found):
        raise basis_errors.ApprovedAsItIs(title=found.title)
    if found.ends_at is None or ends_at <= found.ends_at:
        raise basis_errors.EndIsNotLater(title=found.title)
    if found.starts_at is None:
        return _change(found, BasisChange.What.EXTENDED, words, by=by, now=now, ends_at=ends_at)
    asked = _ask(found, ends_at, words, by=by, now=now)
    record("basis: extension asked for", by=by, of="basis", id=basis, why=f"extension {asked.id}")
    return Done(None)


def approve_extension(*, basis: int, extension: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """Approve that a basis ends later, in the actor's role, with their words. With the last approval it does.

    `extension` is the one that they read: where another was asked for since, nothing is approved.
    Raises ExtensionIsSettled, ExtensionIsAskedByYou, ApprovedAlready, BasisHasEnded, WhyIsMissing.
    """
    permit("approve.bases", by=by)
    found = open_basis(basis, now, by)
    if by.role not in law.APPROVERS:
        raise errors.NotPermitted
    _need(words)
    asked = BasisExtension.objects.filter(id=extension, basis=found, settled_at=None).first()
    if asked is None:
        raise basis_errors.ExtensionIsSettled(title=found.title)
    if by.actor == asked.by:
        raise basis_errors.ExtensionIsAskedByYou(title=found.title)
    given = _approvals(found, asked)
    if any(by.role == each.approver or by.actor == each.by for each in given):
        raise basis_errors.ApprovedAlready(title=found.title)
    given = [*given, Approval(by.role, by.actor, now, words)]
    write_approvals(basis, given[-1:], extension=asked.id, now=now)
    record("basis: extension approved", by=by, of="basis", id=basis, why=f"extension {asked.id}")
    if rules.are_enough(given, approvers=law.APPROVERS, asked_by=asked.by):
        return _lengthen(found, asked, by=by, now=now, at=now)
    return Done(None)


def extend_from_file(*, basis: LegalBasis, extension: Extension, by: Scope, now: datetime) -> None:
    """Put the end of a basis off as a file says, from the day that the file says it was known.

    Raises StatedOnAPage, where two people approved the basis on its page, and BasisHasEnded.
    """
    found = open_basis(basis.id, extension.known, by)
    if found.asked_from is not None or by.identity == "staff":
        raise basis_errors.StatedOnAPage(title=found.title)
    asked = _ask(found, extension.ends_at, extension.words, by=by, now=now)
    _lengthen(found, asked, by=by, now=now, at=extension.known)


def _ask(basis: LegalBasis, ends_at: datetime, words: str, *, by: Scope, now: datetime) -> BasisExtension:
    with enter(system("governance", now=now)):
        _settle(basis, now)
        return BasisExtension.objects.create(basis=basis, ends_at=ends_at, at=now, by=by.actor, words=words.strip())


def _lengthen(found: LegalBasis, asked: BasisExtension, *, by: Scope, now: datetime, at: datetime) -> Done[None]:
    what = BasisChange.What.EXTENDED
    return _change(found, what, asked.words, asked_by=asked.by, by=by, now=now, at=at, ends_at=asked.ends_at)


def _settle(basis: LegalBasis, now: datetime) -> None:
    BasisExtension.objects.filter(basis=basis, settled_at=None).update(settled_at=now)


def end_basis(*, basis: int, ends_at: datetime | None, words: str, by: Scope, now: datetime) -> Done[None]:
    """End a basis earlier than it would, at once if no moment is given. Raises EndIsNotEarlier."""
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    _need(words)
    ends_at = ends_at or now
    begins = found.starts_at or found.asked_from or now
    if ends_at < now or ends_at <= begins or (found.ends_at is not None and ends_at >= found.ends_at):
        raise basis_errors.EndIsNotEarlier(title=found.title)
    return _change(found, BasisChange.What.ENDED, words, by=by, now=now, ends_at=ends_at)


def review_basis(*, basis: int, review_on: date, words: str, by: Scope, now: datetime) -> Done[None]:
    """Say that a basis was looked at and goes on as it is, and when next. Raises NextReviewIsPast, WhyIsMissing."""
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    _need(words)
    if not rules.may_be_reviewed_on(review_on, term_of(found), today=today(now)):
        raise basis_errors.NextReviewIsPast(title=found.title)
    return _change(found, BasisChange.What.REVIEWED, words, by=by, now=now, review_date=review_on)


def replace_basis(*, basis: int, replaced_by: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """Say which basis carries on when this one ends. Raises ReplacementDoesNotFit, ReplacementIsAnothers.

    It must serve the same purpose and be in force at the end, so that there is no gap; and somebody controls
    under both, and it is not between other boards alone.
    """
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    _need(words)
    other = LegalBasis.objects.filter(id=replaced_by).exclude(id=basis).first()
    purposes = {other.purpose, *other.purposes} if other else set()
    if (
        other is None
        or found.ends_at is None
        or found.purpose not in purposes
        or not rules.is_live(term_of(other), found.ends_at)
    ):
        raise basis_errors.ReplacementDoesNotFit(title=found.title, successor=other.title if other else "Nothing")
    who = controllers([basis, other.id])
    if not rules.may_carry_on(who[basis], who[other.id]) or is_between_others(*_boards(other), by=by):
        raise basis_errors.ReplacementIsAnothers(title=found.title, successor=other.title)
    return _change(found, BasisChange.What.REPLACED, words, by=by, now=now, replaced_by=other)


def decide_end(
    *, basis: int, choice: str, words: str, delete_on: date | None = None, by: Scope, now: datetime
) -> Done[None]:
    """Decide what becomes of the records at the end: `stop_and_delete`, or `archive_on_hold`.

    After the first, disposal erases from `delete_on` whoever rests on nothing else; without a day, records stay
    for the period of their rule. The second puts a legal hold on all that rests on the basis, from now on. The
    last decision counts: what was to replace the basis no longer does. Raises DeletesBeforeTheEnd.
    """
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    _need(words)
    if choice not in (BasisChange.What.STOP_AND_DELETE, BasisChange.What.ARCHIVE_ON_HOLD):
        raise basis_errors.UnknownToTheLaw(read=choice, what="choice", expected=", ".join(law.CHOICES))
    if delete_on is not None:
        last_day = today((found.ends_at or now) - timedelta(microseconds=1))
        if choice != BasisChange.What.STOP_AND_DELETE or delete_on < max(last_day, today(now)):
            raise basis_errors.DeletesBeforeTheEnd(title=found.title)
    what = BasisChange.What(choice)
    done = _change(found, what, words, delete_on=delete_on, by=by, now=now, replaced_by=None)
    if choice == BasisChange.What.ARCHIVE_ON_HOLD:
        begin_hold(f"Archive of {found.title}"[:120], words, basis=basis, by=by, now=now)
    return done


def _change(
    basis: LegalBasis,
    what: BasisChange.What,
    words: str,
    *,
    by: Scope,
    now: datetime,
    at: datetime | None = None,
    delete_on: date | None = None,
    asked_by: str = "",
    **changed: Any,
) -> Done[None]:
    with enter(system("governance", now=now)):
        for name, value in changed.items():
            setattr(basis, name, value)
        if changed:
            basis.save(update_fields=list(changed))
        if what != BasisChange.What.REVIEWED:
            _settle(basis, now)
        write_change(basis, what, words, by=asked_by or by.actor, at=at or now, delete_on=delete_on)
    record(f"basis: {what.value}", by=by, of="basis", id=basis.id)
    return Done(None)


def write_change(
    basis: LegalBasis, what: BasisChange.What, words: str, *, by: str, at: datetime, delete_on: date | None = None
) -> None:
    """Write down what was decided, by whom, and the end that is in force from then on."""
    BasisChange.objects.create(
        basis=basis,
        what=what,
        at=at,
        by=by,
        words=words.strip(),
        ends_at=basis.ends_at,
        replaced_by=basis.replaced_by,
        delete_on=delete_on,
    )


def open_basis(basis: int, now: datetime, by: Scope) -> LegalBasis:
    """The basis, locked against another change of it. Raises NotThere, OutsideYourOrganisation, BasisHasEnded."""
    with enter(system("governance", now=now)):
        found = LegalBasis.objects.select_for_update(of=("self",)).filter(id=basis).first()
    if found is None:
        raise errors.NotThere
    concerns(*_boards(found), by=by)
    if rules.state(term_of(found), now) == rules.ENDED:
        raise basis_errors.BasisHasEnded(title=found.title)
    return found


def _boards(basis: LegalBasis) -> list[int]:
    # Not every party answers for a basis: a practice that is one does not keep its board from it.
    found = BasisParty.objects.filter(basis=basis, organisation__kind__in=BOARDS)
    return list(found.values_list("organisation_id", flat=True))


def _need(words: str) -> None:
    if not words.strip():
        raise basis_errors.WhyIsMissing
