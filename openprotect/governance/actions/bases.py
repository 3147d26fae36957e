"""Writes of legal bases: state, approve, extend, replace, end, decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from openprotect.governance import basis_errors, errors
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import concerns
from openprotect.governance.actions.retention import begin_hold
from openprotect.governance.facts import law
from openprotect.governance.facts.bases import Approval, BasisInFile, BasisStated, Extension, Party
from openprotect.governance.models import (
    BasisApproval,
    BasisChange,
    BasisParty,
    LegalBasis,
    Organisation,
    Role,
    Team,
    User,
)
from openprotect.governance.queries.bases import term_of
from openprotect.governance.rules import bases as rules
from openprotect.governance.rules.staff import BOARDS
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.errors import Fault
from openprotect.lib.london import today


def state_basis(
    *, by: Scope, now: datetime, words: str = "", known_since: datetime | None = None, **said: Any
) -> Done[int]:
    """Write down a legal basis, as in `BasisStated`; returns its id. The same from a file again changes nothing.

    What staff state is in force once both approvers have approved it. What the system states, from a file or
    for a demo, is in force as stated: whoever runs the installation answers for it.
    `known_since` is when it was known, where that is earlier than now. Raises BasisHasNoOwner,
    BasisHasNoEnd, BasisEndsTooEarly, UnknownToTheLaw, PowerIsMissing, BasisKeyTaken.
    """
    permit("manage.bases", by=by)
    stated = BasisStated(**said)
    _check(stated)
    before = LegalBasis.objects.filter(key=stated.key).first()
    if before:
        # Nobody types the same again: on a page it is another basis of the same name.
        if by.identity == "staff" or (before.title, before.purpose) != (stated.title, stated.purpose):
            raise basis_errors.BasisKeyTaken(key=before.key, title=before.title)
        return Done(before.id)
    with enter(system("governance", now=now)):
        basis = LegalBasis.objects.create(
            key=stated.key,
            title=stated.title,
            purpose=stated.purpose,
            purposes=list(stated.purposes),
            article_6=stated.article_6,
            article_9=stated.article_9,
            confidence=stated.confidence,
            data_categories=list(stated.data_categories),
            sources=list(stated.sources),
            owner=stated.owner or _owner_in_words(stated),
            owner_user_id=stated.owner_user,
            owner_role_id=stated.owner_role or None,
            owner_team_id=stated.owner_team,
            starts_at=None if by.identity == "staff" else stated.starts_at,
            asked_from=stated.starts_at if by.identity == "staff" else None,
            ends_at=stated.ends_at,
            review_date=stated.review_date,
            privacy_notice=stated.privacy_notice,
            is_direct_care=stated.is_direct_care,
            opt_out_applies=stated.opt_out_applies,
        )
        BasisParty.objects.bulk_create(
            BasisParty(basis=basis, organisation_id=p.organisation, power=p.power, capacity=p.capacity)
            for p in stated.parties
        )
        _write_change(basis, BasisChange.What.STATED, words, by=by, at=known_since or now)
    record("basis stated", by=by, of="basis", id=basis.id)
    return Done(basis.id)


def add_party(*, basis: int, organisation: str, power: str, capacity: str, by: Scope, now: datetime) -> Done[None]:
    """Put an organisation, by its code, under a basis: its statutory power, and whether it controls or processes.

    Only while nobody has approved it. Raises UnknownOrganisation, UnknownToTheLaw, PowerIsMissing, PartyAlready,
    PartiesAreApproved, BasisHasEnded.
    """
    permit("manage.bases", by=by)
    found = _open(basis, now, by)
    who = Organisation.objects.filter(code__iexact=organisation.strip()).first()
    if who is None:
        raise errors.UnknownOrganisation(code=organisation.strip())
    if capacity not in law.CAPACITIES:
        raise basis_errors.UnknownToTheLaw(read=capacity, what="capacity", expected=", ".join(law.CAPACITIES))
    if not power.strip():
        raise basis_errors.PowerIsMissing(organisation=who.name, title=found.title)
    if BasisParty.objects.filter(basis=found, organisation=who).exists():
        raise basis_errors.PartyAlready(organisation=who.name, title=found.title)
    if found.starts_at is not None or _approvals(found):
        raise basis_errors.PartiesAreApproved(organisation=who.name, title=found.title)
    with enter(system("governance", now=now)):
        BasisParty.objects.create(basis=found, organisation=who, power=power.strip()[:200], capacity=capacity)
    record("basis: organisation added", by=by, of="basis", id=basis, why=f"{who.code}, {capacity}")
    return Done(None)


def load_bases(*, bases: Sequence[BasisInFile], by: Scope, now: datetime) -> Done[int]:
    """State the bases of a file, with the extensions that are known by now; returns how many are new.

    All of it or nothing. Loaded again later, it brings in what was announced since. Raises
    BasesHaveFaults where it names people, roles or organisations that are not here.
    """
    permit("manage.bases", by=by)
    users = dict(User.objects.values_list("username", "id"))
    roles = set(Role.objects.values_list("name", flat=True))
    named = {code for each in bases for code, _, _ in each.parties}
    codes = dict(Organisation.objects.filter(code__in=named).values_list("code", "id"))
    faults: list[Fault] = []
    for each in bases:
        where, role = f"basis '{each.said['key']}'", each.said.get("owner_role", "")
        if each.owner_username and each.owner_username not in users:
            faults.append(Fault(each.file, where, "owner_user", each.owner_username, "somebody who works here"))
        if role and role not in roles:
            faults.append(Fault(each.file, where, "owner_role", role, "a role: " + ", ".join(sorted(roles))))
        faults += [
            Fault(each.file, where, "organisation", code, "the code of an organisation that was brought in")
            for code, _, _ in each.parties
            if code not in codes
        ]
    if faults:
        raise basis_errors.BasesHaveFaults(faults)
    new = 0
    for each in bases:
        there = LegalBasis.objects.filter(key=each.said["key"]).exists()
        parties = [Party(codes[code], power, capacity) for code, power, capacity in each.parties]
        said = {**each.said, "owner_user": users.get(each.owner_username), "parties": parties}
        known = min(now, each.said["starts_at"])
        basis = state_basis(**said, words=each.words, known_since=known, by=by, now=now).value
        new += not there
        if not there:
            _write_approvals(basis, each.approvals, now=now)
        _extend_as_known(basis, each.extensions, by=by, now=now)
    return Done(new)


def _extend_as_known(basis: int, extensions: Sequence[Extension], *, by: Scope, now: datetime) -> None:
    end = LegalBasis.objects.values_list("ends_at", flat=True).get(id=basis)
    for each in extensions:
        if each.known <= now and end is not None and each.ends_at > end:
            known = each.known
            extend_basis(basis=basis, ends_at=each.ends_at, words=each.words, known_since=known, by=by, now=now)
            end = each.ends_at


def approve_basis(*, basis: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """Approve a basis in the actor's role, with their words. With the last approval it comes into force.

    Raises ApprovedByItsStater, ApprovedAlready, BasisHasEnded, WhyIsMissing.
    """
    permit("approve.bases", by=by)
    found = _open(basis, now, by)
    if by.role not in law.APPROVERS:
        raise errors.NotPermitted
    _need(words)
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
    _write_approvals(basis, given[-1:], now=now)
    record("basis approved", by=by, of="basis", id=basis)
    if found.starts_at is None and begins is not None:
        with enter(system("governance", now=now)):
            found.starts_at = begins
            found.save(update_fields=["starts_at"])
        record("basis in force", by=by, of="basis", id=basis)
    return Done(None)


def _approvals(basis: LegalBasis) -> list[Approval]:
    given = BasisApproval.objects.filter(basis=basis).order_by("id")
    return [Approval(*row) for row in given.values_list("approver", "by", "at", "words")]


def _write_approvals(basis: int, given: Sequence[Approval], *, now: datetime) -> None:
    with enter(system("governance", now=now)):
        BasisApproval.objects.bulk_create(
            BasisApproval(basis_id=basis, approver=each.approver, by=each.by, at=each.at, words=each.words.strip())
            for each in given
        )


def extend_basis(
    *, basis: int, ends_at: datetime, words: str, by: Scope, now: datetime, known_since: datetime | None = None
) -> Done[None]:
    """Give a basis that is still in force a later end.

    Raises BasisHasEnded, EndIsNotLater, ApprovedAsItIs, WhyIsMissing.
    """
    permit("manage.bases", by=by)
    found = _open(basis, known_since or now, by)
    _need(words)
    if found.starts_at is None and _approvals(found):
        raise basis_errors.ApprovedAsItIs(title=found.title)
    if found.ends_at is None or ends_at <= found.ends_at:
        raise basis_errors.EndIsNotLater(title=found.title)
    return _change(found, BasisChange.What.EXTENDED, words, by=by, now=now, at=known_since, ends_at=ends_at)


def end_basis(*, basis: int, ends_at: datetime | None, words: str, by: Scope, now: datetime) -> Done[None]:
    """End a basis earlier than it would, at once if no moment is given. Raises EndIsNotEarlier."""
    permit("manage.bases", by=by)
    found = _open(basis, now, by)
    _need(words)
    ends_at = ends_at or now
    begins = found.starts_at or found.asked_from or now
    if ends_at < now or ends_at <= begins or (found.ends_at is not None and ends_at >= found.ends_at):
        raise basis_errors.EndIsNotEarlier(title=found.title)
    return _change(found, BasisChange.What.ENDED, words, by=by, now=now, ends_at=ends_at)


def review_basis(*, basis: int, review_on: date, words: str, by: Scope, now: datetime) -> Done[None]:
    """Say that a basis was looked at and goes on as it is, and when next. Raises NextReviewIsPast, WhyIsMissing."""
    permit("manage.bases", by=by)
    found = _open(basis, now, by)
    _need(words)
    if not rules.may_be_reviewed_on(review_on, term_of(found), today=today(now)):
        raise basis_errors.NextReviewIsPast(title=found.title)
    return _change(found, BasisChange.What.REVIEWED, words, by=by, now=now, review_date=review_on)


def replace_basis(*, basis: int, replaced_by: int, words: str, by: Scope, now: datetime) -> Done[None]:
    """Say which basis carries on when this one ends. Raises ReplacementDoesNotFit.

    It must serve the same purpose and be in force at the end, so that there is no gap.
    """
    permit("manage.bases", by=by)
    found = _open(basis, now, by)
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
    found = _open(basis, now, by)
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
    **changed: Any,
) -> Done[None]:
    with enter(system("governance", now=now)):
        for name, value in changed.items():
            setattr(basis, name, value)
        if changed:
            basis.save(update_fields=list(changed))
        _write_change(basis, what, words, by=by, at=at or now, delete_on=delete_on)
    record(f"basis: {what.value}", by=by, of="basis", id=basis.id)
    return Done(None)


def _write_change(
    basis: LegalBasis, what: BasisChange.What, words: str, *, by: Scope, at: datetime, delete_on: date | None = None
) -> None:
    BasisChange.objects.create(
        basis=basis,
        what=what,
        at=at,
        by=by.actor,
        words=words.strip(),
        ends_at=basis.ends_at,
        replaced_by=basis.replaced_by,
        delete_on=delete_on,
    )


def _open(basis: int, now: datetime, by: Scope) -> LegalBasis:
    """The basis, locked against another change of it. Raises NotThere, OutsideYourOrganisation, BasisHasEnded."""
    with enter(system("governance", now=now)):
        found = LegalBasis.objects.select_for_update(of=("self",)).filter(id=basis).first()
    if found is None:
        raise errors.NotThere
    # Not every party answers for a basis: a practice that is one does not keep its board from it.
    boards = BasisParty.objects.filter(basis=found, organisation__kind__in=BOARDS)
    concerns(*boards.values_list("organisation_id", flat=True), by=by)
    if rules.state(term_of(found), now) == rules.ENDED:
        raise basis_errors.BasisHasEnded(title=found.title)
    return found


def _need(words: str) -> None:
    if not words.strip():
        raise basis_errors.WhyIsMissing


def _check(stated: BasisStated) -> None:
    title = stated.title or stated.key
    if not (stated.has_owner or stated.owner.strip()):
        raise basis_errors.BasisHasNoOwner(title=title)
    if stated.ends_at is None and not rules.may_be_without_end(stated):
        raise basis_errors.BasisHasNoEnd(title=title)
    if stated.ends_at is not None and stated.ends_at <= stated.starts_at:
        raise basis_errors.BasisEndsTooEarly(title=title, start=f"{stated.starts_at:%d %B %Y}")
    for what, read, allowed in (
        *(("purpose", purpose, law.PURPOSES) for purpose in (stated.purpose, *stated.purposes)),
        ("condition of Article 6", stated.article_6, law.ARTICLE_6),
        ("condition of Article 9", stated.article_9, law.ARTICLE_9),
        ("way to meet the duty of confidence", stated.confidence, law.CONFIDENCE),
        *(("capacity", party.capacity, law.CAPACITIES) for party in stated.parties),
    ):
        if read not in allowed and (read or what in ("purpose", "capacity")):
            raise basis_errors.UnknownToTheLaw(read=read, what=what, expected=", ".join(allowed))

    nameless = next((party.organisation for party in stated.parties if not party.power.strip()), None)
    if nameless is not None:
        name = Organisation.objects.values_list("name", flat=True).get(id=nameless)
        raise basis_errors.PowerIsMissing(organisation=name, title=title)


def _owner_in_words(stated: BasisStated) -> str:
    if stated.owner_user:
        return User.objects.values_list("name", flat=True).get(id=stated.owner_user)
    if stated.owner_role:
        return Role.objects.values_list("label", flat=True).get(name=stated.owner_role)
    return Team.objects.values_list("name", flat=True).get(id=stated.owner_team or 0)
