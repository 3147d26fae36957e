"""Run a pack's cohort over a population and hand what it found to the care plane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pyarrow as pa

from openprotect.governance import queries as governance
from openprotect.governance.facts.law import RISK_STRATIFICATION
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.engine import run_cohort
from openprotect.journey.identify.errors import NotInTheRecords
from openprotect.journey.identify.explain import explain_person
from openprotect.journey.identify.facts import BuiltRun, CohortResult, Explanation
from openprotect.journey.identify.passes import READ
from openprotect.people import opt_outs
from openprotect.people import queries as people
from openprotect.people.facts import Known
from openprotect.people.from_records import arrivals
from openprotect.people.population import SOURCES, Population
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.cohort import Cohort, list_versions
from openprotect.programmes.rules import FINDING


def run(
    *,
    pack_version: int,
    population: Population,
    dataset: str,
    index_date: date,
    now: datetime,
    spark: str | None = None,
) -> BuiltRun:
    """Who is in the cohort of a published pack on `index_date`: computed, written, and followed on.

    No record is read without a legal basis for finding people, source by source: of a table whose source
    none covers nothing is read, and the result says so. Raises NoLiveBasis where that is the people
    themselves. Where a basis says that opt-outs apply, raises OptOutsNotFresh if it is not known who opted out.
    `spark` is the address of a Spark to compute it on.
    """
    by = system("worker", now=now)
    with enter(by):
        cohort, codelists = programmes.cohort_with_lists(pack_version)
        programmes.require_running(programmes.pack(pack_version).programme.key, now=now)
        basis = programmes.require_basis(pack_version, FINDING, now=now)
        lists, known, localities = what_may_be_read(pack_version, (cohort,), by=by)
        sources = population.manifest(dataset).sources
        covered = tables_covered(pack_version, sources, by=by)
    result = run_cohort(cohort, codelists, population, dataset, index_date, lists, known, localities, covered, spark)
    result = _saying_what_is_left_out(result, {name: sources[name] for name in READ if name not in covered})
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

    Opt-outs apply where any of the bases says so: somebody's records are used as a whole or not at all.
    Raises NoLiveBasis, OptOutsNotFresh.
    """
    basis = programmes.require_basis(pack_version, FINDING, now=by.now)
    by_source = programmes.bases_by_source(pack_version, FINDING, set(SOURCES.values()), now=by.now)
    uses = [governance.use_under(each, scope=by) for each in {basis, *by_source.values()} if each]
    known = None
    if any(use.opt_out_applies for use in uses):
        purposes = {purpose for use in uses for purpose in use.purposes}
        known = replace(opt_outs.known_of(purposes=purposes, scope=by), type_1=True)
    versions = {asked for cohort in definitions for asked in list_versions(cohort)}
    return people.listed(scope=by, versions=versions), known, governance.localities_of_practices()


def tables_covered(pack_version: int, sources: Mapping[str, str], *, by: Scope) -> frozenset[str]:
    """The tables whose source a legal basis for finding people covers. Raises NoLiveBasis for the people."""
    found = programmes.bases_by_source(pack_version, FINDING, set(sources.values()), now=by.now)
    if found[sources["people"]] is None:
        governance.require_basis(purpose=RISK_STRATIFICATION, source=sources["people"], now=by.now)
    return frozenset(name for name, source in sources.items() if found[source] is not None)


def _saying_what_is_left_out(result: CohortResult, left_out: Mapping[str, str]) -> CohortResult:
    notes = tuple(
        f"Left out: {table}, because no legal basis in force for finding people covers {source}."
        for table, source in left_out.items()
    )
    return replace(result, left_out=dict(left_out), notes=(*notes, *result.notes))


def explain(
    *, pack_version: int, population: Population, dataset: str, index_date: date, person: UUID, by: Scope, now: datetime
) -> Explanation:
    """Why somebody is in the cohort of a version or not: a view of their record, for those who care for them.

    Raises NotPermitted, NotThere, NotInTheRecords.
    """
    names = flow.perform(identify.open_records, person=person, by=by, now=now)
    with enter(system("worker", now=now)) as scope:
        cohort, codelists = programmes.cohort_with_lists(pack_version)
        lists = people.listed(scope=scope, versions=set(list_versions(cohort)))
        localities = governance.localities_of_practices()
    known_as = next((found for name in names if (found := population.find(dataset, name))), None)
    if known_as is None:
        raise NotInTheRecords(dataset=dataset)
    return explain_person(cohort, codelists, population, dataset, index_date, known_as, lists, localities)


def _data_age(population: Population, dataset: str) -> dict[str, str]:
    """The latest date of any record, by table, as far as the dataset says it."""
    return {table: day.isoformat() for table, day in population.manifest(dataset).data_age().items()}
