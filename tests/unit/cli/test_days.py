"""A day from which no window could be counted is refused before anything is read."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from openprotect.cli.cohort import cohort

ROOT = Path(__file__).resolve().parents[3]
PACK = str(ROOT / "packs" / "covid-protect")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("command", [["run", PACK], ["explain", PACK, "9990000018"], ["diff", PACK, PACK]])
def test_an_index_date_out_of_reach_is_refused(command: list[str], day: str) -> None:
    result = CliRunner().invoke(cohort, [*command, "--as-of", day])
    assert result.exit_code == 2
    assert f"read '{day}', expected a day from 1880-01-01 to 2100-12-31" in result.output
