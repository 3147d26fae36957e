"""Hand a call to action to another organisation, by a link without an account.

The partner sees the referral alone: what is asked, and how to reach the person. It has one
owner until the outcome is back with whoever sent it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from openprotect.governance.actions import permit, record, refuse_while_held
from openprotect.governance.errors import NotThere
from openprotect.governance.models import Organisation
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey.act import rules
from openprotect.journey.act.actions.working import move, take
from openprotect.journey.act.errors import NoteIsEmpty, NotPossibleNow, NotReferredThere, UnknownOutcome
from openprotect.journey.act.events import ReferralSent, ReferralSettled
from openprotect.journey.act.facts import OpenedLink
from openprotect.journey.act.models import CallToAction, Referral, ReferralLink, ReferralStep
from openprotect.journey.act.queries import link_opens
from openprotect.journey.contact.actions import hash_of
from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.done import Done
from openprotect.lib.london import moment_in_words
from openprotect.people.models import ContactPoint, PersonIdentity
from openprotect.programmes import queries as programmes
from openprotect.programmes.rules import CARING

OPEN = (Referral.Status.SENT, Referral.Status.ACCEPTED)


def refer(*, call_to_action: UUID, organisation: int, asked: str, by: Scope, now: datetime) -> Done[UUID]:
    """Hand a call to action to a partner with a few words on what is asked; returns the referral.

    The name, one telephone number and the address are copied, nothing else: the partner never
    sees the record. Raises NotReferredThere, NoteIsEmpty, NotPossibleNow.
    """
    call = take(call_to_action, "refer", by=by)
    if not asked.strip():
        raise NoteIsEmpty()
    partner = Organisation.objects.filter(id=organisation).first()
    category = programmes.pack(call.pack_version_id).act.categories[call.category]
    if partner is None or partner.kind not in category.refer_to:
        raise NotReferredThere(organisation=partner.name if partner else "an organisation that is not there")
    with enter(system("referrals", now=now)):
        person = PersonIdentity.objects.get(person_id=call.person_id)
        points = dict(
            ContactPoint.objects.filter(person_id=call.person_id, ends_at=None)
            .order_by("-starts_at")
            .values_list("kind", "value")
        )
    referral = Referral.objects.create(
        id=uuid4(),
        call_to_action=call,
        person_id=call.person_id,
        organisation=partner,
        pack_version_id=call.pack_version_id,
        sent_at=now,
        sent_by=by.actor,
        category_label=category.label,
        name=f"{person.given_name} {person.family_name}",
        telephone=points.get("mobile") or points.get("landline") or "",
        address=points.get("address", ""),
        asked=asked.strip(),
        due_at=max(call.due_at, now),
    )
    write_step(referral, "sent", "", by=by, now=now)
    move(call, "refer", by=by, now=now, detail=partner.code)
    return Done(referral.id, (ReferralSent(referral.id),))


def unsent_referrals(*, older_than: timedelta, by: Scope, now: datetime) -> Done[list[UUID]]:
    """Open referrals whose partner has no link that the provider accepted, the oldest first.

    A link that is younger than `older_than` may be on its way: its referral is left out.
    """
    permit("send.messages", by=by)
    waiting = Referral.objects.filter(~Exists(_sent_or_on_its_way(OuterRef("pk"), older_than, now)), status__in=OPEN)
    return Done(list(waiting.order_by("sent_at", "id").values_list("id", flat=True)))


def unsettled_links(*, referral: UUID, by: Scope, now: datetime) -> Done[list[UUID]]:
    """References of a referral's e-mails of which nobody knows whether they left."""
    permit("send.messages", by=by)
    links = ReferralLink.objects.filter(referral_id=referral, sent_at=None)
    return Done(list(links.order_by("created_at").values_list("reference", flat=True)))


def settle_referral_links(*, sent: Collection[UUID], by: Scope, now: datetime) -> Done[None]:
    """Write down which links the provider accepted."""
    permit("send.messages", by=by)
    links = ReferralLink.objects.select_for_update().select_related("referral").filter(reference__in=sent, sent_at=None)
    for link in links.order_by("reference"):
        link.sent_at = now
        link.save(update_fields=["sent_at"])
        record("referral link sent", by=by, person=link.referral.person_id, of="referral", id=link.referral_id)
    return Done(None)


