"""Decide about an answer set, once, in the transaction of the answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError

from openprotect.governance.actions import permit
from openprotect.governance.scope import Scope
from openprotect.journey.check_in.models import AnswerSet
from openprotect.journey.triage import rules
from openprotect.journey.triage.errors import AlreadyTriaged
from openprotect.journey.triage.events import NeedsFound, Triaged
from openprotect.journey.triage.models import Decision
from openprotect.lib.done import Done
from openprotect.programmes import queries as programmes


def decide(*, answer_set: UUID, by: Scope, now: datetime) -> Done[UUID]:
    """Run the decision table of the answers' own pack version; returns the decision's id.

    Written for ever, and so an audit of its own: the rows that fired, what each read, the calls to action they ask for, the
    version. Raises AlreadyTriaged for answers that have a decision.
    """
    permit("triage.answers", by=by)
    person, version, answers = AnswerSet.objects.values_list("person_id", "pack_version_id", "answers").get(
        id=answer_set
    )
    decided = rules.decide(programmes.pack(version).triage, answers)
    decision = Decision(
        id=uuid4(),
        answer_set_id=answer_set,
        person_id=person,
        pack_version_id=version,
        outcome=decided.outcome,
        fired=[asdict(row) for row in decided.fired],
        calls=[asdict(call) for call in decided.calls],
        cannot_assess=list(decided.cannot_assess),
        decided_at=now,
    )
    try:
        decision.save(force_insert=True)
    except IntegrityError:
        raise AlreadyTriaged() from None
    needs = (NeedsFound(decision.id),) if decided.calls else ()
    return Done(decision.id, (Triaged(decision.id), *needs))
