"""Files of the national extract that are not what they should be: each fault with its place, and nothing taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openprotect.interop.feeds.organisation_extract import (
    ExtractHasFaults,
    NotTheExtract,
    find_files,
    read_extract,
)

PRACTICE = (
    '"A81001","THE DENSHAM SURGERY","Y63","Q74","THE HEALTH CENTRE","LAWSON STREET","STOCKTON","CLEVELAND","",'
    '"TS18 1HU","19740401","","A","B","00K","20130401","","01642 672351","","","","0","","00K","","4",""\r\n'
)
RELATION = '"A81001","00K","W","20130401","","0"\r\n'
EARLIER = '"A81001","5E1","W","20010401","20130331","0"\r\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "epraccur.csv: read 'an empty file', expected columns separated by commas, without a header"),
        (" \r\n", "epraccur.csv: read 'an empty file'"),
        (PRACTICE.replace(',"4",""', ',"4"'), "epraccur.csv, row 1: read '26 cells', expected 27 cells"),
        (PRACTICE.replace(',"4",""', ',"4","",""'), "epraccur.csv, row 1: read '28 cells', expected 27 cells"),
        (PRACTICE.replace('","', '";"'), "epraccur.csv, row 1: read '',' expected after"),
        (PRACTICE.replace("19740401", "19740431"),
         "row 1, column open date: read '19740431', expected a date as YYYYMMDD that is in the calendar"),
        (PRACTICE.replace("19740401", "01/04/1974"), "column open date: read '01/04/1974', expected a date as YYYYMMDD"),
        (PRACTICE.replace('"19740401",""', '"19740401","19740331"'),
         "column close date: read '19740331', expected a day that is not before the open date, 19740401"),
        (PRACTICE.replace('"A","B"', '"X","B"'), "column status: read 'X', expected A, C, D or P"),
        (PRACTICE.replace('"4",""', '"26",""'), "column prescribing setting: read '26', expected a number from 0 to 25"),
        (PRACTICE.replace("A81001", "a81001"), "column code: read 'a81001', expected an organisation code of 3 to 8"),
        (PRACTICE.replace("THE DENSHAM SURGERY", ""), "column name: read '', expected a name of up to 200 characters"),
        (PRACTICE.replace("THE DENSHAM SURGERY", "X" * 201), "expected a name of up to 200 characters"),
        (PRACTICE.replace("THE DENSHAM SURGERY", "X" * 140_000), "row 1: read 'field larger than field limit (131072)'"),
        (PRACTICE + PRACTICE, "row 2, column code: read 'A81001', expected each code once; row 1 has it too"),
        (PRACTICE + PRACTICE[:100], "epraccur.csv, row 2: read 'unexpected end of data'"),
        ("Organisation Code,Name\r\n", "row 1: read '2 cells', expected 27 cells"),
        ("PK\x03\x04 zipped", "read 'a spreadsheet workbook or a zip file'"),
    ],
)  # fmt: skip
def test_a_file_of_organisations_with_a_fault_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path / "epraccur.csv", text.encode())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EARLIER + RELATION.replace("20130401", "20130331"),
         "epcmem.csv, row 2, column from: read '20130331', expected a day after row 1 ends, in which A81001 is"),
        (EARLIER.replace("20130331", "20010331"), "column to: read '20010331', expected a day that is not before the first"),
        (RELATION.replace("20130401", ""), "column from: read '', expected a date as YYYYMMDD"),
        (RELATION.replace('"W"', '"X"'), "column type: read 'X', expected W, a commissioner"),
        (RELATION.replace('"00K"', '"A81001"'), "column commissioner: read 'A81001', expected the code of another"),
        (RELATION.replace('"00K"', '"0K"'), "column commissioner: read '0K', expected an organisation code"),
        (EARLIER + EARLIER.replace("20130331", "20130330"), "column to: read '20130330', expected the same end as in row 1"),
        (RELATION.replace(',"0"\r\n', ',\r\n'), "column amended: read '', expected 0 or 1"),
        (RELATION + '"A81002","00K","W","2013', "row 2: read 'unexpected end of data'"),
    ],
)  # fmt: skip
def test_a_file_of_relations_with_a_fault_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path / "epcmem.csv", text.encode())


@pytest.mark.parametrize(
    ("encode", "note"),
    [
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "byte order mark"),
        (lambda text: text.encode("utf-16"), "read as UTF-16"),
        (lambda text: text.replace("DENSHAM", "CHÂTEAU").encode("windows-1252"), "read as Windows-1252"),
    ],
)
def test_another_encoding_is_read_and_said(tmp_path: Path, encode: Callable[[str], bytes], note: str) -> None:
    path = tmp_path / "epraccur.csv"
    path.write_bytes(encode(PRACTICE))
    extract = read_extract(path, None)
    assert extract.organisations[0].code == "A81001"
    assert note in extract.notes[0]


def test_two_encodings_in_one_file_are_refused(tmp_path: Path) -> None:
    mixed = PRACTICE.replace("DENSHAM", "CHÂTEAU")
    data = mixed.encode() + mixed.replace("A81001", "A81002").encode("windows-1252")
    assert "expected one encoding throughout, UTF-8" in refused(tmp_path / "epraccur.csv", data)


def test_the_same_relation_twice_is_a_duplicate(tmp_path: Path) -> None:
    path = tmp_path / "epcmem.csv"
    path.write_text(EARLIER + RELATION + EARLIER)
    extract = read_extract(None, path)
    assert (len(extract.relations), extract.duplicates) == (2, 1)


def test_of_many_faults_the_first_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "epcmem.csv"
    path.write_text(RELATION.replace('"W"', '"X"') * 60)
    with pytest.raises(ExtractHasFaults, match=r"60 fault\(s\).*The first 50 are shown") as found:
        read_extract(None, path)
    assert len(found.value.faults) == 50


def test_a_folder_without_the_extract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotTheExtract):
        find_files([tmp_path])
    (tmp_path / "other.csv").write_text("x")
    with pytest.raises(NotTheExtract) as found:
        find_files([tmp_path / "other.csv"])
    assert str(found.value.faults[0]) == "other.csv: read 'other.csv', expected epraccur.csv or epcmem.csv"


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(ExtractHasFaults) as found:
        read_extract(*((path, None) if path.stem == "epraccur" else (None, path)))
    return "\n".join(map(str, found.value.faults))