def send_referral_link(
    *, referral: UUID, older_than: timedelta, by: Scope, now: datetime
) -> Done[list[OutgoingMessage]]:
    """Make a link to a referral and the e-mail that carries it; returns what to hand over.

    Nothing about the person stands in the e-mail. Nothing is made for a referral that is
    settled, whose link left, that has a link younger than `older_than`, which may be on its way,
    or for which no basis for direct care is in force. Otherwise the link is a new one, since only the hash of the last one's token is kept.
    """
    permit("send.messages", by=by)
    refuse_while_held(by=by)
    found = Referral.objects.select_for_update().get(id=referral)
    if found.status not in OPEN or _sent_or_on_its_way(found.id, older_than, now).exists():
        return Done([])
    if programmes.basis_for(found.pack_version_id, CARING, now=now) is None:
        return Done([])
    pack = programmes.pack(found.pack_version_id)
    partner = found.organisation
    token = secrets.token_urlsafe(16)
    reference = uuid4()
    ReferralLink.objects.create(
        token_hash=hash_of(token),
        referral=found,
        reference=reference,
        created_at=now,
        expires_at=pack.contact.link_valid_for.after(max(now, found.due_at)),
    )
    message = pack.message("referral.new", "en")
    values = {
        "organisation": partner.name,
        "category": found.category_label.lower(),
        "link": f"{settings.BASE_URL}/r/{token}",
        "due": moment_in_words(found.due_at),
        "programme": pack.programme.title,
        "phone": pack.programme.phone,
        "phone_hours": pack.programme.phone_hours,
    }
    record("referral link made", by=by, person=found.person_id, of="referral", id=found.id)
    return Done(
        [
            OutgoingMessage(
                reference=reference,
                channel="email",
                to=partner.email,
                subject=message.subject,
                body=message.filled(values),
                person=found.person_id,
                language="en",
                at=now,
            )
        ]
    )


def open_referral(*, token: str, by: Scope, now: datetime) -> Done[OpenedLink | None]:
    """What a partner's link opens; None for a link that is unknown, has run out or opens nothing any more.

    Opening it uses nothing up: mail scanners open links first.
    """
    with enter(system("door", now=now)) as as_door:
        opened = link_opens(token_hash=hash_of(token), scope=as_door)
        if opened is not None:
            record("referral opened", by=as_door, person=opened.person, of="referral", id=opened.referral)
        return Done(opened)


def note_refused_link(*, token: str, by: Scope, now: datetime) -> Done[None]:
    """Write down which link opened nothing. Whoever lets strangers try says how often: each try is an event."""
    with enter(system("door", now=now)) as as_door:
        record("door refused", by=as_door, of="referral link", id=hash_of(token)[:16])
    return Done(None)


def answer_referral(*, referral: UUID, verb: str, outcome: str, text: str, by: Scope, now: datetime) -> Done[None]:
    """What a partner does with a referral: `accept`, `hand back` (with a reason), `report`
    (with an outcome of the pack). Raises NotPossibleNow, UnknownOutcome, NoteIsEmpty.
    """
    if by.identity == "staff":  # who has the link needs no permission
        permit("act.referrals", by=by)
    found = Referral.objects.select_for_update().filter(id=referral).first()
    if found is None:
        raise NotThere()
    if (found.status, verb) not in rules.REFERRAL_TRANSITIONS:
        raise NotPossibleNow(status=found.get_status_display().lower(), verb=verb)
    if verb == "hand back" and not text.strip():
        raise NoteIsEmpty()
    outcomes = {o.code for o in programmes.pack(found.pack_version_id).act.partner_outcomes}
    if verb == "report" and outcome not in outcomes:
        raise UnknownOutcome()
    found.status = rules.REFERRAL_TRANSITIONS[found.status, verb]
    found.outcome = outcome if verb == "report" else ""
    settled = verb != "accept"
    found.settled_at = now if settled else None
    found.save(update_fields=["status", "outcome", "settled_at"])
    write_step(found, verb, text.strip(), by=by, now=now)
    record(f"referral: {verb}", by=by, person=found.person_id, of="referral", id=found.id, why=outcome)
    return Done(None, (ReferralSettled(found.id),) if settled else ())


def take_back(*, referral: UUID, by: Scope, now: datetime) -> Done[None]:
    """A referral came back, with an outcome or without: its call to action is its owner's again."""
    found = Referral.objects.get(id=referral)
    call = CallToAction.objects.select_for_update().get(id=found.call_to_action_id)
    verb = "report" if found.status == Referral.Status.REPORTED else "take back"
    if (call.status, verb) in rules.TRANSITIONS:
        move(call, verb, by=by, now=now, detail=found.outcome)
    return Done(None)


def _sent_or_on_its_way(referral: Any, older_than: timedelta, now: datetime) -> QuerySet[ReferralLink]:
    links = ReferralLink.objects.filter(referral=referral)
    return links.filter(Q(sent_at__isnull=False) | Q(created_at__gt=now - older_than))


def write_step(referral: Referral, what: str, text: str, *, by: Scope, now: datetime) -> None:
    """Write one line of a referral's history."""
    ReferralStep.objects.create(
        referral=referral, person_id=referral.person_id, at=now, by=by.actor, what=what, text=text
    )
