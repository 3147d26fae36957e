"""Plan the steps of the ladder, and stop them.

Set-based: one statement plans a step for however many members, and no member has it twice
(unique in the database). Nothing is planned for the dead, the opted-out or the restricted;
what changes between planning and sending is checked again when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from openprotect.governance.actions import permit
from openprotect.governance.scope import Scope
from openprotect.journey.contact import rules
from openprotect.journey.contact.events import OccurrencesPlanned
from openprotect.journey.contact.facts import Missed, Planned
from openprotect.journey.contact.models import Call, Intent
from openprotect.journey.identify.models import CohortRun, Member
from openprotect.lib.done import Done
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.contact import Contact

# Who can be written to by text or e-mail answers within the ordinary time; who has nothing but
# an address gets the longer one, because a letter takes its days. A step that would fall due
# after that is not planned at all.
_INSERT = """
INSERT INTO contact_intent (member_id, person_id, pack_version_id, occurrence, step, batch, due_at,
                            respond_by, status, stopped_because)
SELECT m.id, m.person_id, %(version)s, w.occurrence, s.step, %(batch)s, s.due_at, r.respond_by, 'planned', ''
FROM unnest(%(members)s::uuid[], %(occurrences)s::int[]) AS w(member_id, occurrence)
JOIN identify_member m ON m.id = w.member_id AND m.left_at IS NULL
JOIN people_person p ON p.id = m.person_id AND p.died_on IS NULL AND NOT p.restricted
CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (
        SELECT 1 FROM people_contactpoint c WHERE c.person_id = m.person_id AND c.ends_at IS NULL
          AND c.kind IN ('mobile', 'email')
    ) AND NOT EXISTS (
        SELECT 1 FROM people_need d WHERE d.person_id = m.person_id AND d.kind = 'no_digital'
    ) THEN %(respond_by)s::timestamptz ELSE %(letter_respond_by)s::timestamptz END AS respond_by) r
JOIN unnest(%(steps)s::text[], %(due)s::timestamptz[]) AS s(step, due_at) ON s.due_at < r.respond_by
WHERE NOT EXISTS (
    SELECT 1 FROM (
        SELECT kind FROM people_wish WHERE person_id = p.id ORDER BY id DESC LIMIT 1
    ) latest WHERE latest.kind = 'no_contact'
)
ON CONFLICT (member_id, occurrence, step) DO NOTHING
"""

_FOUND = """
SELECT m.id, coalesce((SELECT max(occurrence) FROM contact_intent i WHERE i.member_id = m.id), 0) + 1,
       p.restricted
FROM identify_member m JOIN people_person p ON p.id = m.person_id
WHERE m.run_id = %s AND m.left_at IS NULL AND p.died_on IS NULL
ORDER BY m.id
"""

_RUNS_NOW = """
SELECT m.joined_at, a.pack_version_id FROM identify_member m
JOIN programmes_activation a ON a.programme = m.programme AND a.ends_at IS NULL
WHERE m.id = %(member)s
"""

# In one statement, because every answer of everybody passes here.
_ANSWERED = """
WITH no_more AS (
    UPDATE contact_intent SET status = 'cancelled', stopped_because = 'answered'
    WHERE member_id = %(member)s AND status = 'planned'
), not_rung AS (
    UPDATE contact_call SET status = 'done', ended_at = %(now)s
    WHERE member_id = %(member)s AND status = 'waiting'
)
SELECT m.joined_at, a.pack_version_id FROM identify_member m
JOIN programmes_activation a ON a.programme = m.programme AND a.ends_at IS NULL
WHERE m.id = %(member)s
"""

_STOP_LEFT = """
UPDATE contact_intent i SET status = 'cancelled', stopped_because = m.left_because
FROM identify_member m WHERE m.id = i.member_id AND m.left_run_id = %(run)s AND m.left_at IS NOT NULL
  AND i.status = 'planned'
"""

_END_CALLS_OF_LEFT = """
UPDATE contact_call c SET status = 'cancelled', claimed_by_id = NULL, claimed_until = NULL, ended_at = %(now)s
FROM identify_member m WHERE m.id = c.member_id AND m.left_run_id = %(run)s AND m.left_at IS NOT NULL
  AND c.ended_at IS NULL
