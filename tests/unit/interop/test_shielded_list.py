"""The Shielded Patient List: what is read, what is said, what is refused."""

import csv
import io
from datetime import date

import pytest

from openprotect.interop.feeds.shielded_list import COLUMNS, ListHasFaults, read_shielded_list
from openprotect.lib.nhs_number import number_for_tests
from openprotect.lib.telephone import Kind, Quality

PERSON = {
    "Traced_NHSNUMBER": number_for_tests(1),
    "PatientFirstName": "Agnieszka",
    "PatientSurname": "Żółtowska",
    "DateOfBirth": "19400229",
    "PatientAddress_Line1": "1 Drove End",
    "PatientAddress_PostCode": "zm1 4ab",
    "mobile": "07700 900123",
    "landline": "01632 960012",
    "Flag_PDSInformallyDeceased": "0",
    "InceptionDate": "20200325",
    "SPL_Version": "SPL-0007",
    "uprn": "100000000001",
}
OTHER = PERSON | {"Traced_NHSNUMBER": number_for_tests(2), "PatientFirstName": "Ewa"}


def as_text(*people, columns=COLUMNS):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "list.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_shielded_list(path)

    return read


@pytest.fixture
def faults(read):
    def faults(content):
        with pytest.raises(ListHasFaults) as refused:
            read(content)
        return [str(fault) for fault in refused.value.faults]

    return faults


def test_reads_a_row(read):
    file = read(as_text(PERSON, OTHER))
    row = file.rows[0]
    assert (file.list_name, file.version) == ("shielded-patient-list", "SPL-0007")
    assert (len(file.rows), file.duplicates, file.notes) == (2, 0, ())
    assert row.row_number == 2
    assert row.family_name == "Żółtowska"
    assert row.date_of_birth == date(1940, 2, 29)
    assert row.postcode == "ZM1 4AB"
    assert row.mobile.first == "+447700900123"
    assert row.landline.numbers[0].kind == Kind.LANDLINE
    assert row.quality == ()
    assert row.inception_date == date(2020, 3, 25)
    assert row.date_of_death is None
    assert not row.informally_deceased


def test_columns_may_stand_in_any_order_and_in_other_capitals(read):
    text = as_text(PERSON, columns=COLUMNS[::-1])
    header, rest = text.split("\r\n", 1)
    assert read(f"{header.upper()} \r\n{rest}").rows == read(as_text(PERSON)).rows


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8-sig", "byte order mark"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")],
)
def test_reads_other_encodings_and_says_so(read, encoding, note):
    file = read(as_text(PERSON).encode(encoding))
    assert file.rows[0].family_name == "Żółtowska"
    assert note in file.notes[0]


def test_reads_windows_1252_and_says_so(read):
    file = read(as_text(PERSON | {"PatientSurname": "O’Bradaígh"}).encode("windows-1252"))
    assert file.rows[0].family_name == "O’Bradaígh"
    assert "Windows-1252" in file.notes[0]


def test_the_same_row_twice_is_a_counted_duplicate(read):
    file = read(as_text(PERSON, OTHER, PERSON))
    assert (len(file.rows), file.duplicates) == (2, 1)


def test_one_person_at_two_addresses_stays_twice(read):
    assert len(read(as_text(PERSON, PERSON | {"PatientAddress_Line1": "2 Long Lane"})).rows) == 2


def test_a_row_without_an_nhs_number_is_kept(read):
    assert read(as_text(PERSON | {"Traced_NHSNUMBER": ""})).rows[0].nhs_number == ""


def test_reads_a_spreadsheet_serial_as_inception(read):
    row = read(as_text(PERSON | {"InceptionDate": "44242"})).rows[0]
    assert row.inception_date == date(2021, 2, 15)


def test_empty_lines_are_rows_of_the_spreadsheet(read):
    header, one = as_text(PERSON).split("\r\n", 1)
    assert read(f"{header}\r\n\r\n{one}\r\n\r\n").rows[0].row_number == 3


