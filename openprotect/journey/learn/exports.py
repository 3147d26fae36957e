"""What a file of people holds: of everybody whom the giver may see, what the agreement names, and no more.

It stands here because an export reads what every stage before wrote. Who is in it is decided in
two steps that do not trust each other: the system counts everybody whom the giver has a live grant
for and leaves out who must not be in it; what is then written is read in the scope of whoever
asked, so that row-level security decides a second time, row by row and table by table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from openprotect.governance.actions import record_each
from openprotect.governance.actions.exports import ExportToMake
from openprotect.governance.rules.agreements import FIELDS, Totals, left_out
from openprotect.governance.scope import Scope, enter, require
from openprotect.journey.learn.facts import STATES
from openprotect.lib.nhs_number import format_nhs_number
from openprotect.lib.spreadsheets import csv_file
from openprotect.lib.telephone import format_telephone
from openprotect.people import opt_outs

# Everybody for whom the giver has a grant that holds now, on a basis that does.
_GRANTED = """
SELECT p.id, p.died_on IS NOT NULL, p.restricted
FROM people_person p
WHERE EXISTS (
    SELECT 1 FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
    WHERE g.person_id = p.id AND g.organisation_id = %s
      AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
      AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now()))
"""
_SEEN = """
SELECT p.id, coalesce(practice.name, ''), coalesce(locality.name, '')
FROM people_person p
LEFT JOIN governance_organisation practice ON practice.id = p.practice_id
LEFT JOIN governance_organisation locality ON locality.id = p.locality_id
WHERE p.id = ANY(%s::uuid[])
"""
_IDENTITY = """
SELECT person_id, nhs_number, given_name, family_name, date_of_birth FROM people_personidentity
WHERE person_id = ANY(%s::uuid[])
"""
_CONTACT = """
SELECT person_id, kind, value FROM people_contactpoint WHERE person_id = ANY(%s::uuid[]) AND ends_at IS NULL
ORDER BY kind DESC, id
"""
_MIND = """
SELECT person_id, replace(kind, '_', ' ') || CASE WHEN detail = '' THEN '' ELSE ': ' || detail END
FROM people_need WHERE person_id = ANY(%s::uuid[]) ORDER BY kind
"""
_NEEDS_ACTION = """
SELECT DISTINCT person_id, replace(category, '_', ' ') FROM act_calltoaction
WHERE person_id = ANY(%s::uuid[]) AND status <> 'closed' ORDER BY 2
"""
_REASONS = """
SELECT DISTINCT r.person_id, r.reason FROM identify_reason r
JOIN identify_member m ON m.person_id = r.person_id AND m.programme = r.programme AND m.left_at IS NULL
WHERE r.until IS NULL AND r.person_id = ANY(%s::uuid[]) ORDER BY 2
"""
# The view needs to see all of a person's care to say where they stand: it is asked as the system,
# for people whom the asker was seen to see.
_STATE = "SELECT person_id, state FROM learn_person_state WHERE person_id = ANY(%s::uuid[]) ORDER BY programme"


def gather(made: ExportToMake, *, by: Scope) -> tuple[bytes, Totals]:
    """The file and its control totals; one audit event for each person in it.

    Raises OptOutsNotFresh where the national data opt-out applies and is not known well enough.
    """
    require(by)
    granted = _ask(_GRANTED, made.giver)
    everybody = [person for person, *_ in granted]
    national, own = frozenset[UUID](), frozenset[UUID]()
    if made.beyond_care:
        out = opt_outs.out_of_use(everybody, purposes=made.purposes, national=made.opt_out_applies, scope=by)
        national, own = out["opted_out"], out["objected"]
    why = {
        person: left_out(
            died=died,
            restricted=restricted,
            opted_out=person in national,
            objected=person in own,
            beyond_care=made.beyond_care,
        )
        for person, died, restricted in granted
    }
    wanted = [person for person, reason in why.items() if reason is None]
    stands = _ask(_STATE, wanted) if "state" in made.fields else []
    states = _joined((person, STATES.get(state, state)) for person, state in stands)
    with enter(made.scope) as asker:
        cells = _cells(made.fields, wanted, states)
        record_each("exported", by=asker, people=list(cells), of="export", ids=[str(made.id)] * len(cells))
    header = [FIELDS[name].label for name in made.fields]
    content = csv_file(header, sorted([row.get(name, "") for name in made.fields] for row in cells.values()))
    counts = Counter(reason for reason in why.values() if reason is not None)
    return content, Totals(rows_in=len(granted), exported=len(cells), not_seen=len(wanted) - len(cells), **dict(counts))


def _cells(fields: Sequence[str], people: Sequence[UUID], states: Mapping[UUID, str]) -> dict[UUID, dict[str, str]]:
    """Each person whom the scope sees, with each field as it is written."""
    tables = {FIELDS[name].table for name in fields}
    cells = {
        person: {"practice": practice, "locality": locality, "state": states.get(person, "")}
        for person, practice, locality in _ask(_SEEN, people)
    }
    seen = list(cells)
    if "people_personidentity" in tables:
        for person, number, given, family, born in _ask(_IDENTITY, seen):
            cells[person] |= {
                "nhs_number": format_nhs_number(number) if number else "",
                "given_name": given,
                "family_name": family,
                "date_of_birth": born.isoformat() if born else "",
            }
    if "people_contactpoint" in tables:
        points: defaultdict[tuple[UUID, str], list[str]] = defaultdict(list)
        for person, kind, value in _ask(_CONTACT, seen):
            phone = kind in ("mobile", "landline")
            points[person, "telephone" if phone else kind].append(format_telephone(value) if phone else value)
        for (person, kind), values in points.items():
            cells[person][kind] = "; ".join(values)
    for table, field, query in (
        ("people_need", "mind", _MIND),
        ("act_calltoaction", "needs_action", _NEEDS_ACTION),
        ("identify_reason", "reasons", _REASONS),
    ):
        if table in tables:
            for person, words in _joined(_ask(query, seen)).items():
                cells[person][field] = words
    return cells


def _joined(rows: Iterable[tuple[UUID, str]]) -> dict[UUID, str]:
    """The words of each person, once each, parted by semicolons."""
    words: defaultdict[UUID, dict[str, None]] = defaultdict(dict)
    for person, word in rows:
        words[person][word] = None
    return {person: "; ".join(each) for person, each in words.items()}


def _ask(query: str, value: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        return list(cursor.fetchall())
