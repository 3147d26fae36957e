"""Send what is due: claim, hand over, settle, in that order and in three transactions.

A reference is committed before the provider is asked. Where its answer is lost, the provider
is asked which references it has (`unsettled`); nothing is ever sent again on a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from openprotect.governance.actions import permit, record_each, refuse_while_held
from openprotect.governance.scope import Scope
from openprotect.journey.contact import rules
from openprotect.journey.contact.actions.plan import open_calls
from openprotect.journey.contact.events import ContactExhausted
from openprotect.journey.contact.facts import Claim
from openprotect.journey.contact.models import Attempt, Intent, Link
from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.done import Done
from openprotect.lib.london import moment_in_words
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions import Pack

# The last check before anything leaves, in the transaction that claims it.
_STOP = """
UPDATE contact_intent i SET status = 'cancelled', stopped_because = CASE
    WHEN i.respond_by <= %(now)s THEN 'too late' WHEN p.died_on IS NOT NULL THEN 'died' WHEN p.restricted THEN 'restricted'
    WHEN m.left_at IS NOT NULL THEN m.left_because ELSE 'no_contact' END
FROM people_person p, identify_member m
WHERE i.status = 'planned' AND i.step <> 'call' AND i.due_at <= %(now)s
  AND p.id = i.person_id AND m.id = i.member_id
  AND (i.respond_by <= %(now)s OR p.died_on IS NOT NULL OR p.restricted OR m.left_at IS NOT NULL OR 'no_contact' = (
      SELECT kind FROM people_wish w WHERE w.person_id = p.id ORDER BY w.id DESC LIMIT 1))
"""

MOST_REFUSALS = 3

_AGAIN = """
UPDATE contact_intent i SET
    status = CASE
        WHEN EXISTS (SELECT 1 FROM contact_intent l WHERE l.member_id = i.member_id AND l.occurrence > i.occurrence)
            THEN 'cancelled'
        WHEN (SELECT count(*) FROM contact_attempt a WHERE a.intent_id = i.id AND a.status = 'failed') >= %(most)s
            THEN 'no_route'
        ELSE 'planned' END,
    stopped_because = 'refused by the provider'
WHERE i.id = ANY(%(intents)s) AND i.status = 'sending'
RETURNING i.id, i.member_id, i.step, i.pack_version_id, i.status
"""

_CLAIM = """
WITH due AS (
    SELECT id FROM contact_intent WHERE status = 'planned' AND step <> 'call' AND due_at <= %(now)s
      AND pack_version_id = ANY(%(versions)s)
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE contact_intent i SET status = 'sending' FROM due WHERE i.id = due.id
    RETURNING i.id, i.member_id, i.person_id, i.pack_version_id, i.occurrence, i.step, i.respond_by
)
SELECT c.*, n.given_name, n.family_name, n.language, coalesce(o.name, ''),
       coalesce(points.by_channel, '{}'::jsonb)::text,
       coalesce(points.rings, false),
       ARRAY(SELECT kind FROM people_need d WHERE d.person_id = c.person_id ORDER BY kind)::text[]
