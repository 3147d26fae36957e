"""Writes about people: lists that arrive, wishes, deaths, numbers that turn out wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from openprotect.governance import actions as governance
from openprotect.governance.actions import (
    end_emergency_access_to,
    keep_holds_out,
    look_for_emergency,
    open_emergency_access,
    permit,
    record,
    record_each,
)
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.facts.organisations import Move, Succession
from openprotect.governance.queries import is_live, people_in_emergency, require_basis
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.people import arrivals, following
from openprotect.people.errors import ListAlreadyReceived, NoAddress, RecordIsHeld, RestrictedRecord, SeenAlready
from openprotect.people.events import ContactDeclined, ContactWanted, DeathRecorded, ListReceived
from openprotect.people.facts import Arrival, KnownAs, ListEntry, ListTotals
from openprotect.people.models import ContactPoint, ListVersion, Objection, Person, PersonIdentity, Wish

_STAGE_ROWS = """
CREATE TEMPORARY TABLE IF NOT EXISTS list_row (
    row_number integer, person_id uuid, category text, data_source text, inception_date date, row_hash text
) ON COMMIT DELETE ROWS;
TRUNCATE list_row
"""

_WRITE_CHANGES = """
INSERT INTO people_listchange (version_id, row_number, person_id, outcome, fields)
SELECT %(version)s, r.row_number, r.person_id,
       CASE WHEN p.id IS NULL THEN 'new' WHEN p.row_hash = r.row_hash THEN 'unchanged' ELSE 'changed' END, '{}'
FROM list_row r LEFT JOIN people_listplace p ON p.name = %(name)s AND p.person_id = r.person_id AND p.removed_in_id IS NULL
"""

_CHANGE_PLACES = """
UPDATE people_listplace p SET category = r.category, data_source = r.data_source,
       inception_date = r.inception_date, row_hash = r.row_hash
FROM list_row r WHERE p.name = %(name)s AND p.removed_in_id IS NULL AND p.person_id = r.person_id
  AND p.row_hash <> r.row_hash