@pytest.mark.parametrize(
    ("cells", "qualities", "mobiles"),
    [
        ({"mobile": "01632 960012"}, [Quality.LANDLINE_IN_MOBILE], ["+441632960012"]),
        ({"landline": "07700 900124"}, [Quality.MOBILE_IN_LANDLINE], ["+447700900123"]),
        ({"mobile": "7700900123"}, [Quality.LOST_ZERO], ["+447700900123"]),
        ({"mobile": "0770090012"}, [Quality.WRONG_SHAPE], []),
        (
            {"mobile": "07700900123/07700900124"},
            [Quality.TWO_NUMBERS],
            ["+447700900123", "+447700900124"],
        ),
    ],
)
def test_a_wrong_telephone_is_kept_with_its_quality(read, cells, qualities, mobiles):
    row = read(as_text(PERSON | cells)).rows[0]
    assert list(row.quality) == qualities
    assert [found.number for found in row.mobile.numbers] == mobiles


BROKEN_CELLS = [
    ("Traced_NHSNUMBER", "9434765918", "an NHS number whose check digit is right"),
    (
        "Traced_NHSNUMBER",
        "9.99E+09",
        "an NHS number of 10 digits (a spreadsheet has rounded this one)",
    ),
    (
        "Traced_NHSNUMBER",
        "999000001",
        "an NHS number of 10 digits (this has 9: some are lost)",
    ),
    ("Traced_NHSNUMBER", "99900000181", "an NHS number of 10 digits (this has 11)"),
    ("Traced_NHSNUMBER", "0000000000", "an NHS number, or an empty cell where there is none"),
    ("Traced_NHSNUMBER", "none", "an NHS number of 10 digits"),
    ("DateOfBirth", "", "a date as YYYYMMDD"),
    ("DateOfBirth", "29/02/1940", "a date as YYYYMMDD"),
    ("DateOfBirth", "1940-02-29", "a date as YYYYMMDD"),
    ("DateOfBirth", "19410229", "a date as YYYYMMDD that is in the calendar"),
    ("DateOfBirth", "19401302", "a date as YYYYMMDD that is in the calendar"),
    ("DateOfBirth", "1.94E+07", "a date as YYYYMMDD"),
    ("DateOfBirth", "14670", "a date as YYYYMMDD"),
    ("DateOfBirth", "17400229", "a date as YYYYMMDD, in the years 1880 to 2100"),
    ("DateOfDeath", "yes", "a date as YYYYMMDD"),
    ("DateOfDeath", "19390101", "a day after the birth on 19400229"),
    ("Flag_PDSInformallyDeceased", "2", "0 or 1"),
    ("Flag_PDSInformallyDeceased", "N", "0 or 1"),
    (
        "InceptionDate",
        "42780",
        "a date as YYYYMMDD, or a spreadsheet's number for a day from 2020-01-01 on",
    ),
    (
        "InceptionDate",
        "25/03/2020",
        "a date as YYYYMMDD, or a spreadsheet's number for a day from 2020-01-01 on",
    ),
    ("SPL_Version", "", "the version of the list"),
    ("uprn", "1.00E+11", "up to 12 digits, or an empty cell"),
]


@pytest.mark.parametrize(("column", "read_as", "expected"), BROKEN_CELLS)
def test_says_where_a_cell_is_broken(faults, column, read_as, expected):
    assert faults(as_text(PERSON | {column: read_as}, OTHER)) == [
        f"list.csv, row 2, column {column}: read '{read_as}', expected {expected}"
    ]


def test_says_every_fault_of_every_row(faults):
    said = faults(as_text(PERSON | {"DateOfBirth": "x", "uprn": "y"}, OTHER | {"uprn": "z"}))
    assert [fault.split(":")[0] for fault in said] == [
        "list.csv, row 2, column DateOfBirth",
        "list.csv, row 2, column uprn",
        "list.csv, row 3, column uprn",
    ]


def test_refuses_one_nhs_number_with_two_birth_dates(faults):
    other = OTHER | {"Traced_NHSNUMBER": PERSON["Traced_NHSNUMBER"], "DateOfBirth": "19600101"}
    assert faults(as_text(PERSON, other)) == [
        "list.csv, row 3, column DateOfBirth: read '19600101', expected 19400229 as in row 2,"
        " which has the same NHS number"
    ]


def test_refuses_two_versions_in_one_file(faults):
    assert faults(as_text(PERSON, OTHER | {"SPL_Version": "SPL-0008"})) == [
        "list.csv, row 3, column SPL_Version: read 'SPL-0008', expected SPL-0007, the version of the rows before"
    ]


