"""The published lists take the place of a pack's own from a folder, and it is said which do."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openprotect.cli.comparing import english
from openprotect.cli.pack import pack as command
from openprotect.programmes.cohort_lists import FILE, NothingTaken, read_cohort, read_lists
from openprotect.programmes.loader import load_pack, load_pack_files

ROOT = Path(__file__).parents[3]
COVID = ROOT / "packs/covid-protect"
PUBLISHED = ROOT.parent / "shared/data/codelists"
DEMENTIA = "nhsd-primary-care-domain-refsets-dem_cod"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "published"
    found.mkdir()
    (found / f"{DEMENTIA}.csv").write_text("code,term\n52448006,Dementia (disorder)\n84114007,Another (disorder)\n")
    return found


def run(*args: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args])


def test_a_list_of_the_folder_takes_the_place_of_the_packs_own_and_is_frozen_with_it(folder: Path) -> None:
    own, full = load_pack(COVID), load_pack(COVID, folder)
    assert own.hash != full.hash
    lists = read_lists(full.cohort, load_pack_files(full.files).files, None, FILE, [])
    before = read_lists(own.cohort, own.files, None, FILE, [])
    assert [code for code, _ in lists["dementia"].codes] == ["52448006", "84114007"]
    assert {name for name in lists if lists[name] != before[name]} == {"dementia"}
    assert read_cohort(COVID, folder).lists["dementia"].codes == lists["dementia"].codes
    assert read_cohort(COVID, folder).lists["dementia"].sha256 == lists["dementia"].sha256


def test_which_lists_came_from_the_folder_is_said_with_their_hash(folder: Path) -> None:
    checked = run("check", COVID, "--codelists", folder)
    assert checked.exit_code == 0
    begins = read_cohort(COVID, folder).lists["dementia"].sha256[:12]
    assert f"From {folder}: dementia = {DEMENTIA} {begins}. The pack's own stay: transplant, " in checked.output
    read = CliRunner().invoke(english, [str(COVID), "--codelists", str(folder), "--json"]).stdout
    assert f"{DEMENTIA}.csv" in read
    assert begins in read
    assert "The pack's own" not in run("check", COVID).output


@pytest.mark.parametrize("use", ["check", "lock", "publish"])
def test_a_folder_of_which_nothing_is_taken_is_refused(use: str, tmp_path: Path) -> None:
    pack = tmp_path / "2026.1"
    shutil.copytree(COVID / "2026.1", pack)
    (tmp_path / "none").mkdir()
    refused = run(use, pack, "--codelists", tmp_path / "none")
    assert isinstance(refused.exception, NothingTaken)
    assert "it has none of the published lists that the pack names" in str(refused.exception)
    assert f"{DEMENTIA}.csv" in str(refused.exception)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="../shared/data is not here: the published lists are not read")
def test_all_that_the_pack_names_are_published_and_pass_the_check() -> None:
    pack = load_pack(COVID, PUBLISHED)
    assert {use.full for use in pack.cohort.lists.values() if use.full} <= {path.stem for path in PUBLISHED.iterdir()}
    own = {name for name, use in pack.cohort.lists.items() if not use.full}
    assert own == {"severe_respiratory", "rare_diseases", "heart_disease"}
