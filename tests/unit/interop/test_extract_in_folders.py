"""What stands beside a national extract, or in the place of one of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from openprotect.interop.feeds.organisation_extract import ExtractHasFaults, NotTheExtract, find_files, read_extract

ROW = ['"A81001"', '"A SURGERY"', *['""'] * 8, '"19740401"', '""', '"A"', *['""'] * 12, '"{setting}"', '""']


def row(setting: str) -> str:
    return ",".join(ROW).replace("{setting}", setting) + "\r\n"


def test_a_folder_of_the_name_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "epraccur.csv").mkdir()
    with pytest.raises(NotTheExtract):
        find_files([tmp_path])


def test_two_files_of_one_name_are_refused_with_where_both_are(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "epraccur.csv").write_text(row("4"))
    with pytest.raises(NotTheExtract) as refused:
        find_files([tmp_path / "old", tmp_path / "new"])
    assert "new/epraccur.csv" in str(refused.value.faults[0])
    assert "old/epraccur.csv is another" in str(refused.value.faults[0])


@pytest.mark.parametrize("setting", ["0" * 5000, "0250", "26", "²", "-4"])
def test_a_setting_that_there_is_not_is_a_fault(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "epraccur.csv"
    file.write_text(row(setting), encoding="utf-8")
    with pytest.raises(ExtractHasFaults) as refused:
        read_extract(file, None)
    assert [fault.column for fault in refused.value.faults] == ["prescribing setting"]