"""


def plan(*, run: UUID, by: Scope, now: datetime) -> Done[int]:
    """Plan the first check-in of everybody who joined with a cohort run; returns how many.

    What was planned for those who left with it is cancelled. A restricted person, also one who
    became so since, is never contacted by us: what is planned is stopped when it falls due, and
    act gives them an owner at once (`own_restricted`).
    """
    permit("plan.contact", by=by)
    version = CohortRun.objects.values_list("pack_version_id", flat=True).get(id=run)
    contact = programmes.pack(version).contact
    with connection.cursor() as cursor:
        for step in (_STOP_LEFT, _END_CALLS_OF_LEFT):
            cursor.execute(step, {"run": run, "now": now})
        cursor.execute(_FOUND, [run])
        rows = cursor.fetchall()
    opens_at = rules.next_allowed(contact, now)
    reachable = [(member, occurrence) for member, occurrence, restricted in rows if not restricted]
    batch = _insert(reachable, rules.steps_from(contact, opens_at), contact, version, opens_at)
    return Done(len(reachable), (OccurrencesPlanned(batch),))


def after_answer(*, member: UUID, occurrence: int, by: Scope, now: datetime) -> Done[None]:
    """Cancel what is still planned for an answered check-in, and plan the next one."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, {"member": member, "now": now})
        joined_at, version = cursor.fetchone()
    contact = programmes.pack(version).contact
    opens_at = rules.next_check_in(contact, joined_at, now)
    batch = _insert([(member, occurrence + 1)], rules.steps_from(contact, opens_at), contact, version, opens_at)
    return Done(None, (OccurrencesPlanned(batch),))


def after_missed(*, missed: Sequence[Missed], by: Scope, now: datetime) -> Done[None]:
    """Go up the ladder after check-ins that nobody answered.

    Few misses: the next check-in is asked for. More: somebody rings, and the check-in that the
    caller will fill in is opened without a message. While the member cannot be reached at all
    (trying has ended and a team owns it) nothing more is planned until that team is done.
    """
    events: list[object] = []
    for version, members in _by_version(missed).items():
        contact = programmes.pack(version).contact
        resting = _resting([m.member for m in members])
        write = [
            (m.member, m.occurrence + 1)
            for m in members
            if m.member not in resting and m.in_a_row < contact.call.after_missed
        ]
        ring = [
            (m.member, m.occurrence + 1)
            for m in members
            if m.member not in resting and m.in_a_row >= contact.call.after_missed
        ]
        opens_at = rules.next_allowed(contact, now)
        if write:
            steps = rules.steps_from(contact, opens_at)
            events.append(OccurrencesPlanned(_insert(write, steps, contact, version, opens_at)))
        if ring:
            start = rules.first_try(contact.call, now)
            batch = _insert(ring, (Planned(rules.CALL, start),), contact, version, start)
            open_calls(ring, why="missed_check_ins", version=version, due_at=start, now=now)
            events.append(OccurrencesPlanned(batch))
    return Done(None, tuple(events))


def resume(*, member: UUID, by: Scope, now: datetime) -> Done[None]:
    """Ask again after a team is done with a member: nothing keeps us from trying any more.

    Where a check-in is still due, it goes on; where nothing is, the next one is planned.
    """
    Call.objects.filter(member_id=member, status=Call.Status.EXHAUSTED).update(status=Call.Status.DONE)
    Intent.objects.filter(member_id=member, status=Intent.Status.NO_ROUTE).update(
        status=Intent.Status.CANCELLED, stopped_because="team is done"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(occurrence), 0), bool_or(respond_by > %s)"
            " OR bool_or(step <> %s AND status IN ('planned', 'sending'))"
            " FROM contact_intent WHERE member_id = %s",
            [now, rules.CALL, member],
        )
        last, busy = cursor.fetchone()
        cursor.execute(
            "SELECT 1 FROM contact_call WHERE member_id = %s AND status IN ('waiting', 'being_phoned')",
            [member],
        )
        ringing = cursor.fetchone()
    if busy or ringing:
        return Done(None)
    _, version, contact = _of(member)
    opens_at = rules.next_allowed(contact, now)
    batch = _insert([(member, last + 1)], rules.steps_from(contact, opens_at), contact, version, opens_at)
    return Done(None, (OccurrencesPlanned(batch),))


def resume_all(*, person: UUID, by: Scope, now: datetime) -> Done[None]:
    """Ask a person again in every programme of theirs, because they want to hear from us."""
    members = Member.objects.filter(person_id=person, left_at=None).values_list("id", flat=True)
    events = [event for member in members for event in resume(member=member, by=by, now=now).events]
    return Done(None, tuple(events))


