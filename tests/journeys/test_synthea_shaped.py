"""The same journey as `test_synthea.py`, on eight people who are always here."""

from __future__ import annotations

from pathlib import Path

from openprotect.config.database_urls import Urls
from tests.factories import long_term_conditions
from tests.factories.command_line import ROOT, Installation

RECORDS = ROOT / "tests" / "fixtures" / "synthea-shaped"
# A code or two of each published list, in the shapes in which they are published.
CODELISTS = {
    "opensafely-chronic-respiratory-disease-snomed": "id,name,active,notes\n13645005,COPD,y,direct mapping\n",
    "opensafely-chronic-cardiac-disease-snomed": "id,name,active,notes\n84114007,Heart failure,n,direct mapping\n",
    "opensafely-diabetes-snomed": "\ufeffid,name,active,notes\n44054006,Diabetes mellitus type 2,y,\n",
    "opensafely-hypertension-snomed": "id,name\n59621000,Essential hypertension\n",
    "nhsd-primary-care-domain-refsets-dem_cod": 'code, term\n26929004,"Alzheimer\'s disease"\n',
    "primis-covid19-vacc-uptake-learndis": "snomed_id,term\n86765009,Mild intellectual disability\n",
    "primis-covid19-vacc-uptake-preg": "code,term\n72892002,Normal pregnancy\n",
}


def test_records_become_letters(committed_db: Urls, tmp_path: Path) -> None:
    here = Installation(tmp_path / "data")
    codelists = tmp_path / "codelists"
    codelists.mkdir()
    for name, text in CODELISTS.items():
        (codelists / f"{name}.csv").write_text(text, encoding="utf-8")
    figures = long_term_conditions.found(here, RECORDS, codelists)
    assert figures == {
        "people": 4,
        "groups": {
            "respiratory": 1, "cardiac": 1, "diabetes": 1, "hypertension": 1,
            "dementia": 0, "learning-disability": 1, "pregnancy": 1,
        },
        "excluded": {"died": 2},
    }  # fmt: skip
    long_term_conditions.letters_leave(here, figures)
    long_term_conditions.explained(here, RECORDS, codelists)
