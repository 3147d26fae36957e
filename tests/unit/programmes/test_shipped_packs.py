"""The packs we ship: checked as `openprotect pack check` does, and by what we promised of them."""

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner

from openprotect.cli.pack import pack as command
from openprotect.journey.triage.examples import run_examples
from openprotect.programmes import loader
from openprotect.programmes.loader import cached_pack, hash_of, load_pack, load_pack_files

ROOT = Path(__file__).parents[3]
COVID = ROOT / "packs/covid-protect"
PUBLISHED = ROOT.parent / "shared/data/codelists"


def test_checking_says_no_faults_and_what_there_is():
    result = CliRunner().invoke(command, ["check", str(COVID)])
    assert result.exit_code == 0
    first, summary = result.output.splitlines()
    assert first == "0 faults"
    assert "22 questions, 32 rows, 10 messages, 11 examples, hash" in summary


def test_published_lists_become_part_of_the_pack():
    if not PUBLISHED.exists():
        pytest.skip("the published code lists are not there")
    checked = load_pack(ROOT / "packs/long-term-conditions", PUBLISHED)
    assert "codelists/opensafely-diabetes-snomed.csv" in checked.files
    assert load_pack_files(checked.files).hash == checked.hash


@pytest.mark.parametrize("folder", sorted((ROOT / "packs").glob("*/")), ids=lambda path: path.name)
def test_every_shipped_pack_says_that_it_is_not_clinically_approved(folder):
    for file in (folder / "README.md", loader.version_folder(folder) / "0-programme.yaml"):
        assert "Not clinically approved" in file.read_text(encoding="utf-8")
    assert "clinically_approved: false" in file.read_text(encoding="utf-8")


def test_an_example_that_does_not_hold_is_a_fault():
    checked = load_pack(COVID)
    ada = checked.examples[0]
    wrong = dataclasses.replace(ada, calls={"food": "red"}, rows=("R19",))
    faults = run_examples(dataclasses.replace(checked, examples=(wrong,)))
    assert [str(fault) for fault in faults] == [
        "examples/ada-is-well.yaml, line 20: read 'R19', expected R07, R18, which fire",
        "examples/ada-is-well.yaml, line 21: read 'food: red', expected nothing, which is raised",
    ]


def test_the_hash_is_of_names_and_contents():
    files = {"a": b"1", "b": b"2"}
    others = ({"a": b"1"}, {"a": b"1", "c": b"2"}, {"a": b"12", "b": b""}, {"a": b"2", "b": b"1"})
    assert hash_of(files) == hash_of(dict(reversed(files.items())))
    assert len({hash_of(files), *map(hash_of, others)}) == 5


def test_a_pack_is_parsed_once():
    checked, calls = load_pack(COVID), []

    def files():
        calls.append(1)
        return checked.files

    assert cached_pack(checked.hash, files) is cached_pack(checked.hash, files)
    assert len(calls) == 1


def test_the_latest_version_is_the_last_in_natural_order(tmp_path):
    for version in ("2026.2", "2026.10", "2025.30"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "0-programme.yaml").write_text("")
    assert loader.version_folder(tmp_path).name == "2026.10"