def stop(*, why: str, by: Scope, now: datetime, person: UUID | None = None, member: UUID | None = None) -> Done[None]:
    """Cancel everything that is planned: for a person (opt-out, death), or for one member of a
    programme (contacted in error), whose other programmes go on.
    """
    whose = {"member_id": member} if member else {"person_id": person}
    Intent.objects.filter(status=Intent.Status.PLANNED, **whose).update(
        status=Intent.Status.CANCELLED, stopped_because=why
    )
    Call.objects.filter(ended_at=None, **whose).update(
        status=Call.Status.CANCELLED, claimed_by=None, claimed_until=None, ended_at=now
    )
    return Done(None)


def stop_unasked(*, programme: str, by: Scope, now: datetime) -> Done[None]:
    """Cancel everything that is planned for those whom a programme may not ask any more."""
    permit("plan.contact", by=by)
    whose = {"member__programme": programme, "member__left_because": Member.LeftBecause.BASIS_ENDED}
    Intent.objects.filter(status=Intent.Status.PLANNED, **whose).update(
        status=Intent.Status.CANCELLED, stopped_because="basis_ended"
    )
    Call.objects.filter(ended_at=None, **whose).update(
        status=Call.Status.CANCELLED, claimed_by=None, claimed_until=None, ended_at=now
    )
    return Done(None)


def open_calls(members: Sequence[tuple[UUID, int]], *, why: str, version: int, due_at: datetime, now: datetime) -> None:
    """Put members on the list of people to be phoned, unless they stand on it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contact_call (id, member_id, person_id, pack_version_id, occurrence, why,"
            " raised_at, due_at, tries, status)"
            " SELECT gen_random_uuid(), i.member_id, i.person_id, %(version)s, i.occurrence, %(why)s,"
            " %(now)s, %(due)s, 0, 'waiting'"
            " FROM unnest(%(members)s::uuid[], %(occurrences)s::int[]) AS w(member_id, occurrence)"
            " JOIN contact_intent i ON i.member_id = w.member_id AND i.occurrence = w.occurrence"
            "  AND i.step = %(call)s"
            " ON CONFLICT (member_id) WHERE status IN ('waiting', 'being_phoned')"
            " DO UPDATE SET occurrence = excluded.occurrence",
            {
                "version": version,
                "why": why,
                "now": now,
                "due": due_at,
                "call": rules.CALL,
                "members": [member for member, _ in members],
                "occurrences": [occurrence for _, occurrence in members],
            },
        )


def _insert(
    members: Sequence[tuple[UUID, int]],
    steps: Sequence[Planned],
    contact: Contact,
    version: int,
    opens_at: datetime,
) -> UUID:
    batch = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "version": version,
                "batch": batch,
                "steps": [step.step for step in steps],
                "due": [step.due_at for step in steps],
                "respond_by": contact.open_for.after(opens_at),
                "letter_respond_by": contact.letter_open_for.after(opens_at),
                "members": [member for member, _ in members],
                "occurrences": [occurrence for _, occurrence in members],
            },
        )
    return batch


def _of(member: UUID) -> tuple[datetime, int, Contact]:
    """When a member joined, the version of their programme that runs now, and its ladder."""
    with connection.cursor() as cursor:
        cursor.execute(_RUNS_NOW, {"member": member})
        joined_at, version = cursor.fetchone()
    return joined_at, version, programmes.pack(version).contact


def _by_version(missed: Sequence[Missed]) -> dict[int, list[Missed]]:
    members = {m.member: m for m in missed}
    on = programmes.switched_on()
    grouped: dict[int, list[Missed]] = {}
    for member, programme in Member.objects.filter(id__in=members).values_list("id", "programme"):
        if programme in on:
            grouped.setdefault(on[programme], []).append(members[member])
    return grouped


def _resting(members: Sequence[UUID]) -> set[UUID]:
    """Members whom trying has ended for: their last call is exhausted, or no message found a way,
    and nothing has been planned since.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.member_id FROM contact_intent i WHERE i.member_id = ANY(%s::uuid[])"
            " AND i.occurrence = (SELECT max(occurrence) FROM contact_intent l WHERE l.member_id = i.member_id)"
            " AND (i.status = 'no_route' OR EXISTS (SELECT 1 FROM contact_call c"
            "  WHERE c.member_id = i.member_id AND c.occurrence = i.occurrence AND c.status = 'exhausted'))",
            [list(members)],
        )
        return {row[0] for row in cursor.fetchall()}
