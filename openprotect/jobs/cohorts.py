"""Run a pack's cohort over a population and hand what it found to the care plane."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa

from openprotect.governance import queries as governance
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.engine import run_cohort
from openprotect.journey.identify.facts import BuiltRun
from openprotect.people import opt_outs
from openprotect.people import queries as people
from openprotect.people.facts import Known
from openprotect.people.from_records import arrivals
from openprotect.people.population import Population
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.cohort import Cohort, list_versions
from openprotect.programmes.rules import FINDING


def run(*, pack_version: int, population: Population, dataset: str, index_date: date, now: datetime) -> BuiltRun:
    """Who is in the cohort of a published pack on `index_date`: computed, written, and followed on.

    No record is read without a legal basis for finding people: raises NoLiveBasis. Where the basis
    says that the national data opt-out applies, raises OptOutsNotFresh if it is not known who opted out.
    """
    by = system("worker", now=now)
    with enter(by):
        cohort, codelists = programmes.cohort_with_lists(pack_version)
        programmes.require_running(programmes.pack(pack_version).programme.key, now=now)
        basis = programmes.require_basis(pack_version, FINDING, now=now)
        lists, known, localities = what_may_be_read(pack_version, (cohort,), by=by)
    result = run_cohort(cohort, codelists, population, dataset, index_date, lists, known, localities)
    return flow.perform(
        identify.build_cohort,
        by=replace(by, basis=basis),
        now=now,
        pack_version=pack_version,
        dataset=dataset,
        index_date=index_date,
        result=result,
        arrivals=arrivals(population, dataset, set(result.members["person_id"].to_pylist())),
        codelists={name: found.sha256 for name, found in sorted(codelists.items())},
        data_age=_data_age(population, dataset),
    )


def what_may_be_read(
    pack_version: int, definitions: Iterable[Cohort], *, by: Scope
) -> tuple[pa.Table, Known | None, dict[str, str]]:
    """The imported lists, who is left out of a use beyond care, and the localities of practices.

    For finding people by a version, with these definitions of a cohort, which say what versions of lists they ask for.

    Raises NoLiveBasis, OptOutsNotFresh.
    """
    basis = programmes.require_basis(pack_version, FINDING, now=by.now)
    use = governance.use_under(basis, scope=by)
    known = opt_outs.known_of(purposes=use.purposes, scope=by) if use.opt_out_applies else None
    versions = {asked for cohort in definitions for asked in list_versions(cohort)}
    return people.listed(scope=by, versions=versions), known, governance.localities_of_practices()


def _data_age(population: Population, dataset: str) -> dict[str, str]:
    """The latest date of any record, by table, as far as the dataset says it."""
    manifest = population.manifest(dataset)
    latest = getattr(manifest, "latest", None)
    found = {table: latest(table) for table in manifest.tables} if latest else {}
    return {table: day.isoformat() for table, day in found.items() if day}
