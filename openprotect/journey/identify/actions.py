"""Write what a cohort run found: the run, the members, the reasons. Set-based."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.backends.utils import CursorWrapper

from openprotect.governance import actions as governance
from openprotect.governance.actions import permit, record
from openprotect.governance.scope import Scope
from openprotect.journey.identify import keeping
from openprotect.journey.identify.events import AskingEnded, CohortBuilt, MemberLeft
from openprotect.journey.identify.facts import BuiltRun, CohortResult
from openprotect.journey.identify.models import CohortRun, Member
from openprotect.lib.done import Done
from openprotect.people import actions as people
from openprotect.people.facts import Arrival, KnownAs
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.models import PackVersion
from openprotect.programmes.rules import ASKING, CARING, FINDING

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS found (
    person_id uuid, rule text, "group" text, evidence_date date, code text, term text, count integer, reason text
) ON COMMIT DELETE ROWS;
TRUNCATE found
"""

_JOIN = """
INSERT INTO identify_member (id, programme, person_id, run_id, joined_at, left_because)
SELECT gen_random_uuid(), %(programme)s, f.person_id, %(run)s, %(now)s, ''
FROM (SELECT DISTINCT person_id FROM found) f
ON CONFLICT (programme, person_id) DO UPDATE
    SET run_id = excluded.run_id, joined_at = excluded.joined_at, left_at = NULL, left_run_id = NULL,
        left_because = ''
    WHERE identify_member.left_at IS NOT NULL
      AND identify_member.left_because IN ('no_longer_found', 'basis_ended')
"""

# Nobody leaves because they died: the ledger keeps them, as died.
_LEAVE = """
UPDATE identify_member m SET left_at = %(now)s, left_run_id = %(run)s, left_because = 'no_longer_found'
FROM people_person p
WHERE m.programme = %(programme)s AND m.left_at IS NULL AND p.id = m.person_id AND p.died_on IS NULL
  AND NOT EXISTS (SELECT 1 FROM found f WHERE f.person_id = m.person_id)
"""

# The board's own teams (surveillance, call handlers) are there for every member, to ask them.
_GRANT = """
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT m.person_id, o.id, 'programme', %(asking)s, %(now)s
FROM identify_member m CROSS JOIN governance_organisation o
WHERE m.run_id = %(run)s AND m.left_at IS NULL AND o.kind = 'icb' AND o.closed_at IS NULL
ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING
"""


