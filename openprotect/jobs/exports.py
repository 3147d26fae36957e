"""Make the files that people asked for, and take away those that may not be handed out any more."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.scope import enter, system
from openprotect.jobs.steps import independent
from openprotect.journey import flow
from openprotect.journey.learn import actions as learn


def make(*, export: UUID, now: datetime) -> bool:
    """Make one file, unless it is made already or may not be."""
    return flow.perform(learn.make_export, by=system("worker", now=now), now=now, export=export)


def sweep(*, now: datetime) -> None:
    """End what may not be handed out any more, then make what waits, whether or not its job ran."""
    by = system("worker", now=now)
    flow.perform(governance.end_exports, by=by, now=now)
    flow.perform(learn.end_exports_of_restricted, by=by, now=now)
    flow.perform(governance.delete_files, by=by, now=now)
    with enter(by):
        waiting = queries.waiting_exports(scope=by)
    with independent() as steps:
        for export in waiting:
            steps.run("make_export", partial(make, export=export.id, now=now))
