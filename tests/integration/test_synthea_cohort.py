"""Records in, cohort out, from the command line: on real input where it is there, and on a small fixture always."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
FIXTURE = ROOT / "tests" / "fixtures" / "synthea-shaped"
PACK = ROOT / "packs" / "long-term-conditions"

# A code or two of each published list, in the shapes in which they are published.
LISTS = {
    "opensafely-chronic-respiratory-disease-snomed": "id,name,active,notes\n13645005,Chronic obstructive lung disease (disorder),y,direct mapping\n",
    "opensafely-chronic-cardiac-disease-snomed": "id,name,active,notes\n84114007,Heart failure (disorder),n,direct mapping\n",
    "opensafely-diabetes-snomed": "\ufeffid,name,active,notes\n44054006,Diabetes mellitus type 2 (disorder),y,\n",
    "opensafely-hypertension-snomed": "id,name\n59621000,Essential hypertension (disorder)\n",
    "nhsd-primary-care-domain-refsets-dem_cod": 'code, term\n26929004,"Alzheimer\'s disease"\n',
    "primis-covid19-vacc-uptake-learndis": "snomed_id,term\n86765009,Mild intellectual disability\n",
    "primis-covid19-vacc-uptake-preg": "code,term\n72892002,Normal pregnancy\n",
}


def openprotect(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openprotect.cli", *map(str, arguments)]
    if not (ROOT / "openprotect" / "cli" / "__main__.py").exists():
        command = [sys.executable, "-c", "from openprotect.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "OPENPROTECT_DATA": str(data), "OPENPROTECT_MODE": "demo"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The fixture's records imported, and a folder of code lists."""
    data, lists = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("codelists")
    for name, text in LISTS.items():
        (lists / f"{name}.csv").write_text(text, encoding="utf-8")
    done = openprotect(data, "import", "records", "--format", "synthea", FIXTURE)
    assert done.returncode == 0, done.stderr
    assert "conditions.csv: 11 rows = 11 kept + 0 duplicate" in done.stdout
    return data, lists


def test_explain_somebody_in_and_somebody_out(small: tuple[Path, Path]) -> None:
    data, lists = small
    options = ("--as-of", "2021-07-15", "--codelists", lists, "--dataset", "synthea")
    explained = {
        number: openprotect(data, "cohort", "explain", PACK, f"00000000-0000-4000-8000-00000000000{number}", *options)
        for number in (1, 3, 4)
    }
    assert "yes respiratory recorded ever: Chronic obstructive lung disease, 5 May 2001" in explained[1].stdout
    assert "is not in long-term-conditions" in explained[3].stdout
    assert "outside the window; the latest Normal pregnancy, 15 October 2020" in explained[3].stdout
    assert "Left out before any rule was asked: died." in explained[4].stdout
    nobody = openprotect(data, "cohort", "explain", PACK, "nobody", *options)
    assert nobody.returncode == 2
    assert nobody.stderr.splitlines()[-1].startswith("Nobody in the records 'synthea'")


def test_bad_input_is_refused_with_2_and_a_line_a_fault(small: tuple[Path, Path], tmp_path: Path) -> None:
    data, _ = small
    for name in ("patients.csv", "conditions.csv", "medications.csv"):
        text = (FIXTURE / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("1958-04-12", "12/04/1958"), encoding="utf-8")
    done = openprotect(data, "import", "records", "--format", "synthea", "--dataset", "bad", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("patients.csv, row 2, column BIRTHDATE: read '12/04/1958'")
    run = openprotect(data, "cohort", "run", PACK, "--as-of", "2021-07-15")
    assert run.returncode == 2
    assert "opensafely-diabetes-snomed.csv" in run.stderr
    assert "--codelists" in run.stderr


def figures(population_folder: Path, lists: Path) -> dict[str, object]:
    from datetime import date

    from openprotect.journey.identify.engine import run_cohort
    from openprotect.people.population import Population
    from openprotect.programmes.cohort_lists import read_cohort

    found = read_cohort(PACK, lists)
    result = run_cohort(found.cohort, found.lists, Population(population_folder), "synthea", date(2021, 7, 15))
    return json.loads(json.dumps({"people": result.people, "groups": result.groups, "excluded": result.excluded}))


def test_the_small_fixture(small: tuple[Path, Path]) -> None:
    data, lists = small
    assert figures(data / "population", lists) == {
        "people": 4,
        "groups": {
            "respiratory": 1, "cardiac": 1, "diabetes": 1, "hypertension": 1,
            "dementia": 0, "learning-disability": 1, "pregnancy": 1,
        },
        "excluded": {"died": 2},
    }  # fmt: skip


@pytest.mark.skipif(
    not DATA.is_dir(), reason="../shared/data is not here: the run on 543 people of Lancashire is left out"
)
def test_the_people_of_lancashire(tmp_path: Path) -> None:
    done = openprotect(tmp_path, "import", "records", "--format", "synthea", DATA / "synthea")
    assert done.returncode == 0, done.stderr
    # Counted independently of this code, by a script that reads the CSV files person by person.
    assert figures(tmp_path / "population", DATA / "codelists") == {
        "people": 168,
        "groups": {
            "respiratory": 66, "cardiac": 11, "diabetes": 14, "hypertension": 107,
            "dementia": 3, "learning-disability": 1, "pregnancy": 13,
        },
        "excluded": {"died": 69},
    }  # fmt: skip
