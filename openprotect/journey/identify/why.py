"""Why somebody is in a programme's cohort or not, for those who care for them.

What the runs found is kept here. The records themselves are asked for: the worker reads them, as whoever asked,
and the answer stays for as long as `governance/retention.toml` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from openprotect.governance import queries as governance
from openprotect.governance.actions import permit, record
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.journey.identify.events import RecordsAsked
from openprotect.journey.identify.facts import Explanation
from openprotect.journey.identify.models import CohortRun, Member, Reason, WhyAsked
from openprotect.journey.identify.queries import Run, told_on
from openprotect.lib.done import Done
from openprotect.people.errors import RestrictedRecord
from openprotect.people.models import Person
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import Located, walk

AT_ONCE = 10  # a sweep does much else
Asked = WhyAsked
"""A question to the records as interfaces get it."""


@dataclass(frozen=True)
class Kept:
    """A reason that runs found, from the run `since` until the run `until`, which no longer did; None where it stands."""

    rule: str
    group: str
    reason: str
    evidence_date: date | None
    code: str
    term: str
    count: int | None
    since: Run
    until: Run | None


@dataclass(frozen=True)
class InProgramme:
    """Where somebody stands in one programme that runs: by its last `run`, as a `member`, why, and why before.

    `asked` is the reader's own last question to the records, with the answer, if one is kept.
    """

    programme: str
    title: str
    run: Run | None
    cohort: Cohort
    member: Member | None
    reasons: tuple[Kept, ...]
    before: tuple[Kept, ...]
    asked: WhyAsked | None


@dataclass(frozen=True)
class WhyListed:
    """Of a `restricted` person nothing is said that tells where they are, and the records are not asked."""

    restricted: bool
    programmes: tuple[InProgramme, ...]


@dataclass(frozen=True)
class ToExplain:
    """A question to the records, as whom they are to be read, and for which run. Without a `scope` for nobody any more."""

    id: UUID
    person: UUID
    pack_version: int
    dataset: str
    index_date: date
    scope: Scope | None


def why_listed(person: UUID, *, scope: Scope) -> WhyListed | None:
    """What is kept of why somebody is or was found, by programme; None where the scope does not see them."""
    require(scope)
    restricted = Person.objects.filter(id=person).values_list("restricted", flat=True).first()
    if restricted is None:
        return None
    on, titles = programmes.switched_on(), programmes.titles()
    members = {each.programme: each for each in Member.objects.filter(person=person).select_related("run", "left_run")}
    rows = list(Reason.objects.filter(person=person, programme__in=on).order_by("-since", "rule"))
    runs = _runs(on, {number for row in rows for number in (row.since, row.until) if number})
    asked: dict[str, WhyAsked] = {}
    if not restricted:
        found = WhyAsked.objects.filter(person=person, asked_by=int(scope.actor)).select_related("run__pack_version")
        asked = {each.programme: each for each in found.order_by("asked_at")}
    listed = []
    for programme, version in sorted(on.items()):
        run = max((each for key, each in runs.items() if key[0] == programme), key=lambda r: r.number, default=None)
        cohort = programmes.pack(run.pack_version_id if run else version).cohort
        hidden = _say_where(cohort) if restricted else frozenset()
        mine = [row for row in rows if row.programme == programme and row.rule not in hidden]
        kept = [_kept(row, runs, cohort, run) for row in mine]
        listed.append(
            InProgramme(
                programme=programme,
                title=titles[programme],
                run=run,
                cohort=cohort,
                member=members.get(programme),
                reasons=tuple(each for each in kept if each.until is None),
                before=tuple(each for each in kept if each.until is not None),
                asked=asked.get(programme),
            )
        )
    return WhyListed(restricted, tuple(listed))


def ask_why(*, person: UUID, programme: str, by: Scope, now: datetime) -> Done[UUID]:
    """Have the records read, for why the last run of a programme found somebody or did not; returns the question's id.

    Asked again before there is an answer it is the same question. Raises NotPermitted, NotThere, RestrictedRecord.
    """
    permit("see.reasons", by=by)
    restricted = Person.objects.filter(id=person).values_list("restricted", flat=True).first()
    run = CohortRun.objects.filter(programme=programme).order_by("-number").first()
    if restricted is None or run is None or programme not in programmes.switched_on():
        raise NotThere()
    if restricted:
        raise RestrictedRecord()
    if by.membership is None:
        raise NotPermitted()
    with enter(system("cohorts", now=now)):
        question, made = WhyAsked.objects.get_or_create(
            person_id=person,
            programme=programme,
            asked_by_id=int(by.actor),
            state=WhyAsked.State.ASKED,
            defaults={"run": run, "membership_id": by.membership, "asked_at": now},
        )
    if not made:
        return Done(question.id)
    record("records asked", by=by, person=person, of="question why", id=question.id)
    return Done(question.id, (RecordsAsked(question.id),))


def claim_why(*, question: UUID, by: Scope, now: datetime) -> Done[ToExplain | None]:
    """A question that waits, as it may be answered now; None where it does not, or somebody is at it.

    Its row is locked until the transaction ends.
    """
    permit("build.cohorts", by=by)
    waits = WhyAsked.objects.select_for_update(skip_locked=True, of=("self",)).select_related("run")
    row = waits.filter(id=question, state=WhyAsked.State.ASKED).first()
    if row is None:
        return Done(None)
    asker = governance.staff_member(row.asked_by_id, now=now, membership=row.membership_id)
    return Done(
        ToExplain(
            id=row.id,
            person=row.person_id,
            pack_version=row.run.pack_version_id,
            dataset=row.run.dataset,
            index_date=row.run.index_date,
            scope=asker.scope if asker else None,
        )
    )


def keep_answer(*, question: UUID, explanation: Explanation, by: Scope, now: datetime) -> Done[None]:
    """Write down what the records say."""
    permit("build.cohorts", by=by)
    _settle(question, now, state=WhyAsked.State.ANSWERED, answer=answer_of(explanation))
    return Done(None)


def refuse_answer(*, question: UUID, why: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that the records could not be read, in a sentence for whoever asked."""
    permit("build.cohorts", by=by)
    row = WhyAsked.objects.filter(id=question, state=WhyAsked.State.ASKED).first()
    if row is not None:
        _settle(question, now, state=WhyAsked.State.REFUSED, refused_because=why)
        record("records not explained", by=by, person=row.person_id, of="question why", id=question)
    return Done(None)