FROM claimed c
JOIN people_personidentity n ON n.person_id = c.person_id
JOIN people_person s ON s.id = c.person_id
LEFT JOIN governance_organisation o ON o.id = s.practice_id
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(best.channel, jsonb_build_array(best.id, best.value))
             FILTER (WHERE best.channel IS NOT NULL) AS by_channel,
           bool_or(best.kind IN ('mobile', 'landline')) AS rings
    FROM (
        SELECT DISTINCT ON (kind) id, value, kind,
               CASE kind WHEN 'mobile' THEN 'sms' WHEN 'email' THEN 'email' WHEN 'address' THEN 'letter' END AS channel
        FROM people_contactpoint p WHERE p.person_id = c.person_id AND p.ends_at IS NULL
        ORDER BY kind, starts_at DESC, id DESC
    ) best
) points ON true
ORDER BY c.id
"""


def claim_due(*, limit: int, by: Scope, now: datetime) -> Done[list[OutgoingMessage]]:
    """Claim messages that are due and write down their references; returns what to hand over.

    A person whom the opening message of a check-in cannot reach is rung, if there is a number;
    otherwise that is said at once, so that a team owns it.
    """
    permit("send.messages", by=by)
    refuse_while_held(by=by)
    with connection.cursor() as cursor:
        cursor.execute(_STOP, {"now": now})
        cursor.execute(_CLAIM, {"now": now, "limit": limit, "versions": _may_send(now)})
        claims = [Claim(*row) for row in cursor.fetchall()]
    messages: list[OutgoingMessage] = []
    attempts: list[Attempt] = []
    links: list[Link] = []
    events: list[object] = []
    unreachable: list[int] = []
    passed_over: list[int] = []
    for claim in claims:
        pack = programmes.pack(claim.pack_version)
        channels = rules.channels_for(pack.contact, claim)
        if not channels:
            if rules.is_first(pack.contact, claim.step):
                unreachable.append(claim.intent)
                events += _no_route(claim, pack, now)
            else:
                passed_over.append(claim.intent)
            continue
        attempt, link, message = _compose(claim, pack, channels[0], now)
        attempts.append(attempt)
        links.append(link)
        messages.append(message)
    Attempt.objects.bulk_create(attempts)
    Link.objects.bulk_create(links)
    Intent.objects.filter(id__in=unreachable).update(status=Intent.Status.NO_ROUTE)
    Intent.objects.filter(id__in=passed_over).update(
        status=Intent.Status.CANCELLED, stopped_because="no channel for this step"
    )
    return Done(messages, tuple(events))


def _may_send(now: datetime) -> list[int]:
    """The pack versions that have messages due, whose legal basis for asking is in force, that no risk
    decision suspends, and whose quiet hours it is not: also a worker that was down all day must not wake anybody.
    """
    asking = programmes.may_contact(now=now)
    due = Intent.objects.filter(status=Intent.Status.PLANNED, due_at__lte=now)
    return [
        version
        for version in due.values_list("pack_version_id", flat=True).distinct()
        if version in asking and rules.next_allowed(programmes.pack(version).contact, now) == now
    ]


def settle(*, sent: Collection[UUID], claimed: Collection[UUID], by: Scope, now: datetime) -> Done[None]:
    """Write down which of the claimed messages the provider accepted.

    A message that it refused is planned again for the next run, unless the check-in has moved
    on. One that it has refused MOST_REFUSALS times has no route: where it would have opened the
    check-in, that is said, so that a team owns it.
    """
    permit("send.messages", by=by)
    attempts = Attempt.objects.filter(reference__in=claimed, status=Attempt.Status.SENDING)
    accepted = list(
        attempts.filter(reference__in=sent).order_by("reference").values_list("reference", "person_id", "intent_id")
    )
    refused = list(attempts.exclude(reference__in=sent).values_list("reference", "intent_id"))
    Attempt.objects.filter(reference__in=[row[0] for row in accepted]).update(
        status=Attempt.Status.SENT, settled_at=now
    )
    Intent.objects.filter(id__in=[row[2] for row in accepted]).update(status=Intent.Status.SENT)
    Attempt.objects.filter(reference__in=[row[0] for row in refused]).update(
        status=Attempt.Status.FAILED, settled_at=now
    )
    events = _after_refusal([row[1] for row in refused])
    record_each(
        "message sent",
        by=by,
        people=[row[1] for row in accepted],
        of="attempt",
        ids=[str(row[0]) for row in accepted],
    )
    return Done(None, events)


def _after_refusal(intents: list[int]) -> tuple[object, ...]:
    if not intents:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, {"intents": intents, "most": MOST_REFUSALS})
        given_up = [row for row in cursor.fetchall() if row[4] == Intent.Status.NO_ROUTE]
    return tuple(
        ContactExhausted(member, source_id=f"intent {intent}", why="a message that could not be sent")
        for intent, member, step, version, _ in given_up
        if rules.is_first(programmes.pack(version).contact, step)
    )


def unsettled(*, older_than: timedelta, by: Scope, now: datetime) -> Done[list[UUID]]:
    """References that were claimed and never settled, because a worker died in between."""
    permit("send.messages", by=by)
    lost = Attempt.objects.filter(status=Attempt.Status.SENDING, claimed_at__lte=now - older_than)
    return Done(list(lost.order_by("claimed_at").values_list("reference", flat=True)[:500]))


def hash_of(token: str) -> str:
    """The keyed hash under which a link's token is kept."""
    return hmac.new(settings.LINK_KEY.encode(), token.encode(), hashlib.sha256).hexdigest()


def _compose(claim: Claim, pack: Pack, channel: str, now: datetime) -> tuple[Attempt, Link, OutgoingMessage]:
    point, to = claim.points[channel]
    token = secrets.token_urlsafe(16)
    name = f"{channel}.{rules.message_of(pack.contact, claim.step)}"
    language = claim.language if (name, claim.language) in pack.messages else "en"
    message = pack.messages[name, language]
    reference = uuid4()
    is_child = "guardian" in claim.needs  # written to by way of whoever answers for them
    values = {
        "first_name": f"{claim.given_name}'s parent or guardian" if is_child else claim.given_name,
        "link": f"{settings.BASE_URL}/c/{token}",
        "phone": pack.programme.phone,
        "phone_hours": pack.programme.phone_hours,
        "programme": pack.programme.title,
        "practice": claim.practice or "Your GP practice",
        "closes": moment_in_words(claim.respond_by),
    }
    attempt = Attempt(
        reference=reference,
        intent_id=claim.intent,
        person_id=claim.person,
        contact_point_id=point,
        channel=channel,
        message=name,
        language=language,
        claimed_at=now,
    )
    link = Link(
        token_hash=hash_of(token),
        person_id=claim.person,
        member_id=claim.member,
        occurrence=claim.occurrence,
        created_at=now,
        expires_at=pack.contact.link_valid_for.after(now),
    )
    if channel == "letter":
        name = f"{claim.given_name} {claim.family_name}"
        to = f"{'The parent or guardian of ' if is_child else ''}{name}\n{to}"
    return (
        attempt,
        link,
        OutgoingMessage(
            reference=reference,
            channel=channel,
            to=to,
            subject=message.subject or pack.programme.title,
            body=message.filled(values),
            person=claim.person,
            language=language,
            at=now,
            large_print="large_print" in claim.needs,
        ),
    )


def _no_route(claim: Claim, pack: Pack, now: datetime) -> list[object]:
    if not claim.rings:
        why = "no telephone, e-mail or address that can be used"
        return [ContactExhausted(claim.member, source_id=f"intent {claim.intent}", why=why)]
    intent = Intent.objects.get(id=claim.intent)
    Intent.objects.get_or_create(
        member_id=claim.member,
        occurrence=claim.occurrence,
        step=rules.CALL,
        defaults={
            "person_id": claim.person,
            "pack_version_id": claim.pack_version,
            "batch": intent.batch,
            "due_at": now,
            "respond_by": intent.respond_by,
        },
    )
    start = rules.first_try(pack.contact.call, now)
    open_calls(
        [(claim.member, claim.occurrence)],
        why="no_message_route",
        version=claim.pack_version,
        due_at=start,
        now=now,
    )
    return []
