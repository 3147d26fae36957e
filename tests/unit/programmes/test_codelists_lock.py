"""A code list of a version does not change in silence: its hash stands in codelists.lock."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openprotect.cli.comparing import diff, english
from openprotect.cli.pack import pack as command
from openprotect.programmes.cohort_lists import CohortHasFaults, read_cohort
from openprotect.programmes.loader import PackHasFaults, load_pack
from openprotect.programmes.lock import ListsAreLocked

COVID = Path(__file__).parents[3] / "packs/covid-protect/2026.1"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "2026.1"
    shutil.copytree(COVID, folder)
    return folder


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(PackHasFaults) as refused:
        load_pack(folder)
    return [str(fault) for fault in refused.value.faults]


def run(*args: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args])


def change(path: Path) -> None:
    path.write_text(path.read_text().rstrip("\n") + "\n84114007,Heart failure (disorder)\n")


def test_the_shipped_lists_are_locked(pack: Path) -> None:
    assert load_pack(pack).programme.version == "2026.1"


def test_a_list_that_changes_needs_a_new_version(pack: Path) -> None:
    change(pack / "codelists/dementia.csv")
    (fault,) = faults_of(pack)
    assert fault.startswith("codelists/dementia.csv: read 'sha256 ")
    assert "as it was locked for 2026.1: put it back, or copy the pack to the next version" in fault
    refused = run("lock", pack)
    assert isinstance(refused.exception, ListsAreLocked)
    assert "codelists/dementia.csv changed since 2026.1 was locked." in str(refused.exception)


def test_in_the_next_version_it_is_locked_anew(pack: Path) -> None:
    change(pack / "codelists/dementia.csv")
    folder = pack.rename(pack.with_name("2026.2"))
    programme = folder / "0-programme.yaml"
    programme.write_text(programme.read_text().replace('version: "2026.1"', 'version: "2026.2"'))
    (fault,) = faults_of(folder)
    assert fault.startswith("codelists.lock, line 3: read '2026.1', expected \"2026.2\", the version of the pack")
    assert run("lock", folder).output == f"31 lists locked in {folder / 'codelists.lock'}\n"
    assert load_pack(folder).programme.version == "2026.2"


def test_a_list_comes_or_goes_only_with_a_new_version(pack: Path) -> None:
    lock = pack / "codelists.lock"
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text("".join(line for line in lines if "dementia" not in line))
    assert faults_of(pack) == [
        "codelists/dementia.csv: read 'a list that was not locked', expected a list of codelists.lock: "
        "copy the pack to the next version, and write its lock there"
    ]
    lock.write_text("".join([*lines, f'  "codelists/more.csv": {"0" * 64}\n']))
    assert "read 'codelists/more.csv', expected a list of this pack: it is locked and not there" in faults_of(pack)[0]


def test_a_pack_with_lists_and_no_lock_is_told_how_to_write_it(pack: Path) -> None:
    (pack / "codelists.lock").unlink()
    assert faults_of(pack) == [
        "codelists.lock: read 'nothing', expected this file: write it with 'openprotect pack lock DIR'"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "text in UTF-8"),
        (b"version: 2026.1\nlists: {}\n", "put it in quotes"),
        (b'version: "2026.1"\n', "read 'no 'lists'', expected the key 'lists'"),
        (b'version: "2026.1"\nlists:\n  "codelists/a.csv": abc\n', "the SHA-256 of the file, 64 digits"),
    ],
)
def test_a_lock_that_cannot_be_read_is_a_fault(pack: Path, content: bytes, said: str) -> None:
    (pack / "codelists.lock").write_bytes(content)
    assert any(said in fault for fault in faults_of(pack))


def test_a_published_list_is_held_against_the_lock_that_names_it(tmp_path: Path) -> None:
    folder, published = tmp_path / "2026.1", tmp_path / "published"
    shutil.copytree(COVID.parents[1] / "long-term-conditions/2026.1", folder)
    published.mkdir()
    for line in (folder / "1-cohort.yaml").read_text().splitlines():
        if "{name: " in line:
            name = line.partition("{name: ")[2].partition(",")[0]
            (published / f"{name}.csv").write_text("code,term\n84114007,Heart failure\n")
    load_pack(folder, published)  # no lock, and no list of its own
    assert "The published lists are not locked" in run("check", folder, "--codelists", published).stderr
    assert run("lock", folder, "--codelists", published).stdout.startswith("7 lists locked")
    assert "not locked" not in run("check", folder, "--codelists", published).stderr
    change(published / "opensafely-diabetes-snomed.csv")
    assert run("check", folder, "--codelists", published).exit_code != 0


def test_who_reads_a_definition_is_told_that_its_lock_does_not_hold(pack: Path) -> None:
    pinned = CliRunner().invoke(english, [str(pack), "--json"])
    assert (json.loads(pinned.stdout)["pack_hash"], pinned.stderr) == (load_pack(pack).hash, "")
    assert f"\nSHA-256 of its files: {load_pack(pack).hash}\n" in CliRunner().invoke(english, [str(pack)]).stdout
    change(pack / "codelists/dementia.csv")
    changed = CliRunner().invoke(english, [str(pack)])
    assert changed.stderr.startswith("The lock does not hold. codelists/dementia.csv: read 'sha256 ")
    assert "A draft, not a version to sign: 'openprotect pack check' finds 1 fault.\n" in changed.stdout
    (note,) = read_cohort(pack).unlocked
    assert f"{pack}: {note}\n" in CliRunner().invoke(diff, [str(COVID), str(pack)]).stderr


def test_a_cohort_is_named_as_its_programme(pack: Path) -> None:
    cohort = pack / "1-cohort.yaml"
    text = cohort.read_text()
    line = 1 + text[: text.index("cohort: covid-protect")].count("\n")
    cohort.write_text(text.replace("cohort: covid-protect", "cohort: other", 1))
    said = f"1-cohort.yaml, line {line}: read 'other', expected 'covid-protect', the key of 0-programme.yaml"
    assert faults_of(pack) == [said]
    with pytest.raises(CohortHasFaults) as refused:
        read_cohort(pack)
    assert [str(fault) for fault in refused.value.faults] == [said]
    compared = CliRunner().invoke(diff, [str(COVID), str(pack)])
    assert [str(fault) for fault in compared.exception.faults] == [f"{pack}: {said}"]  # of two packs, which
