"""Run a pack's cohort over a population and hand what it found to the care plane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from openprotect.governance import queries as governance
from openprotect.governance.facts.law import RISK_STRATIFICATION
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.engine import run_cohort
from openprotect.journey.identify.explain import explain_person
from openprotect.journey.identify.facts import BuiltRun, CohortResult, Explanation
from openprotect.journey.identify.passes import READ
from openprotect.people import opt_outs
from openprotect.people import queries as people
from openprotect.people.facts import Known
from openprotect.people.from_records import arrivals, pseudonym_of
from openprotect.people.population import SOURCES, Population
from openprotect.programmes import actions as programme_actions
from openprotect.programmes import queries as programmes
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions import Pack
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
    given = Given(population, dataset, index_date, now)
    return _keep(pack_version, _find(given, _reading(pack_version, given), spark), given)


def publish_and_run(
    *,
    pack: Pack,
    population: Population,
    dataset: str,
    index_date: date,
    now: datetime,
    spark: str | None = None,
    by: Scope,
) -> BuiltRun:
    """Publish a checked pack, switch it on and run its cohort: all of it, or nothing where any of it fails.

    Finding people takes long, and what else writes does not wait for it: whether the pack may be published and
    switched on is tried and undone first, and done together with the run when that is known.
    Raises what `run`, `publish_pack` and `switch_on` raise.
    """
    given = Given(population, dataset, index_date, now)
    with enter(by):
        reading = _reading(_switched_on(pack, by), given)
        transaction.set_rollback(True)
    found = _find(given, reading, spark)
    with enter(by):
        return _keep(_switched_on(pack, by), found, given)


@dataclass(frozen=True)
class Given:
    """What a cohort is run over, for which day, and when."""

    population: Population
    dataset: str
    index_date: date
    now: datetime


@dataclass(frozen=True)
class Reading:
    """A definition, and what may be read for it."""

    cohort: Cohort
    codelists: Mapping[str, CodeList]
    may: MayBeRead


@dataclass(frozen=True)
class Found:
    """Who is in, by which reading of the records."""

    reading: Reading
    result: CohortResult


def _switched_on(pack: Pack, by: Scope) -> int:
    version = flow.perform(programme_actions.publish_pack, by=by, now=by.now, pack=pack)
    flow.perform(programme_actions.switch_on, by=by, now=by.now, version=version)
    return version


def _reading(pack_version: int, given: Given) -> Reading:
    with enter(system("worker", now=given.now)) as by:
        cohort, codelists = programmes.cohort_with_lists(pack_version)
        programmes.require_running(programmes.pack(pack_version).programme.key, now=given.now)
        sources = given.population.manifest(given.dataset).sources
        return Reading(cohort, codelists, what_may_be_read(pack_version, (cohort,), sources, by=by))


def _find(given: Given, reading: Reading, spark: str | None) -> Found:
    over = (given.population, given.dataset, given.index_date)
    return Found(reading, reading.may.run(reading.cohort, reading.codelists, *over, spark=spark))


def _keep(pack_version: int, found: Found, given: Given) -> BuiltRun:
    codelists = sorted(found.reading.codelists.items())
    members = pc.unique(found.result.members["person_id"]).to_pylist()
    return flow.perform(
        identify.build_cohort,
        by=replace(system("worker", now=given.now), basis=found.reading.may.basis),
        now=given.now,
        pack_version=pack_version,
        dataset=given.dataset,
        index_date=given.index_date,
        result=found.result,
        arrivals=arrivals(given.population, given.dataset, members),
        codelists={name: each.sha256 for name, each in codelists},
        data_age=_data_age(given.population, given.dataset),
    )


@dataclass(frozen=True)
class MayBeRead:
    """What may be read to find people by a version of a programme, and on which legal basis.

    The imported lists; who is left out of a use beyond care; the localities of practices, by code; the tables
    that a basis covers; and of the others their source. Whoever reads records for a cohort reads them by this.
    """

    basis: int
    lists: pa.Table
    known: Known | None
    localities: Mapping[str, str]
    covered: frozenset[str]
    left_out: Mapping[str, str]

    def run(
        self,
        cohort: Cohort,
        codelists: Mapping[str, CodeList],
        population: Population,
        dataset: str,
        index_date: date,
        *,
        spark: str | None = None,
    ) -> CohortResult:
        """Who is in a cohort. The result says what was left out."""
        given = (self.lists, self.known, self.localities, self.covered, spark)
        result = run_cohort(cohort, codelists, population, dataset, index_date, *given)
        return replace(result, left_out=dict(self.left_out))


def what_may_be_read(
    pack_version: int, definitions: Iterable[Cohort], sources: Mapping[str, str], *, by: Scope
) -> MayBeRead:
    """What may be read to find people by a version, with these definitions of a cohort, from the sources of each table.

    Opt-outs apply where any of the bases says so: somebody's records are used as a whole or not at all. The
    definitions say which versions of lists they ask for. Raises NoLiveBasis, also where none covers the people
    themselves, and OptOutsNotFresh.
    """
    basis = programmes.require_basis(pack_version, FINDING, now=by.now)
    by_source = programmes.bases_by_source(pack_version, FINDING, {*SOURCES.values(), *sources.values()}, now=by.now)
    if by_source[sources["people"]] is None:
        governance.require_basis(purpose=RISK_STRATIFICATION, source=sources["people"], now=by.now)
    uses = [governance.use_under(each, scope=by) for each in {basis, *by_source.values()} if each]
    known = None
    if any(use.opt_out_applies for use in uses):
        purposes = {purpose for use in uses for purpose in use.purposes}
        known = replace(opt_outs.known_of(purposes=purposes, scope=by), type_1=True)
    versions = {asked for cohort in definitions for asked in list_versions(cohort)}
    covered = frozenset(name for name, source in sources.items() if by_source[source] is not None)
    return MayBeRead(
        basis=basis,
        lists=people.listed(scope=by, versions=versions),
        known=known,
        localities=governance.localities_of_practices(),
        covered=covered,
        left_out={name: sources[name] for name in READ if name not in covered},
    )


def explain(
    *, pack_version: int, population: Population, dataset: str, index_date: date, person: UUID, by: Scope, now: datetime
) -> Explanation:
    """Why somebody is in the cohort of a version or not: a view of their record, for those who care for them.

    It reads what a run may read, and no more. Raises NotPermitted, NotThere, RestrictedRecord, NotInTheRecords,
    NoLiveBasis, OptOutsNotFresh.
    """
    known = flow.perform(identify.open_records, person=person, by=by, now=now)
    with enter(system("worker", now=now)) as scope:
        cohort, codelists = programmes.cohort_with_lists(pack_version)
        may = what_may_be_read(pack_version, (cohort,), population.manifest(dataset).sources, by=scope)
    known_as = pseudonym_of(population, dataset, known)
    given = (may.lists, may.known, may.localities, may.covered)
    told = explain_person(cohort, codelists, population, dataset, index_date, known_as or known.on_a_list, *given)
    return replace(told, left_out=may.left_out)


def _data_age(population: Population, dataset: str) -> dict[str, str]:
    """The latest date of any record, by table, as far as the dataset says it."""
    return {table: day.isoformat() for table, day in population.manifest(dataset).data_age().items()}
