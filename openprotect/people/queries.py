"""Reads about people and lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from openprotect.governance.scope import Scope, require
from openprotect.people.models import ContactPoint, Need, Person, PersonIdentity

if TYPE_CHECKING:
    import pyarrow as pa

_LISTED = """
SELECT p.name, coalesce(nullif(i.nhs_number, ''), 'source:' || n.source || ':' || n.source_id),
       coalesce(p.inception_date, v.received_at::date)
FROM people_listplace p
JOIN people_personidentity i ON i.person_id = p.person_id
JOIN people_person n ON n.id = p.person_id
JOIN people_listversion v ON v.id = p.first_version_id
WHERE p.removed_in_id IS NULL
ORDER BY 1, 2
"""


# Who stood on named versions, by their number or label: from the version that brought them until that without them.
_LISTED_ON = """
SELECT p.name, asked.version, coalesce(nullif(i.nhs_number, ''), 'source:' || n.source || ':' || n.source_id),
       coalesce(p.inception_date, v.received_at::date)
FROM unnest(%(names)s::text[], %(versions)s::text[]) AS asked(name, version)
JOIN people_listversion wanted ON wanted.name = asked.name AND asked.version IN (wanted.number::text, wanted.label)
JOIN people_listplace p ON p.name = wanted.name
JOIN people_personidentity i ON i.person_id = p.person_id
JOIN people_person n ON n.id = p.person_id
JOIN people_listversion v ON v.id = p.first_version_id AND v.number <= wanted.number
LEFT JOIN people_listversion gone ON gone.id = p.removed_in_id
WHERE gone.number IS NULL OR gone.number > wanted.number
ORDER BY 1, 2, 3
"""


def listed(*, scope: Scope, versions: Collection[tuple[str, str]] = ()) -> pa.Table:
    """Who stands on an imported list now: columns list, nhs_number, from_date, version. System scope only.

    `version` is null. Who stood on one of `versions`, each a list and the number or label of a version of it,
    comes again with that as `version`.

    Somebody without an NHS number cannot be found in the records by it: in its place stands
    `source:`, the list and the id they have there, by which `from_records` finds them again.
    """
    import pyarrow as pa  # the web server asks this module, too, and never this

    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(_LISTED)
        rows = [(name, None, number, since) for name, number, since in cursor.fetchall()]
        if versions:
            asked = sorted(set(versions))
            cursor.execute(_LISTED_ON, {"names": [one for one, _ in asked], "versions": [one for _, one in asked]})
            rows += cursor.fetchall()
    names, of, numbers, dates = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "list": pa.array(names, pa.string()),
            "nhs_number": pa.array(numbers, pa.string()),
            "from_date": pa.array(dates, pa.date32()),
            "version": pa.array(of, pa.string()),
        }
    )


def date_of_birth(person: UUID, *, scope: Scope) -> date | None:
    """When a person in scope was born, if it is known."""
    require(scope)
    return PersonIdentity.objects.filter(person_id=person).values_list("date_of_birth", flat=True).first()


@dataclass(frozen=True)
class PersonSeen:
    """One person as their reader's role may see them: what it may not is empty."""

    id: UUID
    identity: PersonIdentity | None
    practice: str
    contact_points: Sequence[ContactPoint]
    needs: Sequence[Need]


def person(id_: UUID, *, scope: Scope) -> PersonSeen | None:
    """One person in scope. Of a restricted one nothing is shown here: their practice has it."""
    require(scope)
    found = Person.objects.select_related("practice").filter(id=id_, restricted=False).first()
    if found is None:
        return None
    return PersonSeen(
        id=found.id,
        identity=PersonIdentity.objects.filter(person_id=id_).first(),
        practice=found.practice.name if found.practice else "",
        contact_points=list(ContactPoint.objects.filter(person_id=id_, ends_at=None).order_by("kind", "id")),
        needs=list(Need.objects.filter(person_id=id_).order_by("kind")),
    )


def names(people: Collection[UUID], *, scope: Scope) -> dict[UUID, str]:
    """Names of the people in scope whose identity may be seen; the others are left out."""
    require(scope)
    found = PersonIdentity.objects.filter(person_id__in=people)
    return {each.person_id: f"{each.given_name} {each.family_name}" for each in found}


@dataclass(frozen=True)
class ByPost:
    """Who somebody is and where a letter reaches them."""

    name: str
    address: str
    large_print: bool


def by_post(person: UUID, *, scope: Scope) -> ByPost | None:
    """Where a letter reaches somebody in scope; None where we have no address or may use none."""
    require(scope)
    point = ContactPoint.objects.filter(
        person_id=person, person__restricted=False, kind=ContactPoint.Kind.ADDRESS, ends_at=None
    )
    address = point.order_by("-starts_at", "-id").values_list("value", flat=True).first()
    called = names([person], scope=scope).get(person)
    if address is None or called is None:
        return None
    return ByPost(called, address, Need.objects.filter(person_id=person, kind="large_print").exists())