"""

_NEW_PLACES = """
INSERT INTO people_listplace (name, person_id, category, data_source, inception_date, first_version_id, row_hash)
SELECT %(name)s, person_id, category, data_source, inception_date, %(version)s, row_hash FROM list_row
ON CONFLICT (name, person_id) WHERE removed_in_id IS NULL DO NOTHING
"""

_REMOVE_PLACES = """
WITH gone AS (
    UPDATE people_listplace p SET removed_in_id = %(version)s
    WHERE p.name = %(name)s AND p.removed_in_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM list_row r WHERE r.person_id = p.person_id)
    RETURNING p.person_id
)
INSERT INTO people_listchange (version_id, person_id, outcome, fields)
SELECT %(version)s, person_id, 'removed', '{}' FROM gone
"""


def receive_list(
    *,
    name: str,
    label: str,
    file_name: str,
    sha256: str,
    entries: Sequence[ListEntry],
    duplicates: int,
    basis: int,
    by: Scope,
    now: datetime,
) -> Done[ListTotals]:
    """Take in a new version of a list as a whole: who is new, changed, unchanged, gone.

    `duplicates` are rows of the file that were word for word the same as an earlier one. Two
    rows that turn out to be one person count as one and a duplicate. `basis` is that of the people's
    care; the list itself is received under the basis that covers its source. Raises
    ListAlreadyReceived for the same file again, NoLiveBasis.
    """
    permit("manage.lists", by=by)
    received_under = require_basis(source=name, now=now)
    _require_live(basis, now)
    lists = replace(system("lists", now=now), basis=received_under)
    with enter(lists) as as_system, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"list {name}"])
        earlier = ListVersion.objects.filter(name=name, sha256=sha256).first()
        if earlier:
            raise ListAlreadyReceived(number=earlier.number, name=name)
        ids = arrivals.take_in([e.person for e in entries], basis=basis, now=now)
        one_each = dict(zip(reversed(ids), reversed(entries), strict=True))
        totals = _totals_before(name, one_each, rows=len(entries), duplicates=duplicates)
        version = ListVersion.objects.create(
            name=name,
            number=ListVersion.objects.filter(name=name).count() + 1,
            label=label,
            file_name=file_name,
            sha256=sha256,
            received_at=now,
            received_by=by.actor,
            **vars(totals),
        )
        fields: dict[str, str | int] = {"name": name, "version": version.id}
        cursor.execute(_STAGE_ROWS)
        with cursor.copy("COPY list_row FROM STDIN") as copy:
            for person, e in sorted(one_each.items(), key=lambda item: item[1].row_number):
                copy.write_row((e.row_number, person, e.category, e.data_source, e.inception_date, e.row_hash))
        for step in (_WRITE_CHANGES, _CHANGE_PLACES, _NEW_PLACES, _REMOVE_PLACES):
            cursor.execute(step, fields)
        record("list received", by=as_system, of="list version", id=version.id)
    return Done(totals, (ListReceived(name=name, number=version.number),))


def _totals_before(name: str, entries: dict[UUID, ListEntry], *, rows: int, duplicates: int) -> ListTotals:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, row_hash FROM people_listplace WHERE name = %s AND removed_in_id IS NULL",
            [name],
        )
        there = dict(cursor.fetchall())
    new = sum(person not in there for person in entries)
    unchanged = sum(there.get(person) == entry.row_hash for person, entry in entries.items())
    return ListTotals(
        rows_in=rows + duplicates,
        new=new,
        changed=len(entries) - new - unchanged,
        unchanged=unchanged,
        duplicate=duplicates + rows - len(entries),
        rejected=0,
        removed=sum(person not in entries for person in there),
    )


def take_in_people(*, people: Iterable[Arrival], basis: int, by: Scope, now: datetime) -> Done[list[UUID]]:
    """Find or make people whom a cohort found; returns their ids in the order given."""
    permit("manage.lists", by=by)
    _require_live(basis, now)
    with enter(system("people", now=now)) as as_system:
        ids = arrivals.take_in(people, basis=basis, now=now)
        record_each("person taken in", by=as_system, people=ids, of="person")
    return Done(ids)


def follow_reorganisation(
    *, successions: Sequence[Succession], moves: Sequence[Move], closed: Sequence[int], by: Scope, now: datetime
) -> Done[int]:
    """People follow their practice and locality into the successor, to another place, or to nobody's but the board's.

    Returns how many people it concerned.
    """
    permit("manage.lists", by=by)
    with enter(system("people", now=now)) as as_system:
        people = following.follow(successions, moves, closed)
        record_each("followed their organisation", by=as_system, people=people, of="person")
    return Done(len(people))


def record_wish(*, person: UUID, kind: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that a person wants no more contact, or wants contact again."""
    Wish.objects.create(person_id=person, kind=kind, recorded_at=now, recorded_by=by.actor)
    record("wish recorded", by=by, person=person, of="wish", why=kind)
    return Done(None, (ContactDeclined(person) if kind == Wish.Kind.NO_CONTACT else ContactWanted(person),))


def record_death(*, person: UUID, died_on: date, by: Scope, now: datetime) -> Done[None]:
    """Write down that a person in the actor's scope has died, as somebody told us."""
    permit("act.call", by=by)
    _require_in_scope(person)
    with enter(system("people", now=now)):
        Person.objects.filter(id=person, died_on=None).update(died_on=died_on)
    record("death recorded", by=by, person=person, of="person", id=person)
    return Done(None, (DeathRecorded(person=person),))


def end_contact_point(*, person: UUID, contact_point: int, why: str, by: Scope, now: datetime) -> Done[None]:
    """Stop using a number or address that is wrong. It belongs to the number, not the person."""
    permit("act.call", by=by)
    _require_in_scope(person)
    with enter(system("people", now=now)):
        ContactPoint.objects.filter(id=contact_point, person_id=person, ends_at=None).update(
            ends_at=now, ended_because=why
        )
    record("contact point ended", by=by, person=person, of="contact point", id=contact_point, why=why)
    return Done(None)


