"""People of the population plane as arrivals in the care plane: identified only here, on arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import ibis

from openprotect.lib.postcode import normalise_postcode
from openprotect.lib.telephone import Kind, read_telephones
from openprotect.people.facts import Arrival, ContactPointGiven, KnownAs
from openprotect.people.population import Population, engine

RESTRICTED = "restricted"
LISTED_ONLY = "list:"
AT_ONCE = 5_000


def arrivals(population: Population, dataset: str, ids: Collection[str]) -> Iterator[Arrival]:
    """The people with these pseudonyms in a dataset, ordered by them; few are whole in memory at once.

    Somebody who stands on an imported list but not in the records (`list:` and their NHS
    number) arrives with nothing but that number: the list has brought the rest.
    """
    listed = sorted(i for i in ids if i.startswith(LISTED_ONLY))
    known = sorted(i for i in ids if not i.startswith(LISTED_ONLY))
    backend = engine()
    try:
        people = population.table(backend, dataset, "people")
        identities = population.table(backend, dataset, "identities")
        wanted = ibis.memtable({"person_id": known}, schema={"person_id": "string"})
        rows = wanted.join(people, "person_id").join(identities, "person_id").order_by("person_id").to_pyarrow()
    finally:
        backend.disconnect()
    for batch in rows.to_batches(max_chunksize=AT_ONCE):
        for row in batch.to_pylist():
            yield _arrival(row, dataset)
    for each in listed:
        yield _listed(each, dataset)


def pseudonym_of(population: Population, dataset: str, known: KnownAs) -> str | None:
    """What somebody is called in a dataset: by their NHS number, or else by the id that this source gave them."""
    backend = engine()
    try:
        rows = population.table(backend, dataset, "identities")
        for column, value in ((rows.nhs_number, known.nhs_number), (rows.source_id, known.id_in(dataset))):
            found = rows.filter(column == value).select("person_id").order_by("person_id").limit(1)
            if value and (ids := backend.to_pyarrow(found).to_pylist()):
                return str(ids[0]["person_id"])
    finally:
        backend.disconnect()
    return None


def _arrival(row: dict[str, Any], dataset: str) -> Arrival:
    needs = tuple((need, "") for need in (row["other_needs"] or "").split(";") if need)
    restricted = any(kind == RESTRICTED for kind, _ in needs)
    return Arrival(
        source=dataset,
        source_id=row["source_id"],
        known_as=row["person_id"],
        nhs_number=row["nhs_number"] or "",
        given_name=row["given_name"] or "",
        family_name=row["family_name"] or "",
        date_of_birth=row["date_of_birth"],
        sex=row["sex"] or "unknown",
        ethnic_category=row["ethnic_category"] or "",
        imd_decile=row["imd_decile"],
        imd_edition=int(row["imd_edition"]) if row["imd_edition"] else None,
        language=row["language"] or "",
        practice_code=row["practice_code"] or "",
        died_on=row["date_of_death"],
        restricted=restricted,
        contact_points=contact_points(
            mobile=row["mobile"] or "",
            landline=row["landline"] or "",
            email=row["email"] or "",
            address=[row[f"address_line_{line}"] or "" for line in range(1, 6)],
            postcode=row["postcode"] or "",
        ),
        needs=tuple(n for n in needs if n[0] != RESTRICTED),
    )


def _listed(listed_as: str, dataset: str) -> Arrival:
    known_as = listed_as.removeprefix(LISTED_ONLY)
    nhs_number, source, source_id = known_as, dataset, listed_as
    if known_as.startswith("source:"):
        _, source, source_id = known_as.split(":", 2)
        nhs_number = ""
    return Arrival(
        source=source,
        source_id=source_id,
        nhs_number=nhs_number,
        given_name="",
        family_name="",
        date_of_birth=None,
        known_as=listed_as,
    )


def contact_points(
    *, mobile: str, landline: str, email: str, address: list[str], postcode: str
) -> tuple[ContactPointGiven, ...]:
    """Every way to reach somebody that their cells give, each once and of the kind it really is.

    A landline in the mobile field is a landline, two numbers in one cell are two; what cannot
    be dialled or written to is left out, and the quality says what was noticed.
    """
    points: dict[tuple[str, str], ContactPointGiven] = {}
    for text in (mobile, landline):
        cell = read_telephones(text)
        for number in cell.numbers:
            if number.kind in (Kind.MOBILE, Kind.LANDLINE):
                point = ContactPointGiven(str(number.kind), number.number, cell.read, ", ".join(cell.quality))
                points.setdefault((point.kind, point.value), point)
    if "@" in email:
        points["email", email.lower()] = ContactPointGiven("email", email.strip().lower(), email)
    lines = [line.strip() for line in address if line.strip()]
    if lines and postcode:
        written = "\n".join([*lines, normalise_postcode(postcode) or postcode])
        points["address", written] = ContactPointGiven("address", written)
    return tuple(points.values())