def test_refuses_a_row_without_a_name(faults):
    assert faults(as_text(PERSON | {"PatientFirstName": "", "PatientSurname": ""})) == [
        "list.csv, row 2, column PatientSurname: read '', expected a name"
    ]


HEADER = ",".join(COLUMNS)
WHOLE_FILES = [
    (b"", "list.csv: read 'an empty file', expected columns separated by commas, with a header"),
    (b" \r\n ", "list.csv: read 'an empty file', expected columns separated by commas"),
    (b"PK\x03\x04rest", "list.csv: read 'a spreadsheet workbook or a zip file', expected columns"),
    (b"\xd0\xcf\x11\xe0rest", "list.csv: read 'an old spreadsheet workbook', expected columns"),
    (b"%PDF-1.7", "list.csv: read 'a PDF', expected columns"),
    (b"\x1f\x8brest", "list.csv: read 'a compressed file', expected columns"),
    (b"<!DOCTYPE html><html>", "list.csv: read 'a web page or XML', expected columns"),
    (b'{"rows": []}', "list.csv: read 'JSON', expected columns"),
    (f"{HEADER}\n", "list.csv: read 'a header and nothing else', expected at least one row"),
    (
        as_text(PERSON).replace(",", ";"),
        "list.csv, row 1: read 'Traced_NHSNUMBER;PatientFirstName;PatientOtherName;PatientS…',"
        " expected columns separated by commas, with a header",
    ),
    (
        "name,born\r\nEwa,1940\r\n",
        "list.csv, row 1: read 'name,born', expected a header that begins Traced_NHSNUMBER",
    ),
    (
        as_text(PERSON, columns=COLUMNS[:-1]),
        "list.csv, row 1, column uprn: read 'no such column', expected the column uprn",
    ),
    (
        as_text(PERSON, columns=(*COLUMNS, "uprn")),
        "list.csv, row 1, column uprn: read '2 of this name', expected each column once",
    ),
    (
        as_text(PERSON, columns=(*COLUMNS, "Shoe size")),
        "list.csv, row 1, column Shoe size: read 'Shoe size', expected only the columns of this list",
    ),
    (as_text(PERSON) + "1,2,3\r\n", "list.csv, row 3: read '3 cells', expected 23 cells"),
    (
        as_text(PERSON).replace("1 Drove End", "1, Drove End"),
        "list.csv, row 2: read '24 cells', expected 23 cells",
    ),
    (
        as_text(PERSON).replace("Agnieszka", '"Agnieszka'),
        "list.csv, row 2: read 'unexpected end of data', expected cells whose quotes are closed",
    ),
    (
        as_text(PERSON).replace("Agnieszka", "Agni\0eszka"),
        "list.csv, row 2, column PatientFirstName: read 'Agni\ufffdeszka', expected text without control characters",
    ),
    (
        as_text(PERSON).encode() + as_text(OTHER).encode("iso8859-2"),
        "list.csv: read 'both UTF-8 and Windows-1252', expected one encoding throughout, UTF-8",
    ),
    (
        as_text(PERSON).replace("Żółtowska", "Smith").encode() + b"\x81\r\n",
        "list.csv, line 3: read 'byte 81', expected text in UTF-8 or Windows-1252",
    ),
    (
        b"\xef\xbb\xbf" + as_text(PERSON).encode() + b"\xff",
        "list.csv: read 'bytes that are no characters', expected text in UTF-8, as it begins",
    ),
    (
        b"\xff\xfe" + as_text(PERSON).encode("utf-16-le") + b"\x00",
        "list.csv: read 'bytes that are no characters', expected text in UTF-16, as it begins",
    ),
]


@pytest.mark.parametrize(("content", "expected"), WHOLE_FILES)
def test_refuses_a_file_that_is_not_what_it_says(faults, content, expected):
    assert faults(content)[0].startswith(expected)


def test_fifty_thousand_rows_are_read(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        as_text(
            *(
                PERSON
                | {
                    "Traced_NHSNUMBER": number_for_tests(number),
                    "mobile": f"079111{number:05d}",
                    "landline": f"01603 6{number:05d}",
                }
                for number in range(50_000)
            )
        )
    )
    assert len(read_shielded_list(path).rows) == 50_000