def add_contact_point(*, person: UUID, kind: str, value: str, by: Scope, now: datetime) -> Done[int]:
    """Keep a number or address that somebody found for a person; returns its id.

    Nothing is kept for a restricted person: their practice reaches them.
    """
    permit("act.calls_to_action", by=by)
    _require_in_scope(person)
    with enter(system("people", now=now)):
        if Person.objects.filter(id=person, restricted=True).exists():
            raise RestrictedRecord()
        point, _ = ContactPoint.objects.get_or_create(
            person_id=person,
            kind=kind,
            value=value,
            ends_at=None,
            defaults={"as_given": value, "source": "found", "starts_at": now},
        )
    record("contact point found", by=by, person=person, of="contact point", id=point.id)
    return Done(point.id)


def find_by_nhs_number(*, nhs_number: str, by: Scope, now: datetime) -> Done[UUID | None]:
    """Whose NHS number this is, for the privacy officer, who sees no identities: an id or None.

    The look-up itself is in the trail, whatever it finds; the number is not.
    """
    if not (by.may("see.audit") or by.may("act.rights")):
        raise NotPermitted()
    with enter(system("people", now=now)):
        found = PersonIdentity.objects.filter(nhs_number=nhs_number).values_list("person_id", flat=True).first()
    record("looked up by NHS number", by=by, person=found, of="person", id=found or "")
    return Done(found)


def known_to_records(*, person: UUID, by: Scope, now: datetime) -> KnownAs:
    """By what the records of the population plane may know somebody whom the actor sees.

    Raises NotThere, and RestrictedRecord.
    """
    restricted = Person.objects.filter(id=person).values_list("restricted", flat=True).first()
    if restricted is None:
        raise NotThere()
    if restricted:
        raise RestrictedRecord()
    with enter(system("people", now=now)):
        number, source, source_id = Person.objects.values_list("personidentity__nhs_number", "source", "source_id").get(
            id=person
        )
    return KnownAs(number or "", source, source_id)


def explained_by_command(*, known_as: str, named: str, by: Scope, now: datetime) -> Done[None]:
    """An operator asked by command why somebody is in a cohort: that is in the trail, under their pseudonym."""
    permit("build.cohorts", by=by)
    with enter(system("people", now=now)):
        digits = named.replace(" ", "")
        same = Q(personidentity__nhs_number=digits) if digits.isdecimal() else Q(source_id=named)
        person = Person.objects.filter(same).values_list("id", flat=True).first()
    record("records explained", by=by, person=person, of="records", id=known_as)
    return Done(None)


def open_in_emergency(
    *, nhs_number: str, date_of_birth: date, reason: str, words: str, by: Scope, now: datetime
) -> Done[int | None]:
    """Open the record of the one person with this NHS number and date of birth; returns the access's id.

    None where there is nothing to open: nobody has both, the record is restricted, or the person has
    died. Nothing says which. Every look counts. Raises SeenAlready for a person in the actor's scope,
    and what `governance.actions.open_emergency_access` raises.
    """
    look_for_emergency(reason=reason, words=words, by=by, now=now)
    with enter(system("emergency access", now=now)):
        both = {"nhs_number": nhs_number, "date_of_birth": date_of_birth}
        found = PersonIdentity.objects.select_related("person").filter(**both).exclude(nhs_number="").first()
    if found is None or found.person.restricted or found.person.died_on:
        record("emergency access: nothing to open", by=by, person=found.person_id if found else None)
        return Done(None)
    if Person.objects.filter(id=found.person_id).exists():
        raise SeenAlready()
    opened = open_emergency_access(person=found.person_id, reason=reason, words=words, by=by, now=now)
    return Done(opened.value, opened.events)


def end_emergency_of_closed_records(*, by: Scope, now: datetime) -> Done[int]:
    """End emergency access to people who have died or whose record has been restricted since."""
    permit("manage.access", by=by)
    opened = people_in_emergency(scope=by)
    closed = Person.objects.filter(Q(restricted=True) | Q(died_on__isnull=False), id__in=opened)
    return end_emergency_access_to(people=list(closed.values_list("id", flat=True)), by=by, now=now)


