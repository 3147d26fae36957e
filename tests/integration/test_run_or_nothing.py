"""`cohort run` publishes a pack, switches it on and runs it: all of it, or nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from openprotect.governance import clock
from tests.factories import published_files
from tests.factories.command_line import Installation
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, PACK, open_service
from tests.integration.test_synthea_cohort import LISTS
from tests.integration.test_synthea_cohort import PACK as CONDITIONS

RUNS = "SELECT v.version, r.number FROM identify_cohortrun r JOIN programmes_packversion v ON v.id = r.pack_version_id"
ON = (
    "SELECT v.version FROM programmes_activation a JOIN programmes_packversion v ON v.id = a.pack_version_id"
    " WHERE a.ends_at IS NULL"
)


def test_what_cannot_run_is_neither_published_nor_switched_on(
    committed_db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Installation(tmp_path / "data")
    monkeypatch.setattr(settings, "DATA", here.data)
    open_service(tmp_path)
    clock.set_clock(BEGINS, running=False)
    person = {"person_id": "R1", "date_of_birth": "1938-06-04", "sex": "female", "practice_code": "T06"}
    here.run("import", "records", "--format", "tables", published_files.records(tmp_path / "extract", people=[person]))
    recorded = one("SELECT count(*) FROM governance_auditevent WHERE object_type = 'pack version'")
    following = next_version(tmp_path / "2026.2")

    # Refused at the moment at which the version that runs was switched on: it would have run for no time at all
    assert "was switched on at this very moment" in here.refused("cohort", "run", following)
    clock.set_clock(BEGINS + timedelta(hours=1), running=False)
    # Refused while it computes, when everything else was found right
    monkeypatch.setenv("OPENPROTECT_SPARK", "nowhere")
    here.refused("cohort", "run", following, "--engine", "spark")
    # Refused as 'pack publish' refuses it: a made-up person does not fare as it says
    example = following / "examples" / "ada-is-well.yaml"
    said = example.read_text(encoding="utf-8")
    example.write_text(said.replace("[R07, R18]", "[R01]"), encoding="utf-8")
    assert f"examples/{example.name}" in here.refused("cohort", "run", following)
    example.write_text(said, encoding="utf-8")
    assert (rows(ON), rows(RUNS)) == ([("2026.1",)], [])
    assert one("SELECT count(*) FROM programmes_packversion") == 1
    assert one("SELECT count(*) FROM governance_auditevent WHERE object_type = 'pack version'") == recorded

    here.run("cohort", "run", following)
    assert (rows(ON), rows(RUNS)) == ([("2026.2",)], [("2026.2", 1)])

    # A published list is as it was frozen: it comes from outside, and has no lock that would say so
    lists = published_lists(tmp_path / "codelists", LISTS)
    here.run("pack", "publish", CONDITIONS, "--codelists", lists)
    with (lists / "opensafely-diabetes-snomed.csv").open("a", encoding="utf-8") as file:
        file.write("73211009,Diabetes mellitus,y,\n")
    for command in (("pack", "publish"), ("cohort", "run")):
        said = here.refused(*command, CONDITIONS, "--codelists", lists)
        assert "Version 2026.1 of long-term-conditions is published and frozen" in said
    assert rows(ON) == [("2026.2",)]

    # Who asks for the runs of what is not here is told so
    assert "'nosuch'" in here.refused("cohort", "runs", "nosuch")
    assert here.run("cohort", "runs", "long-term-conditions") == ""


def published_lists(folder: Path, lists: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in lists.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def next_version(folder: Path) -> Path:
    shutil.copytree(PACK / "2026.1", folder)
    for name in ("0-programme.yaml", "codelists.lock"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace('version: "2026.1"', 'version: "2026.2"'), encoding="utf-8")
    return folder
