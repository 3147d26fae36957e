"""Whom the resources of a bulk export are about: by reference, by NHS number, by the patient who replaced another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openprotect.interop.feeds.fhir_codes import NHS_NUMBER
from openprotect.interop.feeds.fhir_resources import REPLACED
from openprotect.interop.feeds.records import RecordsHaveFaults
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people import partitions
from openprotect.people.population import Population
from tests.factories.fhir_export import (
    ADA,
    LEE,
    RAVI,
    Resource,
    about,
    bring_in,
    coded,
    deleting,
    export,
    patients,
    rows,
    write,
)

NUMBER = number_for_tests(1)  # Ada's


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def condition(id_: str, subject: Resource | None, **more: Any) -> Resource:
    whole = {"resourceType": "Condition", "id": id_, "subject": subject, "code": coded("13645005"),
             "onsetDateTime": "2019-06-01", **more}  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def numbered(number: str, **more: Any) -> Resource:
    return {"identifier": {"system": NHS_NUMBER, "value": number}, **more}


def replaced(person: str, by: str, **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": person, "active": False,
            "link": [{"type": "replaced-by", "other": about(by)}], **more}  # fmt: skip


def test_references_of_every_form_lead_to_the_patient(folder: Path, population: Population) -> None:
    contained = {"resourceType": "Patient", "id": "p", "identifier": [numbered(NUMBER)["identifier"]]}
    conditions = [
        condition("r1", about(ADA)),
        condition("r2", {"reference": f"https://ehr.example/fhir/R4/Patient/{ADA}"}),
        condition("r3", {"reference": f"urn:uuid:{ADA}"}),
        condition("r4", {"reference": f"Patient/{ADA}/_history/2"}),
        condition("r5", {"reference": f"https://ehr.example/fhir/Patient/{ADA}/_history/7"}),
        condition("r6", numbered(NUMBER)),
        condition("r7", numbered(f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}", type="Patient")),
        condition("r8", {"reference": "#p"}, contained=[contained]),
        condition("r9", numbered(NUMBER) | about(LEE)),  # an id says more than a number
        condition("r10", numbered(NUMBER, type="Group")),
    ]
    conditions = [each | {"onsetDateTime": f"2019-06-{at:02}"} for at, each in enumerate(conditions, start=1)]
    files = {"Patient.ndjson": patients(), "Condition.ndjson": conditions}
    totals = bring_in(write(folder, files), population).manifest.files["Condition"]
    assert totals.skipped == {"about no patient but a Group": 1}
    assert rows(population, "events") == [
        *((ADA, f"2019-06-{at:02}", "13645005", "snomed") for at in range(1, 9)),
        (LEE, "2019-06-09", "13645005", "snomed"),
    ]


def test_a_number_leads_to_whoever_has_it_now(folder: Path, population: Population) -> None:
    bring_in(write(folder, {"Patient.ndjson": patients()}), population)
    delta = write(folder.with_name("delta"), {"Condition.ndjson": [condition("c1", numbered(NUMBER))]})
    bring_in(delta, population, changes=True)
    assert rows(population, "events") == [(ADA, "2019-06-01", "13645005", "snomed")]
    ada, _, lee = patients()
    moved = {"Patient.ndjson": [ada | {"identifier": []}, lee | {"identifier": ada["identifier"]}],
             "Condition.ndjson": [condition("c2", numbered(NUMBER))]}  # fmt: skip
    bring_in(write(folder.with_name("moved"), moved), population, changes=True)
    assert {(row[0], row[2]) for row in rows(population, "events")} == {(ADA, "13645005"), (LEE, "13645005")}
    gone = {"Condition.ndjson": [condition("c3", numbered(NUMBER))], "deleted/1.ndjson": [deleting(f"Patient/{LEE}")]}
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(write(folder.with_name("gone"), gone), population, changes=True)
    assert [str(fault) for fault in refused.value.faults] == [
        f"Condition.ndjson, line 1, column subject.identifier.value: read '{NUMBER}',"
        " expected a person who is in the records 'd'"
    ]


def test_a_patient_who_was_replaced_leaves_their_records_to_the_other(
    folder: Path, population: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "BYTES_A_PARTITION", 256)
    imported = bring_in(write(folder, export()), population)
    assert imported.manifest.partitions > 8
    before = {name: rows(population, name) for name in ("events", "medicines")}
    assert {row[0] for row in before["medicines"]} == {ADA}
    # Ada is Ravi, who is Lee; one of her conditions comes anew under her old id, another one is deleted.
    first = export()["Condition.000.ndjson"][0] | {"onsetDateTime": "2013-01-01"}
    delta = {"Patient.ndjson": [replaced(ADA, RAVI), replaced(RAVI, LEE)], "Condition.ndjson": [first],
             "deleted/1.ndjson": [deleting("Condition/c7")]}  # fmt: skip
    changed = bring_in(write(folder.with_name("delta"), delta), population, changes=True)
    assert changed.manifest.files["Patient"].skipped == {REPLACED: 2}
    assert list(population.source_ids("d").values()) == [LEE]
    expected = {(LEE, *row[1:]) for row in before["events"] if row[2] != "195967001"}
    expected -= {(LEE, "2014-03-01", "84114007", "snomed")}
    assert set(rows(population, "events")) == expected | {(LEE, "2013-01-01", "84114007", "snomed")}
    assert rows(population, "medicines") == [(LEE, *row[1:]) for row in before["medicines"]]
    assert changed.manifest.changes["medicines"] == {"added": 2, "changed": 0, "removed": 2}
    whole = export() | {"Patient.ndjson": [replaced(ADA, RAVI), replaced(RAVI, LEE), patients()[2]]}
    bring_in(write(folder.with_name("whole"), whole), population)
    assert {row[0] for row in rows(population, "events")} == {LEE}
    assert len(rows(population, "events")) == len(before["events"])


def test_a_record_that_is_not_in_use_is_kept_and_said(folder: Path, population: Population) -> None:
    files = {"Patient.ndjson": [each | {"active": False} for each in patients()]}
    imported = bring_in(write(folder, files), population)
    assert "3 patients whose record is said not to be in use any more (active: false), kept." in imported.notes
    assert imported.manifest.tables["people"] == 3


BAD: dict[str, tuple[Resource, str]] = {
    "a number of nobody": ({"Condition.ndjson": [condition("c1", numbered(number_for_tests(9)))]},
                           f"Condition.ndjson, line 1, column subject.identifier.value: read '{number_for_tests(9)}', expected a person who is in Patient"),
    "a broken number": ({"Condition.ndjson": [condition("c1", numbered("9990000027"))]}, "column subject.identifier.value: read '9990000027'"),
    "another kind of number": ({"Condition.ndjson": [condition("c1", {"identifier": {"system": "https://local", "value": "7"}})]},
                               f"column subject.identifier.system: read 'https://local', expected {NHS_NUMBER}, or a reference"),
    "in words alone": ({"Condition.ndjson": [condition("c1", {"display": "Ada"})]}, "column subject.reference: read"),
    "contained and without a number": ({"Condition.ndjson": [condition("c1", {"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}])]},
                                       "column contained[0].identifier: read '', expected an NHS number"),
    "contained and not there": ({"Condition.ndjson": [condition("c1", {"reference": "#p"})]},
                                "column subject.reference: read '#p', expected the id of something contained"),
    "replaced by nobody": ({"Patient.ndjson": [*patients(), replaced("x", "y")]},
                           "Patient.ndjson, line 4, column link.other.reference: read 'y', expected a patient who is in Patient"),
    "replaced in a ring": ({"Patient.ndjson": [*patients(), replaced("x", "y"), replaced("y", "x")]},
                           "Patient.ndjson, line 4, column link.other.reference: read 'y', expected a patient who is not replaced in turn"),
    "replaced by themselves": ({"Patient.ndjson": [*patients(), replaced("x", "x")]},
                               "line 4, column link[0].other.reference: read 'Patient/x', expected another patient"),
    "replaced and there": ({"Patient.ndjson": [*patients(), replaced(ADA, LEE)]}, f"line 4, column id: read '{ADA}', expected each once"),
    "replaced by two": ({"Patient.ndjson": [*patients(), replaced("x", ADA) | {"link": [*replaced("x", ADA)["link"], *replaced("x", LEE)["link"]]}]},
                        "line 4, column link: read"),
    "replaced by one and by another": ({"Patient.ndjson": [*patients(), replaced("x", ADA), replaced("x", LEE)]},
                                       f"line 5, column link: read '{LEE}', expected one patient who replaces this one: another row says {ADA}"),
    "replaced and deleted": ({"Patient.ndjson": [*patients(), replaced("x", ADA)], "deleted/1.ndjson": [deleting("Patient/x")]},
                             "deleted/1.ndjson, line 1, column entry[0].request.url: read 'Patient/x', expected what is not in the export as well"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "said"), BAD.values(), ids=list(BAD))
def test_who_cannot_be_found_is_said_with_the_line(
    files: dict[str, list[Resource]], said: str, folder: Path, population: Population
) -> None:
    write(folder, {"Patient.ndjson": patients()} | files)
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(folder, population)
    found = [str(fault) for fault in refused.value.faults]
    assert any(said in each for each in found), found
