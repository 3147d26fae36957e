"""FHIR bulk exports: what is read of them, what is left out and counted, and what is refused in words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openprotect.interop.feeds.fhir_lines import LONGEST
from openprotect.interop.feeds.records import RecordsHaveFaults
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population
from tests.factories.fhir_export import ADA, LEE, RAVI, about, bring_in, coded, export, patients, rows, write


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def test_every_type_comes_in_with_totals_and_what_was_left_out(folder: Path, population: Population) -> None:
    imported = bring_in(write(folder, export()), population)
    totals = {name: (t.rows, t.kept, t.duplicate, dict(t.skipped)) for name, t in imported.manifest.files.items()}
    assert totals == {
        "Patient": (3, 3, 0, {}),
        "Encounter": (2, 1, 0, {"no stay in a hospital": 1}),
        "Condition": (9, 3, 0, {
            "unconfirmed or refuted": 2, "entered in error": 1, "coded for a stay alone, and kept with it": 1,
            "without a date": 1, "without a code in a system that is known": 1,
        }),
        "Observation": (4, 2, 0, {"not final": 1, "about no patient but a Device": 1}),
        "Immunization": (2, 1, 0, {"not done": 1}),
        "MedicationRequest": (3, 2, 0, {"a plan and no issue": 1}),
        "Medication": (1, 1, 0, {}),
    }  # fmt: skip
    assert rows(population, "events") == sorted([
        (ADA, "2014-03-01", "84114007", "snomed"),
        (ADA, "2018-01-01", "195967001", "snomed"),
        (ADA, "2019-10-01", "36509011000001106", "snomed"),
        (ADA, "2019-10-01", "822851000000102", "snomed"),
        (ADA, "2020-01-02", "999791000000106", "snomed", "48.0", "mmol/mol"),
        (ADA, "2020-01-03", "1091811000000102", "snomed"),
        (ADA, "2020-01-03", "72313002", "snomed", "140.0", "mm[Hg]"),
        (ADA, "2020-01-03", "75367002", "snomed"),
        (LEE, "2019-06-01", "13645005", "snomed"),
    ])  # fmt: skip
    assert rows(population, "medicines") == [
        (ADA, "2020-02-01", "39113611000001102", "dmd"), (ADA, "2020-03-01", "327070006", "dmd"),
    ]  # fmt: skip
    assert rows(population, "admissions") == [(LEE, "2019-07-01", "2019-07-09", "N185", "icd10")]
    assert rows(population, "people") == [
        (ADA, "1950-01-31", "female", "D82001", "N"), (RAVI, "male", "2020-03-30"), (LEE, "1971-05-02", "male"),
    ]  # fmt: skip
    ada, ravi, _ = rows(population, "identities")
    assert ada[1:4] == (ADA, number_for_tests(1), "Ada Ife")
    assert {"Okafor", "1 Mill Lane", "Ely", "CB7 4AA", "07700 900001", "ada@example.org", "ig"} <= set(ada)
    assert "restricted" in ravi
    said = " ".join(imported.notes)
    assert "1 dates of which only the year or month is known" in said
    assert "1 dates of birth" in said
    assert "1 deaths without a date" in said
    assert "Not read: AllergyIntolerance.ndjson." in said


def test_compressed_files_and_the_same_line_twice(folder: Path, population: Population) -> None:
    files = {
        "Patient.ndjson.gz": [*patients(), patients()[0]],
        "1.Condition.ndjson.gz": export()["Condition.000.ndjson"][:1] * 3,
    }
    totals = bring_in(write(folder, files), population).manifest.files
    assert [(t.rows, t.kept, t.duplicate) for t in totals.values()] == [(4, 3, 1), (3, 1, 2)]
    assert len(rows(population, "events")) == 1


def test_changes_take_the_place_of_the_same_resources_and_take_back_errors(
    folder: Path, population: Population
) -> None:
    bring_in(write(folder, export()), population)
    before = rows(population, "events")
    first, _, _, _ = export()["Condition.000.ndjson"]
    withdrawn = export()["Condition.001.ndjson"][2] | {"verificationStatus": coded("entered-in-error", "x")}
    delta = {"Condition.ndjson": [first | {"onsetDateTime": "2013-01-01"}, withdrawn],
             "Patient.ndjson": [patients()[2] | {"gender": "other"}]}  # fmt: skip
    changed = bring_in(write(folder.with_name("delta"), delta), population, changes=True)
    after = rows(population, "events")
    assert set(before) - set(after) == {
        (ADA, "2014-03-01", "84114007", "snomed"), (ADA, "2018-01-01", "195967001", "snomed"),
    }  # fmt: skip
    assert set(after) - set(before) == {(ADA, "2013-01-01", "84114007", "snomed")}
    assert changed.manifest.changes["people"] == {"added": 0, "changed": 1, "removed": 0}
    assert changed.manifest.changes["events"] == {"added": 1, "changed": 0, "removed": 2}
    assert bring_in(folder.with_name("delta"), population, changes=True).same


def test_a_stay_that_comes_without_what_codes_it_is_said(folder: Path, population: Population) -> None:
    bring_in(write(folder, export()), population)
    stay, _ = export()["Encounter.ndjson"]
    delta = write(folder.with_name("delta"), {"Encounter.ndjson": [stay]})
    assert bring_in(delta, population, changes=True).notes == (
        "1 stays came without a condition or procedure that codes them: a code from before has gone.",
    )
    assert rows(population, "admissions") == [(LEE, "2019-07-01", "2019-07-09")]
    coded_again = {"Encounter.ndjson": [stay], "Condition.ndjson": [export()["Condition.001.ndjson"][1]]}
    assert bring_in(write(folder.with_name("again"), coded_again), population, changes=True).notes == ()
    assert rows(population, "admissions") == [(LEE, "2019-07-01", "2019-07-09", "N185", "icd10")]


def line(text: str | bytes, name: str = "Condition.000.ndjson") -> Callable[[Path], None]:
    """One more line at the end of a file."""

    def spoil(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write((text.encode() if isinstance(text, str) else text) + b"\n")

    return spoil


def resource(file: str = "Condition.000.ndjson", **changed: Any) -> Callable[[Path], None]:
    """One more resource: the first of a file with something else in it."""
    whole = export()[file][0] | {"id": "x1"} | changed
    return line(json.dumps({key: value for key, value in whole.items() if value is not None}), file)


def cut_off(folder: Path) -> None:
    raw = gzip.compress(b"".join(json.dumps(each).encode() + b"\n" for each in patients()) * 50)
    (folder / "Patient.ndjson").write_bytes(raw[: len(raw) // 2])


BAD = {
    "no people": (lambda folder: (folder / "Patient.ndjson").unlink(), "Patient.ndjson: read 'no such file'"),
    "no JSON": (line("{oops"), "Condition.000.ndjson, line 5: read '{oops', expected one resource a line, as JSON"),
    "half a line": (line('{"resourceType": "Condition", "id": "c'), "line 5: read"),
    "a list": (line("[1, 2]"), "line 5: read '[1, 2]', expected a resource, which is a JSON object"),
    "not a number": (line('{"a": NaN}'), "expected one resource a line, as JSON"),
    "no UTF-8": (line(b'{"resourceType": "\xff"}'), "line 5: read 'bytes that are no characters of UTF-8'"),
    "half a character": (line('{"resourceType": "Condition", "id": "c", "x": "\\ud800"}'), "line 5: read 'half of a character"),
    "deep": (line('{"a":' * 90_000 + "1" + "}" * 90_000), "line 5"),
    "huge": (line(b'{"a": "' + b"x" * LONGEST + b'"}'), "line 5: read 'a line of more than 4,000,000 bytes'"),
    "cut off": (cut_off, "expected a gzip file that is whole"),
    "damaged": (lambda folder: (folder / "Patient.ndjson").write_bytes(b"\x1f\x8b\x08junkjunkjunk"), "expected a gzip file"),
    "another type": (resource(resourceType="Observation"), "line 5, column resourceType: read 'Observation', expected Condition"),
    "no id": (resource(id=None), "column id: read '', expected an id"),
    "number as id": (resource(id=7), "column id: read '7', expected a text"),
    "no subject": (resource(subject=None), "column subject.reference: read '', expected a reference such as Patient/ID"),
    "subject is a text": (resource(subject="Patient/1"), "column subject: read 'Patient/1', expected an object"),
    "a strange reference": (resource(subject={"reference": "ada"}), "column subject.reference: read 'ada'"),
    "a stranger": (resource(subject=about("nobody")), "line 5, column subject.reference: read 'nobody', expected a person who is in Patient"),
    "a slashed date": (resource(onsetDateTime="01/02/2020"), "column onsetDateTime: read '01/02/2020'"),
    "an impossible time": (resource(onsetDateTime="2019-01-01T25:00:00Z"), "column onsetDateTime: read '2019-01-01T25:00:00Z'"),
    "a time in words": (resource(onsetDateTime="2019-01-01Tnoon"), "expected a date as YYYY"),
    "an impossible date": (resource(onsetDateTime="2019-02-29"), "column onsetDateTime: read '2019-02-29'"),
    "a date to come": (resource(onsetDateTime="2021-01-01"), "column onsetDateTime: read '2021-01-01'"),
    "a date as a number": (resource(onsetDateTime=2020), "column onsetDateTime: read '2020', expected a text"),
    "a code as a number": (resource(code={"coding": [{"system": "http://snomed.info/sct", "code": 84114007}]}),
                           "column code.coding[0].code: read '84114007', expected a text"),
    "a rounded code": (resource(code=coded("8.4E+07")), "column code.coding[0].code: read '8.4E+07', expected a code of 6"),
    "coding is no list": (resource(code={"coding": {}}), "column code.coding: read '{}', expected a list"),
    "one id, two contents": (resource(id="c1", onsetDateTime="2013-01-01"), "column id: read 'Condition/c1', expected each once"),
    "a value in words": (resource("Observation.ndjson", valueQuantity={"value": "48"}), "column valueQuantity.value: read '48', expected a number"),
    "a value without end": (resource("Observation.ndjson", valueQuantity={"value": 10**400}), "column valueQuantity.value: read 'a number of hundreds of digits'"),
    "nobody": (lambda folder: (folder / "Patient.ndjson").write_text(""), "Patient: read 'nobody', expected at least one person"),
    "a huge value": (resource("Observation.ndjson", valueQuantity={"value": 1e300}), "column valueQuantity.value"),
    "a medicine that is not there": (resource("MedicationRequest.ndjson", medicationCodeableConcept=None,
                                              medicationReference={"reference": "Medication/none"}),
                                     "expected a medication that is in the export"),
    "out before in": (resource("Encounter.ndjson", period={"start": "2019-02-01", "end": "2019-01-01"}), "column period.end"),
    "a person twice": (resource("Patient.ndjson", id=ADA, gender="male"), f"column id: read '{ADA}', expected each once"),
    "an NHS number twice": (resource("Patient.ndjson"), "column identifier.value"),
    "a broken NHS number": (resource("Patient.ndjson", identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000027"}]),
                            "line 4, column identifier[0].value: read '9990000027'"),
    "an unknown gender": (resource("Patient.ndjson", identifier=[], gender="F"), "column gender: read 'F', expected one of"),
    "a name that is a text": (resource("Patient.ndjson", identifier=[], name=["Ada"]), "column name[0]: read 'Ada', expected an object"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), BAD.values(), ids=list(BAD))
def test_a_bad_export_is_refused_in_words(
    spoil: Callable[[Path], None], said: str, folder: Path, population: Population
) -> None:
    spoil(write(folder, export()))
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(folder, population)
    found = [str(fault) for fault in refused.value.faults]
    assert any(said in each for each in found), found
    assert population.datasets() == ()


def test_of_many_faults_fifty_are_shown_and_the_number_is_said(folder: Path, population: Population) -> None:
    line('{"resourceType": "Condition", "id": 1}\n' * 120)(write(folder, export()))
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(folder, population)
    assert len(refused.value.faults) == 51
    assert "70 more like these, 120 in all" in str(refused.value.faults[-1])
