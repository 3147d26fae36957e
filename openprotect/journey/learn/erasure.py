"""A person's record is erased because they asked: one officer upheld it, another carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from openprotect.governance.actions import permit
from openprotect.governance.queries import who_saw_letters_to
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.journey.contact.queries import letters_to
from openprotect.journey.learn.errors import AnotherOfficer, SomethingIsOpen
from openprotect.journey.learn.events import RecordErased
from openprotect.lib.done import Done
from openprotect.people import actions as people
from openprotect.people import rights

_OPEN = """
SELECT 'something that needs action' FROM act_calltoaction WHERE person_id = %(person)s AND status <> 'closed'
UNION SELECT 'a referral to a partner' FROM act_referral WHERE person_id = %(person)s AND status IN ('sent', 'accepted')
UNION SELECT 'another request about these records' FROM people_rightsrequest
      WHERE person_id = %(person)s AND closed_at IS NULL
UNION SELECT 'an emergency access that waits for its review' FROM governance_emergencyaccess
      WHERE person_id = %(person)s AND settled_at IS NULL
ORDER BY 1
"""


def erase_upheld(*, request: UUID, by: Scope, now: datetime) -> Done[dict[str, int]]:
    """Erase the record of whoever asked for it, with the request itself; returns how many rows went, by table.

    Raises NotThere, NotUpheld, AnotherOfficer, SomethingIsOpen, RecordIsHeld.
    """
    permit("manage.retention", by=by)
    person, answered_by = rights.upheld_erasure(request, by=by)
    if answered_by == by.actor:
        raise AnotherOfficer()
    with enter(system("retention", now=now)) as as_system, connection.cursor() as cursor:
        people.keep_still([person], by=as_system)
        cursor.execute(_OPEN, {"person": person})
        waits = [what for (what,) in cursor.fetchall()]
        if waits:
            raise SomethingIsOpen(what=" and ".join(waits))
        letters = letters_of([person], scope=as_system)
    gone = people.erase_person(person=person, why=f"request {request}", by=by, now=now)
    return Done(gone.value, (*gone.events, RecordErased(tuple(letters))) if letters else gone.events)


def letters_of(persons: Sequence[UUID], *, scope: Scope) -> list[UUID]:
    """The references of all letters to these people: each lies as a file in the data folder."""
    require(scope)
    return [*letters_to(persons, scope=scope), *who_saw_letters_to(persons, scope=scope)]
