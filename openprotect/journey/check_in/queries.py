"""Reads of check-in: one check-in with its questions and what was answered so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openprotect.governance.scope import Scope, require
from openprotect.journey.check_in.models import AnswerSet, CheckIn, Draft
from openprotect.journey.contact.facts import Missed
from openprotect.people.models import PersonIdentity
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions import Pack
from openprotect.programmes.definitions.questionnaire import Questionnaire
from openprotect.programmes.rules import ASKING


@dataclass(frozen=True)
class CheckInView:
    """A check-in as its form needs it; `answers` are those saved page by page."""

    id: UUID
    person_id: UUID
    member_id: UUID
    pack: Pack
    questionnaire: Questionnaire
    answers: Mapping[str, object]
    status: str
    number: int
    opens_at: datetime
    first_name: str
    asking_ended: bool


def open_check_in(check_in_id: UUID, *, scope: Scope) -> CheckInView | None:
    """One check-in in scope, whatever its status; None where there is none."""
    require(scope)
    found = CheckIn.objects.filter(id=check_in_id).first()
    if found is None:
        return None
    pack = programmes.pack(found.pack_version_id)
    draft = Draft.objects.filter(check_in_id=check_in_id).first()
    identity = PersonIdentity.objects.filter(person_id=found.person_id).first()
    return CheckInView(
        id=found.id,
        person_id=found.person_id,
        member_id=found.member_id,
        pack=pack,
        questionnaire=pack.questionnaire,
        answers=draft.answers if draft else {},
        status=found.status,
        number=found.occurrence,
        opens_at=found.opens_at,
        first_name=identity.given_name if identity else "",
        asking_ended=programmes.basis_for(found.pack_version_id, ASKING, now=scope.now) is None,
    )


def current(member: UUID, *, scope: Scope) -> UUID | None:
    """The check-in of a member that is open now, if there is one."""
    require(scope)
    return (
        CheckIn.objects.filter(member_id=member, status=CheckIn.Status.OPEN, opens_at__lte=scope.now)
        .values_list("id", flat=True)
        .first()
    )


def asked_now(people: Sequence[UUID], *, scope: Scope) -> set[UUID]:
    """Those of these people whose check-in is open now."""
    require(scope)
    opened = CheckIn.objects.filter(person_id__in=people, status=CheckIn.Status.OPEN, opens_at__lte=scope.now)
    return set(opened.values_list("person_id", flat=True))


def missed_in(sweep: UUID, *, scope: Scope) -> list[Missed]:
    """The check-ins that one sweep found missed: at most as many as the sweep's limit."""
    require(scope)
    rows = CheckIn.objects.filter(sweep=sweep).order_by("member_id")
    return [
        Missed(member=member, occurrence=occurrence, in_a_row=in_a_row)
        for member, occurrence, in_a_row in rows.values_list("member_id", "occurrence", "missed_in_a_row")
    ]


@dataclass(frozen=True)
class Answered:
    """An answer set as a reviewer reads it, against the questions it was given to."""

    id: UUID
    submitted_at: datetime
    answered_by: str
    answers: Mapping[str, object]
    questionnaire: Questionnaire
    pack_version: int


def answered(answer_set: UUID, *, scope: Scope) -> Answered | None:
    """One answer set in scope, pinned to the questionnaire of its version."""
    require(scope)
    found = AnswerSet.objects.filter(id=answer_set).first()
    if found is None:
        return None
    return Answered(
        id=found.id,
        submitted_at=found.submitted_at,
        answered_by=found.answered_by,
        answers=found.answers,
        questionnaire=programmes.pack(found.pack_version_id).questionnaire,
        pack_version=found.pack_version_id,
    )


def last_answered(person: UUID, *, scope: Scope) -> Answered | None:
    """What a person in scope answered last, if anything."""
    require(scope)
    last = AnswerSet.objects.filter(person_id=person).order_by("-submitted_at", "id").values_list("id", flat=True)
    found = last.first()
    return answered(found, scope=scope) if found else None
