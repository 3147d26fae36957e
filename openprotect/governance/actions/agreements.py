"""Writes of sharing agreements: stated, signed by both sides, ended. Never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import concerns
from openprotect.governance.errors import AgreementSigned, NoAgreement, NotThere
from openprotect.governance.models import AgreementSignature, LegalBasis, Organisation, SharingAgreement
from openprotect.governance.queries.agreements import agreement as find
from openprotect.governance.queries.agreements import resting_on
from openprotect.governance.rules.agreements import SIDES, Terms, faults_of
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done


def state_agreement(
    *,
    title: str,
    giver: int,
    receiver: int,
    basis: int | None,
    purpose: str,
    fields: Sequence[str],
    owner: str,
    starts_at: datetime,
    ends_at: datetime | None,
    review_on: date | None,
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Write down the terms of a sharing agreement; returns its id. Nothing is given before both sides signed.

    Raises NoAgreement with every fault at once; its `by_field` says them by field.
    """
    permit("manage.agreements", by=by)
    found = LegalBasis.objects.filter(id=basis).first() if basis is not None else None
    terms = Terms(giver, receiver, purpose, tuple(fields), owner, starts_at, ends_at, review_on)
    faults = faults_of(terms, resting_on(found) if found else None, now=now)
    if not title.strip():
        faults["title"] = "Enter what this agreement is about"
    if Organisation.objects.filter(id__in=[giver, receiver]).count() < len({giver, receiver}):
        faults.setdefault("receiver", "Choose organisations from the list")
    if faults or found is None or ends_at is None or review_on is None:
        raise NoAgreement(faults)
    concerns(giver, receiver, by=by)
    with enter(system("governance", now=now)):
        made = SharingAgreement.objects.create(
            title=title.strip(),
            giver_id=giver,
            receiver_id=receiver,
            basis=found,
            purpose=purpose,
            fields=list(dict.fromkeys(fields)),
            owner=owner.strip(),
            starts_at=starts_at,
            ends_at=ends_at,
            review_on=review_on,
            stated_at=now,
            stated_by=by.actor,
        )
    record("agreement stated", by=by, of="agreement", id=made.id)
    return Done(made.id)


def sign_agreement(
    *, agreement: int, side: str, name: str, post: str, words: str, signed_on: date, by: Scope, now: datetime
) -> Done[None]:
    """Write down that one side signed: who, as what, with which words, on which day. For good."""
    permit("manage.agreements", by=by)
    found = find(agreement, scope=by)
    if found is None or side not in SIDES:
        raise NotThere()
    concerns(found.row.giver_id, found.row.receiver_id, by=by)
    if side in found.signed or found.standing in ("ended", "basis_ended"):
        raise AgreementSigned()
    with enter(system("governance", now=now)):
        AgreementSignature.objects.create(
            agreement_id=agreement,
            side=side,
            name=name,
            post=post,
            words=words,
            signed_on=signed_on,
            recorded_at=now,
            recorded_by=by.actor,
        )
    record("agreement signed", by=by, of="agreement", id=agreement, why=side)
    return Done(None)


def end_agreement(*, agreement: int, why: str, by: Scope, now: datetime) -> Done[None]:
    """Nothing is given under an agreement from this second on; files under it that lie ready go with the next sweep."""
    permit("manage.agreements", by=by)
    found = find(agreement, scope=by)
    if found is None:
        raise NotThere()
    concerns(found.row.giver_id, found.row.receiver_id, by=by)
    if found.standing != "ended":
        with enter(system("governance", now=now)):
            SharingAgreement.objects.filter(id=agreement, ended_at=None).update(ended_at=now, ended_because=why[:200])
        record("agreement ended", by=by, of="agreement", id=agreement)
    return Done(None)
