"""Raise calls to action. Only act writes them, whoever asks: triage, contact, a call handler."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Q

from openprotect.governance.actions import permit, record
from openprotect.governance.queries import owner_team
from openprotect.governance.scope import Scope
from openprotect.journey.act import rules
from openprotect.journey.act.events import CallToActionRaised
from openprotect.journey.act.facts import Wanted
from openprotect.journey.act.models import CallToAction, Case, Step
from openprotect.journey.identify.models import Member
from openprotect.journey.triage.models import Decision
from openprotect.lib.done import Done
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions import Pack

_PLACES = ("locality", "commissioner")  # whose people are those who live there

_RESTRICTED = """
SELECT m.id, m.run_id FROM identify_member m JOIN people_person p ON p.id = m.person_id
WHERE p.restricted AND m.left_at IS NULL AND p.died_on IS NULL
  AND NOT EXISTS (SELECT 1 FROM act_calltoaction c WHERE c.member_id = m.id AND c.source = 'contact'
                  AND (c.status <> 'closed' OR c.source_id = left(m.id || ' ' || m.run_id, 60)))
ORDER BY m.id
"""


def raise_calls(*, decision: UUID, by: Scope, now: datetime) -> Done[int]:
    """Raise what a decision asks for; returns how many calls to action it touched."""
    permit("raise.calls_to_action", by=by)
    decided = Decision.objects.select_related("answer_set__check_in__member").get(id=decision)
    if not decided.calls:
        return Done(0)
    member = decided.answer_set.check_in.member
    pack = programmes.pack(decided.pack_version_id)
    events = tuple(
        _raise(
            member,
            Wanted(call["category"], call["urgency"], call["why"]),
            pack=pack,
            pack_version=decided.pack_version_id,
            source="decision",
            source_id=str(decision),
            by=by,
            now=now,
        )
        for call in decided.calls
    )
    return Done(len(events), events)


def raise_for(*, member: UUID, why: str, source: str, source_id: str, by: Scope, now: datetime) -> Done[UUID]:
    """Raise what the pack names for a member whom contact gave up on (`source` "contact"), or
    about whom a caller is worried ("welfare").
    """
    permit("raise.calls_to_action", by=by)
    found = Member.objects.get(id=member)
    version = programmes.switched_on()[found.programme]
    pack = programmes.pack(version)
    ladder = pack.contact
    wanted = (
        Wanted(ladder.worried_category, ladder.worried_urgency, why)
        if source == "welfare"
        else Wanted(ladder.exhausted_category, ladder.exhausted_urgency, why)
    )
    raised = _raise(
        found,
        wanted,
        pack=pack,
        pack_version=version,
        source=source,
        source_id=source_id,
        by=by,
        now=now,
    )
    return Done(raised.call_to_action, (raised,))


def own_restricted(*, by: Scope, now: datetime) -> Done[int]:
    """Give an owner to every restricted member whom nobody has been told about since they joined.

    We never contact them: their practice does, outside the system, and a team sees to it.
    """
    permit("raise.calls_to_action", by=by)
    with connection.cursor() as cursor:
        cursor.execute(_RESTRICTED)
        rows = cursor.fetchall()
    for member, run in rows:
        raise_for(
            member=member, why="restricted record", source="contact", source_id=f"{member} {run}"[:60], by=by, now=now
        )
    return Done(len(rows))


def follow_moves(*, by: Scope, now: datetime) -> Done[int]:
    """Hand what is open for people who moved to another practice or locality to a team there, and what a
    closed team held to one that is open.
    """
    permit("raise.calls_to_action", by=by)
    left_behind = CallToAction.objects.exclude(status=CallToAction.Status.CLOSED).filter(
        Q(owner_team__organisation__kind="practice") & ~Q(owner_team__organisation=F("person__practice"))
        | Q(owner_team__organisation__kind="practice", person__practice=None)
        | Q(owner_team__organisation__kind__in=_PLACES) & ~Q(owner_team__organisation=F("person__locality"))
        | Q(owner_team__organisation__kind__in=_PLACES, person__locality=None)
        | Q(owner_team__closed_at__isnull=False)
    )
    for call in left_behind.select_related("person", "owner_team"):
        call.owner_team = owner_team(
            duty=call.owner_team.duty,
            practice=call.person.practice_id,
            locality=call.person.locality_id,
            person=call.person_id,
        )
        call.save(update_fields=["owner_team"])
        _step(call, "moved", call.status, by=by, now=now)
        record("call to action: moved", by=by, person=call.person_id, of="call to action", id=call.id)
    return Done(len(left_behind))


def _raise(
    member: Member,
    wanted: Wanted,
    *,
    pack: Pack,
    pack_version: int,
    source: str,
    source_id: str,
    by: Scope,
    now: datetime,
) -> CallToActionRaised:
    """A need that is already being worked on is not raised twice: it becomes as urgent as the
    more urgent of the two, and its history says that it was heard again.
    """
    raised_before = CallToAction.objects.filter(source=source, source_id=source_id, category=wanted.category)
    if before := raised_before.first():
        return CallToActionRaised(before.id)
    case, _ = Case.objects.get_or_create(
        member=member, closed_at=None, defaults={"person_id": member.person_id, "opened_at": now}
    )
    Case.objects.select_for_update().get(id=case.id)  # whoever closes it waits, and whoever raises
    already = (
        CallToAction.objects.select_for_update()
        .filter(member=member, category=wanted.category)
        .exclude(status=CallToAction.Status.CLOSED)
        .first()
    )
    rank = pack.triage.rank(wanted.urgency)
    category = pack.act.categories[wanted.category]
    if already:
        _hear_again(already, wanted, rank, rules.due_at(category, wanted.urgency, now), by=by, now=now)
        return CallToActionRaised(already.id)
    desk = category.desk(wanted.urgency)
    person = member.person
    team = owner_team(
        duty=desk.team,
        practice=person.practice_id if desk.at == "practice" else None,
        locality=person.locality_id if desk.at in ("practice", "locality") else None,
        person=person.id,
    )
    raised = CallToAction(
        id=uuid4(),
        case=case,
        member=member,
        person_id=member.person_id,
        pack_version_id=pack_version,
        category=wanted.category,
        urgency=wanted.urgency,
        rank=rank,
        why=wanted.why[:200],
        source=source,
        source_id=source_id,
        owner_team=team,
        raised_at=now,
        due_at=rules.due_at(category, wanted.urgency, now),
    )
    raised.save(force_insert=True)
    _step(raised, "raised", "", by=by, now=now)
    record("call to action raised", by=by, person=member.person_id, of="call to action", id=raised.id)
    return CallToActionRaised(raised.id)


def _hear_again(call: CallToAction, wanted: Wanted, rank: int, due_at: datetime, *, by: Scope, now: datetime) -> None:
    if rank > call.rank:
        call.urgency, call.rank, call.why = wanted.urgency, rank, wanted.why[:200]
        call.due_at = min(call.due_at, due_at)
        call.version += 1
        call.save(update_fields=["urgency", "rank", "why", "due_at", "version"])
    _step(call, "heard again", call.status, by=by, now=now)


def _step(call: CallToAction, what: str, before: str, *, by: Scope, now: datetime) -> None:
    Step.objects.create(
        call_to_action=call,
        person_id=call.person_id,
        at=now,
        by=by.actor,
        what=what,
        from_status=before,
        to_status=call.status,
        detail=call.urgency,
    )
