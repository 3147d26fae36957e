"""The people of Lancashire, whom none of us made: found by published code lists, and written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from openprotect.config.database_urls import Urls
from tests.factories import long_term_conditions
from tests.factories.command_line import ROOT, Installation

DATA = ROOT.parent / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here: 543 people of Lancashire are left out")
def test_records_become_letters(committed_db: Urls, tmp_path: Path) -> None:
    here = Installation(tmp_path)
    figures = long_term_conditions.found(here, DATA / "synthea", DATA / "codelists")
    assert figures == {
        "people": 168,
        "groups": {
            "respiratory": 66, "cardiac": 11, "diabetes": 14, "hypertension": 107,
            "dementia": 3, "learning-disability": 1, "pregnancy": 13,
        },
        "excluded": {"died": 69},
    }  # fmt: skip
    long_term_conditions.letters_leave(here, figures)
    long_term_conditions.explained(here, DATA / "synthea", DATA / "codelists")