def build_cohort(
    *,
    pack_version: int,
    dataset: str,
    index_date: date,
    result: CohortResult,
    arrivals: Iterable[Arrival],
    codelists: Mapping[str, str] | None = None,
    data_age: Mapping[str, str] | None = None,
    by: Scope,
    now: datetime,
) -> Done[BuiltRun]:
    """Write a run and make its people members; who is no longer found leaves.

    `arrivals` are the people of `result.members`, one each, as their source knows them: they are
    found by NHS number or source id or made. Who was in by which reason is kept for ever, as the
    difference to the run before. `codelists` are the hashes of the lists that were read, `data_age`
    how old the records were by source.

    Three legal bases: the run rests on that for finding people; the board's teams see members on
    that for asking them, their practice and locality on that for their care. Raises NoLiveBasis.
    """
    permit("build.cohorts", by=by)
    version = PackVersion.objects.get(id=pack_version)
    programmes.require_running(version.programme, now=now)
    finding, asking, caring = (
        programmes.require_basis(pack_version, part, now=now) for part in (FINDING, ASKING, CARING)
    )
    found_as: list[str] = []
    ids = people.take_in_people(people=_noting(arrivals, found_as), basis=caring, by=by, now=now).value
    person_of = dict(zip(found_as, ids, strict=True))
    with connection.cursor() as cursor:
        number = keeping.next_number(cursor, version.programme)
    cohort = programmes.pack(pack_version).cohort
    run = CohortRun(
        id=uuid4(),
        pack_version=version,
        programme=version.programme,
        number=number,
        dataset=dataset,
        index_date=index_date,
        ran_at=now,
        ran_by=by.actor,
        people=result.people,
        groups=result.groups,
        excluded=result.excluded,
        attrition=[list(step) for step in result.attrition],
        joined=0,
        left=0,
        basis_id=finding,
        codelists=dict(codelists or {}),
        data_age=dict(data_age or {}),
        left_out=dict(result.left_out),
        notes=list(result.notes),
    )
    run.save(force_insert=True)
    fields: dict[str, Any] = {
        "run": run.id,
        "number": number,
        "index": index_date,
        "reworded": keeping.reworded(cohort, _cohort_before(run)),
        "programme": version.programme,
        "now": now,
        "asking": asking,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        _copy(cursor, result, person_of)
        keeping.keep(cursor, fields)
        cursor.execute(_JOIN, fields)
        run.joined = cursor.rowcount
        cursor.execute(_LEAVE, fields)
        run.left = cursor.rowcount
        cursor.execute(_GRANT, fields)
    run.save(update_fields=["joined", "left"])
    record("cohort built", by=by, of="cohort run", id=run.id)
    record("members identified", by=by, of="cohort run", id=run.id, why=f"{len(ids)} people")
    return Done(BuiltRun(run.id, result, run.joined, run.left), (CohortBuilt(run.id),))


def _cohort_before(run: CohortRun) -> Cohort | None:
    before = CohortRun.objects.filter(programme=run.programme, number=run.number - 1).first()
    return programmes.pack(before.pack_version_id).cohort if before else None


def open_records(*, person: UUID, by: Scope, now: datetime) -> Done[KnownAs]:
    """Somebody who cares for a person looks at why the records make them a member or do not.

    Returns by what the records may know them. Raises NotPermitted, NotThere, and RestrictedRecord: the records
    say where somebody lives and who treats them.
    """
    permit("see.reasons", by=by)
    known = people.known_to_records(person=person, by=by, now=now)
    record("records explained", by=by, person=person, of="person", id=person)
    return Done(known)


def leave(*, member: UUID, why: str, by: Scope, now: datetime) -> Done[None]:
    """A member leaves for a reason somebody gave, such as that contacting them was an error."""
    found = Member.objects.get(id=member)
    Member.objects.filter(id=member, left_at=None).update(left_at=now, left_because=why)
    record("member left", by=by, person=found.person_id, of="member", id=member, why=why)
    return Done(None, (MemberLeft(member=member, person=found.person_id, why=why),))


_ASKING_ENDED = """
UPDATE identify_member m SET left_at = %(now)s, left_because = 'basis_ended'
FROM people_person p
WHERE m.programme = %(programme)s AND m.left_at IS NULL AND p.id = m.person_id AND p.died_on IS NULL
"""


# Who is a member of another programme, too, is asked there on its own basis: the board sees them on that.
_GRANT_MEMBERS = """
INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)
SELECT DISTINCT m.person_id, o.id, 'programme', %(asking)s::bigint, %(now)s::timestamptz
FROM identify_member m CROSS JOIN governance_organisation o
WHERE m.programme = %(programme)s AND m.left_at IS NULL AND o.kind = 'icb'
ON CONFLICT (person_id, organisation_id, via) WHERE ends_at IS NULL DO NOTHING
"""


def leave_unasked(*, by: Scope, now: datetime) -> Done[int]:
    """Members leave the programmes that have no legal basis any more for asking them; returns how many.

    Found again by a run under a new basis, they are the same members.
    """
    permit("build.cohorts", by=by)
    left, events = 0, []
    with connection.cursor() as cursor:
        for programme, version in sorted(programmes.switched_on().items()):
            asking = programmes.basis_for(version, ASKING, now=now)
            if asking is not None:
                cursor.execute(_GRANT_MEMBERS, {"programme": programme, "asking": asking, "now": now})
                continue
            cursor.execute(_ASKING_ENDED, {"programme": programme, "now": now})
            if cursor.rowcount:
                left += cursor.rowcount
                events.append(AskingEnded(programme))
                record("members left", by=by, of="programme", id=programme, why="the legal basis has ended")
    return Done(left, tuple(events))


def let_go(*, member: UUID, by: Scope, now: datetime) -> Done[None]:
    """The last need of a member is closed: whom we have stopped asking, the board's teams see no more."""
    found = Member.objects.filter(id=member, left_because=Member.LeftBecause.BASIS_ENDED).first()
    if found and not Member.objects.filter(person_id=found.person_id, left_at=None).exists():
        governance.end_access(person=found.person_id, via="programme", by=by, now=now)
    return Done(None)


def _noting(arrivals: Iterable[Arrival], found_as: list[str]) -> Iterator[Arrival]:
    """The same, and what the cohort calls each, in the same order."""
    for arrival in arrivals:
        found_as.append(arrival.known_as or arrival.source_id)
        yield arrival


def _copy(cursor: CursorWrapper, result: CohortResult, person_of: dict[str, UUID]) -> None:
    names = ("person_id", "rule", "group", "evidence_date", "code", "term", "count", "reason")
    with cursor.copy("COPY found FROM STDIN") as copy:
        for batch in result.members.select(list(names)).to_batches(max_chunksize=10_000):
            columns = [batch.column(name).to_pylist() for name in names]
            for person, *rest in zip(*columns, strict=True):
                copy.write_row((person_of[person], *rest))
