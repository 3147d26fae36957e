"""Read the records for those who care for somebody and ask why a cohort run found them or did not.

What reads records (ibis, DuckDB) is imported by whoever answers: the web server only asks, and would start half a
second later for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import enter, system
from openprotect.jobs.steps import independent
from openprotect.journey import flow
from openprotect.journey.identify import why
from openprotect.lib.errors import Refusal

if TYPE_CHECKING:
    from openprotect.people.population import Population

FAILED = "The records could not be read. Ask again later."

_records: list[Callable[[], Sequence[Population]]] = []


def connect(records: Callable[[], Sequence[Population]]) -> None:
    """Say where records are kept. Called once at start-up."""
    _records[:] = [records]


def answer(*, question: UUID, now: datetime) -> bool:
    """Answer one question as whoever asked it, unless it is answered already; or say why it cannot be."""
    by = system("worker", now=now)
    try:
        return _answered(question, now)
    except Refusal as refused:
        flow.perform(why.refuse_answer, question=question, why=str(refused), by=by, now=now)
    except Exception:
        flow.perform(why.refuse_answer, question=question, why=FAILED, by=by, now=now)
        raise
    return False


def sweep(*, now: datetime) -> None:
    """Answer what waits, whether or not its job ran."""
    with enter(system("worker", now=now)) as by:
        questions = why.waiting(scope=by)
    with independent() as steps:
        for question in questions:
            steps.run("answer_why", partial(answer, question=question, now=now))


def _answered(question: UUID, now: datetime) -> bool:
    from openprotect.jobs import cohorts

    by = system("worker", now=now)
    with enter(by):
        asked = flow.perform(why.claim_why, question=question, by=by, now=now)
        if asked is None:
            return False
        if asked.scope is None:  # whoever asked does not work there any more
            raise NotPermitted
        explanation = cohorts.explain(
            pack_version=asked.pack_version,
            population=_population_with(asked.dataset),
            dataset=asked.dataset,
            index_date=asked.index_date,
            person=asked.person,
            by=asked.scope,
            now=now,
        )
        flow.perform(why.keep_answer, question=question, explanation=explanation, by=by, now=now)
    return True


def _population_with(dataset: str) -> Population:
    """The records that hold a dataset. Raises NoSuchDataset."""
    from openprotect.people.population import NoSuchDataset

    for find in _records:
        for population in find():
            if dataset in population.datasets():
                return population
    raise NoSuchDataset(dataset=dataset, known="They were removed, or are kept elsewhere.")
