"""A small FHIR R4 bulk export: two people in the shape of NHS exports, one in Synthea's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openprotect.interop.feeds.fhir import FHIR
from openprotect.interop.feeds.records import Imported, import_records
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.population import Population, engine

SNOMED, DMD, ICD10 = "http://snomed.info/sct", "https://dmd.nhs.uk", "http://hl7.org/fhir/sid/icd-10"
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/"
ADA, RAVI, LEE = "0b0a7c52-ada", "0b0a7c52-ravi", "7c1df48e-f12f-13f2-920d-40f47ea824c6"

NOW = datetime(2020, 3, 30, 9, tzinfo=UTC)

Resource = dict[str, Any]


def coded(code: str, system: str = SNOMED, **more: Any) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": "made up", **more}]}


def about(person: str) -> Resource:
    return {"reference": f"Patient/{person}"}


def patients() -> list[Resource]:
    ada: Resource = {
        "resourceType": "Patient", "id": ADA, "gender": "female", "birthDate": "1950-01-31",
        "meta": {"versionId": "2", "security": [{"code": "U"}]},
        "identifier": [
            {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number_for_tests(1)},
            {"system": "https://local.example/Id", "value": "77"},
        ],
        "name": [{"use": "old", "family": "Marsh"}, {"use": "usual", "family": "Okafor", "given": ["Ada", "Ife"]}],
        "address": [{"use": "home", "line": ["1 Mill Lane"], "city": "Ely", "postalCode": "CB7 4AA"}],
        "telecom": [{"system": "phone", "use": "mobile", "value": "07700 900001"},
                    {"system": "email", "value": "ada@example.org"}],
        "generalPractitioner": [
            {"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "D82001"}}
        ],
        "communication": [{"language": coded("ig-NG"), "preferred": True}],
        "extension": [{"url": f"{UK_CORE}Extension-UKCore-EthnicCategory", "valueCodeableConcept": coded("N", "x")}],
    }  # fmt: skip
    ravi: Resource = {
        "resourceType": "Patient", "id": RAVI, "gender": "male", "birthDate": "1931", "deceasedBoolean": True,
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]},
    }  # fmt: skip
    lee: Resource = {
        "resourceType": "Patient", "id": LEE, "gender": "male", "birthDate": "1971-05-02",
        "name": [{"family": "Reedham408", "given": ["Lee12"]}], "text": {"status": "generated", "div": "<div/>"},
    }  # fmt: skip
    return [ada, ravi, lee]


def export() -> dict[str, list[Resource]]:
    """Every type that is read, by file."""
    active = coded("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    verified = {each: coded(each, "http://terminology.hl7.org/CodeSystem/condition-ver-status")
                for each in ("confirmed", "refuted", "unconfirmed", "entered-in-error")}  # fmt: skip

    def condition(id_: str, person: str, code: Resource, status: str = "confirmed", **more: Any) -> Resource:
        return {"resourceType": "Condition", "id": id_, "subject": about(person), "code": code,
                "clinicalStatus": active, "verificationStatus": verified[status], **more}  # fmt: skip

    return {
        "Patient.ndjson": patients(),
        "Condition.000.ndjson": [
            condition("c1", ADA, coded("84114007"), onsetDateTime="2014-03"),
            condition("c2", ADA, coded("44054006"), "refuted", onsetDateTime="2015-01-01"),
            condition("c3", ADA, coded("44054006"), "unconfirmed", onsetDateTime="2015-01-01"),
            condition("c4", ADA, coded("44054006"), "entered-in-error", onsetDateTime="2015-01-01"),
        ],
        "Condition.001.ndjson": [
            condition("c5", LEE, coded("13645005"), onsetDateTime="2019-06-01T23:30:00+01:00")
            | {"subject": {"reference": f"urn:uuid:{LEE}"}},
            condition("c6", LEE, coded("N18.5", ICD10), recordedDate="2019-07-02",
                      encounter={"reference": "Encounter/e1"}),
            condition("c7", ADA, coded("195967001"), recordedDate="2018-01-01"),
            condition("c8", ADA, coded("195967001")),
            condition("c9", ADA, {"text": "in words alone"}, recordedDate="2018-01-01"),
        ],
        "Observation.ndjson": [
            {"resourceType": "Observation", "id": "o1", "status": "final", "subject": about(ADA),
             "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"},
                                 {"system": SNOMED, "code": "999791000000106"}]},
             "effectiveDateTime": "2020-01-02", "valueQuantity": {"value": 48, "unit": "mmol/mol"}},
            {"resourceType": "Observation", "id": "o2", "status": "final", "subject": about(ADA),
             "code": coded("75367002"), "effectiveDateTime": "2020-01-03T09:00:00Z", "component": [
                 {"code": coded("72313002"), "valueQuantity": {"value": 140, "unit": "mm[Hg]"}},
                 {"code": coded("1091811000000102"), "valueQuantity": {"value": 9, "comparator": "<"}}]},
            {"resourceType": "Observation", "id": "o3", "status": "preliminary", "subject": about(ADA),
             "code": coded("75367002"), "effectiveDateTime": "2020-01-03"},
            {"resourceType": "Observation", "id": "o4", "status": "final", "subject": {"reference": "Device/d1"},
             "code": coded("75367002"), "effectiveDateTime": "2020-01-03"},
        ],
        "Medication.ndjson": [{"resourceType": "Medication", "id": "m1", "code": coded("327070006", DMD)}],
        "MedicationRequest.ndjson": [
            {"resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
             "subject": about(ADA), "authoredOn": "2020-02-01",
             "medicationCodeableConcept": coded("39113611000001102", DMD)},
            {"resourceType": "MedicationRequest", "id": "r2", "status": "completed", "intent": "order",
             "subject": about(ADA), "authoredOn": "2020-03-01", "medicationReference": {"reference": "Medication/m1"}},
            {"resourceType": "MedicationRequest", "id": "r3", "status": "active", "intent": "plan",
             "subject": about(ADA), "authoredOn": "2020-03-01",
             "medicationCodeableConcept": coded("39113611000001102", DMD)},
        ],
        "Encounter.ndjson": [
            {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "IMP"},
             "subject": about(LEE), "period": {"start": "2019-07-01T10:00:00Z", "end": "2019-07-09T10:00:00Z"}},
            {"resourceType": "Encounter", "id": "e2", "status": "finished", "class": {"code": "AMB"},
             "subject": about(ADA), "period": {"start": "2019-07-01"}},
        ],
        "Immunization.ndjson": [
            {"resourceType": "Immunization", "id": "i1", "status": "completed", "patient": about(ADA),
             "occurrenceDateTime": "2019-10-01", "vaccineCode": coded("36509011000001106"), "extension": [
                 {"url": f"{UK_CORE}Extension-UKCore-VaccinationProcedure",
                  "valueCodeableConcept": coded("822851000000102")}]},
            {"resourceType": "Immunization", "id": "i2", "status": "not-done", "patient": about(ADA),
             "occurrenceDateTime": "2019-10-01", "vaccineCode": coded("36509011000001106")},
        ],
        "AllergyIntolerance.ndjson": [{"resourceType": "AllergyIntolerance", "id": "a1"}],
    }  # fmt: skip


def write(folder: Path, files: Mapping[str, list[Resource]]) -> Path:
    """The files in a folder; those whose name ends in .gz compressed."""
    folder.mkdir(exist_ok=True)
    for name, resources in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        raw = "".join(json.dumps(each) + "\n" for each in resources).encode()
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return folder


def deleting(*urls: str) -> Resource:
    """A Bundle that says that resources were deleted."""
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def bring_in(folder: Path, population: Population, *, changes: bool = False) -> Imported:
    return import_records(folder, form=FHIR, population=population, dataset="d", now=NOW, changes=changes)


def rows(population: Population, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table with people as their source knows them, without what is not known."""
    backend = engine()
    try:
        found = backend.to_pyarrow(population.table(backend, "d", name)).to_pylist()
    finally:
        backend.disconnect()
    known_as = population.source_ids("d")
    each = [(known_as[row.pop("person_id")], *(str(v) for v in row.values() if v is not None)) for row in found]
    return sorted(each)
