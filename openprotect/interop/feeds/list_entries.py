"""Rows of a shielded list as entries of ours."""

from __future__ import annotations

import hashlib
from dataclasses import astuple

from openprotect.interop.feeds.shielded_list import ListFile, ListRow
from openprotect.people.facts import Arrival, ListEntry
from openprotect.people.from_records import contact_points


def entries(file: ListFile) -> tuple[ListEntry, ...]:
    """Every row of a list file as an entry. Without an NHS number a row is known by name, birth
    date and postcode, so that the same row is the same person in the next version.
    """
    return tuple(_entry(row, file.list_name) for row in file.rows)


def _entry(row: ListRow, source: str) -> ListEntry:
    known_as = row.nhs_number or _hash(
        row.given_name.casefold(), row.family_name.casefold(), row.date_of_birth, row.postcode
    )
    _, *cells = astuple(row)
    return ListEntry(
        row_number=row.row_number,
        person=Arrival(
            source=source,
            source_id=known_as,
            nhs_number=row.nhs_number,
            given_name=row.given_name,
            family_name=row.family_name,
            date_of_birth=row.date_of_birth,
            died_on=row.date_of_death,
            contact_points=contact_points(
                mobile=row.mobile.read,
                landline=row.landline.read,
                email=row.email,
                address=list(row.address_lines),
                postcode=row.postcode,
            ),
        ),
        category=row.category,
        data_source=row.data_source,
        inception_date=row.inception_date,
        row_hash=_hash(*cells),
    )


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