def record_objection(*, person: UUID, purpose: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that a person objects to a use of their records: one purpose, or, empty, all beyond their own care.

    The use stops for them from now on. Another thing than the national opt-out and than a wish for no messages.
    """
    return _objection(person, purpose, Objection.Kind.OBJECTS, words, by, now)


def withdraw_objection(*, person: UUID, purpose: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that a person takes an objection back."""
    return _objection(person, purpose, Objection.Kind.WITHDRAWN, words, by, now)


def _objection(person: UUID, purpose: str, kind: str, words: str, by: Scope, now: datetime) -> Done[None]:
    permit("act.rights", by=by)
    with enter(system("people", now=now)):
        if not Person.objects.filter(id=person).exists():
            raise NotThere
        Objection.objects.create(
            person_id=person, purpose=purpose, kind=kind, words=words, recorded_at=now, recorded_by=by.actor
        )
    record("objection recorded", by=by, person=person, of="objection", why=kind)
    return Done(None)


def ask_who_saw_letter(*, person: UUID, by: Scope, now: datetime) -> Done[UUID]:
    """Have somebody told by letter who saw them, at the address that is known; returns its reference.

    Raises NotThere, RestrictedRecord, NoAddress.
    """
    if not (by.may("see.audit") or by.may("act.rights")):
        raise NotPermitted()
    with enter(system("people", now=now)):
        found = Person.objects.filter(id=person).first()
        if found is None:
            raise NotThere()
        if found.restricted:
            raise RestrictedRecord()
        if not ContactPoint.objects.filter(person_id=person, kind="address", ends_at=None).exists():
            raise NoAddress()
    return governance.ask_who_saw_letter(person=person, by=by, now=now)


def _require_live(basis: int, now: datetime) -> None:
    if not is_live(basis, now=now):
        raise NoLiveBasis(what="the care of these people")


def _require_in_scope(person: UUID) -> None:
    """Asked before anything is written as the system: the actor must see the person themselves."""
    if not Person.objects.filter(id=person).exists():
        raise NotThere


def keep_still(persons: Sequence[UUID], *, by: Scope) -> None:
    """Let nothing new begin for these people until this transaction ends: who asks what is open may then erase."""
    permit("dispose.records", by=by)
    keep_holds_out()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM people_person WHERE id = ANY (%s) ORDER BY id FOR UPDATE", [list(persons)])


def erase_people(*, people: Sequence[UUID], why: str, by: Scope, now: datetime) -> Done[dict[str, int]]:
    """Erase what there is about these people, in every table; the audit trail keeps their ids.

    Leaves out whom a legal hold keeps. Returns how many rows went, by table.
    """
    permit("dispose.records", by=by)
    free = list(people)
    keep_holds_out()
    with connection.cursor() as cursor:
        cursor.execute("SELECT p FROM unnest(%s::uuid[]) p WHERE NOT people_held(p)", [free])
        free = [person for (person,) in cursor.fetchall()]
        record_each("record erased", by=by, people=free, of="person", ids=[str(person) for person in free], why=why)
        cursor.execute("SELECT people_dispose_of(%s::uuid[])::text", [free])
        return Done(json.loads(cursor.fetchone()[0]))


def erase_person(*, person: UUID, why: str, by: Scope, now: datetime) -> Done[dict[str, int]]:
    """Erase one person's record because they have a right to it. Raises NotThere or RecordIsHeld."""
    permit("manage.retention", by=by)
    with enter(system("retention", now=now)) as as_system:
        if not Person.objects.filter(id=person).exists():
            raise NotThere
        keep_holds_out()
        with connection.cursor() as cursor:
            cursor.execute("SELECT people_held(%s)", [person])
            held = cursor.fetchone()[0]
        if held:
            raise RecordIsHeld
        gone = erase_people(people=[person], why=why, by=as_system, now=now)
    record("erasure decided", by=by, person=person, of="person", id=person, why=why)
    return gone
