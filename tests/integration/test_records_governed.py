"""Whose records are used, on what basis, under which name, and who is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from openprotect.config.database_urls import Urls
from openprotect.demo import opt_outs
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.scope import enter, system
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.jobs import cohorts
from openprotect.journey.identify.facts import CohortResult
from openprotect.journey.identify.words import tables_left_out
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population
from openprotect.programmes.queries import switched_on
from tests.factories import published_files
from tests.factories.agreed import basis
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, FIRST, SECOND, open_service, staff

SEVERE, CHRONIC = "313299006", "13645005"
DISSENT, WITHDRAWN = "827241000000103", "827261000000102"


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


def person(number: int, practice: str = FIRST) -> dict[str, str]:
    return {"person_id": f"R{number}", "nhs_number": number_for_tests(number), "date_of_birth": "1938-06-04",
            "sex": "female", "practice_code": practice}  # fmt: skip


def event(number: int, code: str, date: str = "2016-11-02") -> dict[str, str]:
    return {"person_id": f"R{number}", "date": date, "code": code, "system": "snomed"}


def run(
    population: Population, *, sources: dict[str, str] | None = None, **tables: list[dict[str, str]]
) -> CohortResult:
    """The records are imported and COVID-19 Protect's cohort is run over them."""
    folder = published_files.records(population.folder.with_name("extract"), **tables)
    import_records(folder, form=TABLES_FORMAT, population=population, dataset="d", now=BEGINS, sources=sources)
    with enter(system("test", now=BEGINS)):
        version = switched_on()["covid-protect"]
    opt_outs.exchange(population, now=BEGINS, of_a_thousand=0)
    return cohorts.run(
        pack_version=version, population=population, dataset="d", index_date=BEGINS.date(), now=BEGINS
    ).result


CARED_FOR = {
    "people": [person(1), person(2)],
    "events": [event(1, CHRONIC), event(2, SEVERE)],
    "services": [{"person_id": "R1", "service": "home_care", "started_on": "2020-01-01"}],
}


def members() -> list[str]:
    return [name for (name,) in rows("SELECT p.source_id FROM identify_member m JOIN people_person p ON p.id ="
                                     " m.person_id WHERE m.left_at IS NULL ORDER BY 1")]  # fmt: skip


def test_what_no_basis_covers_is_left_out_and_said(population: Population) -> None:
    result = run(population, **CARED_FOR)
    assert result.left_out == {"services": "social_care_records"}
    assert tables_left_out(result.left_out) == (
        "Left out: services, because no legal basis in force for finding people covers social_care_records.",
    )
    (kept,) = rows("SELECT notes FROM identify_cohortrun")
    assert list(result.notes) == json.loads(kept[0]) != []
    assert members() == ["R2"]
    basis("all-records", purpose="risk_stratification")
    assert run(population, **CARED_FOR).left_out == {}
    assert members() == ["R1", "R2"]


def test_without_a_basis_for_where_the_people_come_from_nothing_is_read(population: Population) -> None:
    with pytest.raises(NoLiveBasis, match="a_register"):
        run(population, sources={"people": "a_register"}, **CARED_FOR)


def test_type_1_opt_outs_are_applied_and_counted(population: Population) -> None:
    tables = {
        "people": [person(1), person(2), person(3), person(4) | {"type_1_opt_out": "yes"}],
        "events": [
            *(event(number, SEVERE) for number in (1, 2, 3, 4)),
            event(2, DISSENT, "2018-01-01"),
            event(3, DISSENT, "2018-01-01"), event(3, WITHDRAWN, "2019-01-01"),
        ],
    }  # fmt: skip
    result = run(population, **tables)
    assert result.excluded["type-1-opt-out"] == 2
    assert ("left after: Type 1 opt-out", 2) in result.attrition
    assert members() == ["R1", "R3"]


def test_a_word_on_the_same_day_and_a_later_change(population: Population, tmp_path: Path) -> None:
    tables = {"people": [person(1)], "events": [event(1, DISSENT, "2018-01-01"), event(1, WITHDRAWN, "2018-01-01")]}
    assert run(population, **tables).excluded["type-1-opt-out"] == 1
    later = published_files.records(tmp_path / "later", events=[event(1, WITHDRAWN, "2018-01-02")])
    for path in later.iterdir():
        if path.stem != "events":
            path.unlink()
    changed = import_records(later, form=TABLES_FORMAT, population=population, dataset="d", now=BEGINS, changes=True)
    assert changed.manifest.changes["identities"]["changed"] == 1


def test_people_are_identified_on_arrival_and_that_is_in_the_trail(population: Population) -> None:
    result = run(population, people=[person(1), person(2)], events=[event(2, SEVERE)])
    pseudonym = population.pseudonyms("d").of("R2")
    assert set(result.members["person_id"].to_pylist()) == {pseudonym}
    assert members() == ["R2"]
    ((actor, why),) = rows("SELECT actor, why FROM governance_auditevent WHERE action = 'members identified'")
    assert (actor, why) == ("system:worker", "1 people")
    assert rows("SELECT dataset, data_age ->> 'events' FROM identify_cohortrun") == [("d", "2016-11-02")]


def test_who_cares_for_somebody_is_told_why_and_nobody_else(population: Population) -> None:
    run(population, people=[person(1), person(2, SECOND)], events=[event(1, SEVERE), event(2, SEVERE)])
    hers, others = (one("SELECT id FROM people_person WHERE source_id = %s", name) for name in ("R1", "R2"))
    with enter(system("test", now=BEGINS)):
        version = switched_on()["covid-protect"]

    def explained(who: object, username: str) -> object:
        return cohorts.explain(pack_version=version, population=population, dataset="d", index_date=BEGINS.date(),
                               person=who, by=staff(username), now=BEGINS)  # fmt: skip

    told = explained(hers, "practice-reviewer")
    assert told.is_member
    with pytest.raises(NotThere):
        explained(others, "practice-reviewer")
    with pytest.raises(NotPermitted):
        explained(hers, "council-worker")
    looked = rows("SELECT actor, person_id FROM governance_auditevent WHERE action = 'records explained'")
    assert looked == [(staff("practice-reviewer").actor, hers)]
