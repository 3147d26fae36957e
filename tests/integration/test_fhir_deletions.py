"""What a bulk export says was deleted, and what its manifest promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openprotect.cli.records import records
from openprotect.interop.feeds.fhir_deleted import NOT_KEPT
from openprotect.interop.feeds.records import UNKNOWN, RecordsHaveFaults
from openprotect.people.population import Population
from tests.factories.fhir_export import ADA, LEE, Resource, bring_in, deleting, export, rows, write


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "export", export())


def deleted(folder: Path, *bundles: Resource, name: str = "deleted/del_file_1.ndjson", **manifest: Any) -> Path:
    """An extract of changes that only deletes."""
    if manifest:
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"transactionTime": "2020-03-30T09:00:00Z", **manifest}))
    return write(folder, {name: list(bundles)})


def test_what_was_deleted_leaves_and_is_counted(folder: Path, population: Population) -> None:
    bring_in(folder, population)
    gone = deleting("Condition/c1", "https://ehr.example/fhir/Observation/o2", "MedicationRequest/r1/_history/3")
    more = deleting("Condition/c1", "Condition/never-seen", "Patient/never-seen", "AllergyIntolerance/a1")
    changed = bring_in(deleted(folder.with_name("changes"), gone, more), population, changes=True)
    totals = changed.manifest.files["deleted"]
    assert (totals.rows, totals.kept, totals.duplicate) == (7, 3, 1)
    assert totals.skipped == {NOT_KEPT: 1, UNKNOWN: 2}
    assert changed.manifest.changes["events"] == {"added": 0, "changed": 0, "removed": 4}
    assert changed.manifest.changes["medicines"] == {"added": 0, "changed": 0, "removed": 1}
    assert changed.manifest.changes["people"] == {"added": 0, "changed": 0, "removed": 0}
    assert {row[2] for row in rows(population, "events")} == {
        "195967001", "36509011000001106", "822851000000102", "999791000000106", "13645005",
    }  # fmt: skip
    again = bring_in(deleted(folder.with_name("again"), gone), population, changes=True)
    assert again.manifest.files["deleted"].skipped == {UNKNOWN: 3}
    assert not any(any(counts.values()) for counts in again.manifest.changes.values())


def test_the_command_says_how_many_were_taken_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENPROTECT_DATA", str(tmp_path / "data"))
    write(folder, {"deleted/1.ndjson": [deleting("Condition/never-seen", "Condition/never-seen", "Device/d1")]})
    done = CliRunner().invoke(records, ["--format", "fhir", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    assert (
        "deleted: 3 rows = 0 taken out + 1 duplicate + 1 of a type of which nothing is kept"
        " + 1 of what is not in the records\n"
    ) in done.stdout


def test_a_patient_who_was_deleted_leaves_with_everything(folder: Path, population: Population) -> None:
    bring_in(folder, population)
    delta = deleted(folder.with_name("changes"), deleting(f"Patient/{ADA}"), deleting("Encounter/e1"))
    assert bring_in(delta, population, changes=True).manifest.files["deleted"].kept == 2
    assert ADA not in population.source_ids("d").values()
    assert {row[0] for name in ("events", "medicines", "people") for row in rows(population, name)} >= {LEE}
    assert rows(population, "admissions") == rows(population, "medicines") == []


def test_what_comes_about_a_patient_who_was_deleted_is_refused(folder: Path, population: Population) -> None:
    bring_in(folder, population)
    delta = deleted(folder.with_name("changes"), deleting(f"Patient/{ADA}"))
    write(delta, {"Condition.ndjson": [export()["Condition.000.ndjson"][0]]})
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(delta, population, changes=True)
    assert "Condition.ndjson, line 1, column subject.reference: read" in str(refused.value.faults[0])
    assert ADA in population.source_ids("d").values()


def test_a_manifest_leads_to_what_was_deleted_and_to_what_is_missing(folder: Path, population: Population) -> None:
    bring_in(folder, population)
    url = "https://ehr.example/files/del_7.ndjson?signature=x"
    delta = deleted(folder.with_name("changes"), deleting("Condition/c1"), name="del_7.ndjson",
                    deleted=[{"type": "Bundle", "url": url, "count": 1}], error=[{"url": "https://ehr.example/e"}])  # fmt: skip
    imported = bring_in(delta, population, changes=True)
    assert imported.manifest.files["deleted"].kept == 1
    assert imported.notes == ("The manifest names 1 files of errors: the export may not be whole.",)


def manifest(**says: Any) -> Callable[[Path], None]:
    return lambda folder: (folder / "manifest.json").write_text(json.dumps(says)) and None


def put(*bundles: Resource) -> Callable[[Path], None]:
    return lambda folder: write(folder, {"deleted/1.ndjson": list(bundles)}) and None


WHERE = "deleted/1.ndjson, line 1"
BAD = {
    "another resource": (put({"resourceType": "Patient", "id": "x"}), f"{WHERE}, column resourceType: read 'Patient', expected Bundle"),
    "another bundle": (put(deleting("Patient/1") | {"type": "batch"}), f"{WHERE}, column type: read 'batch', expected transaction"),
    "another method": (put({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "PUT", "url": "Patient/1"}}]}),
                       f"{WHERE}, column entry[0].request.method: read 'PUT', expected DELETE"),
    "no request": (put({"resourceType": "Bundle", "type": "transaction", "entry": [{}]}), "column entry[0].request.method: read ''"),
    "a search": (put(deleting("Condition/c1", "Patient?identifier=1")),
                 f"{WHERE}, column entry[1].request.url: read 'Patient?identifier=1', expected a type and an id"),
    "kept and deleted": (put(deleting("Device/1"), deleting("Patient/x", "Condition/c1")),
                         "deleted/1.ndjson, line 2, column entry[1].request.url: read 'Condition/c1', expected what is not in the export"),
    "no JSON": (lambda folder: ((folder / "deleted").mkdir(), (folder / "deleted" / "1.ndjson").write_text("{oops\n")),
                f"{WHERE}: read '{{oops', expected one resource a line"),
    "a file of deletions is missing": (manifest(deleted=[{"url": "https://a/del_1.ndjson"}]),
                                       "manifest.json, column deleted[0].url: read 'del_1.ndjson', expected a file of that name in"),
    "a file is missing": (manifest(output=[{"type": "Procedure", "url": "https://a/1"}]),
                          "Procedure.ndjson: read 'no such file', expected it, as manifest.json names it"),
    "resources are missing": (manifest(output=[{"type": "Patient", "url": "https://a/1", "count": 2},
                                               {"type": "Patient", "url": "https://a/2", "count": 2}]),
                              "Patient: read '3 resources', expected 4, as manifest.json says"),
    "an address that is none": (manifest(deleted=[{"url": "http://[a"}]), "manifest.json, column deleted[0].url: read 'http://[a', expected an address"),
    "a manifest without end": (manifest(output=[{"type": "Patient", "url": "a", "count": float("inf")}]), "manifest.json: read"),
    "a manifest that is a list": (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json: read '[]', expected a JSON object"),
    "a manifest with a text": (manifest(deleted="none"), "manifest.json, column deleted: read 'none', expected a list"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), BAD.values(), ids=list(BAD))
def test_what_cannot_be_is_refused_with_its_line(
    spoil: Callable[[Path], object], said: str, folder: Path, population: Population
) -> None:
    spoil(folder)
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(folder, population)
    found = [str(fault) for fault in refused.value.faults]
    assert any(said in each for each in found), found
    assert population.datasets() == ()