def waiting(*, scope: Scope) -> list[UUID]:
    """The questions that nobody has answered, the oldest first."""
    require(scope)
    found = WhyAsked.objects.filter(state=WhyAsked.State.ASKED).order_by("asked_at")
    return list(found.values_list("id", flat=True)[:AT_ONCE])


def answer_of(explanation: Explanation) -> dict[str, Any]:
    """An explanation as it is kept beside who it is about: without the pseudonym, which would join the two."""
    told = asdict(explanation)
    del told["person_id"], told["cohort"]
    return told | {"is_member": explanation.is_member, "index_date": explanation.index_date.isoformat()}


def _settle(question: UUID, now: datetime, **told: object) -> None:
    WhyAsked.objects.filter(id=question, state=WhyAsked.State.ASKED).update(settled_at=now, **told)


def _runs(on: Iterable[str], numbers: set[int]) -> dict[tuple[str, int], CohortRun]:
    """The last run of each programme, and those with these numbers."""
    last = CohortRun.objects.filter(programme__in=on).order_by("programme", "-number").distinct("programme")
    wanted = CohortRun.objects.filter(
        Q(id__in=list(last.values_list("id", flat=True))) | Q(programme__in=on, number__in=numbers)
    )
    return {(each.programme, each.number): each for each in wanted.select_related("pack_version")}


def _kept(row: Reason, runs: Mapping[tuple[str, int], CohortRun], cohort: Cohort, last: CohortRun | None) -> Kept:
    since = runs[row.programme, row.since]
    standing = row.until is None and last is not None
    day = last.index_date if standing and last else since.index_date
    return Kept(
        rule=row.rule,
        group=row.group,
        reason=told_on(row.reason, row.rule, cohort, first=since.index_date, day=day),
        evidence_date=row.evidence_date,
        code=row.code,
        term=row.term,
        count=row.count,
        since=since,
        until=runs.get((row.programme, row.until)) if row.until is not None else None,
    )


def _say_where(cohort: Cohort) -> frozenset[str]:
    """The rules that ask where somebody lives or is registered."""
    sides = ((rule.id, side) for rule in cohort.rules for side in (rule.when, rule.unless) if side is not None)
    return frozenset(key for key, side in sides if any(isinstance(part, Located) for part in walk(side)))
