"""Identifiers as people and spreadsheets write them."""

from datetime import date

import pytest

from openprotect.lib import dates, nhs_number, telephone
from openprotect.lib.postcode import normalise_postcode
from openprotect.lib.telephone import Kind, Quality


@pytest.mark.parametrize("text", ["9434765919", "943 476 5919", "943-476-5919", " 943 4765919 "])
def test_reads_an_nhs_number_however_it_is_spaced(text):
    assert nhs_number.parse_nhs_number(text) == "9434765919"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9434765918", "check digit"),
        ("943476591", "this has 9: some are lost"),
        ("94347659190", "this has 11"),
        ("9.99E+09", "a spreadsheet has rounded"),
        ("0000000000", "an empty cell"),
        ("unknown", "10 digits"),
        ("", "10 digits"),
        ("٩٤٣٤٧٦٥٩١٩", "10 digits"),
    ],
)
def test_says_what_is_wrong_with_an_nhs_number(text, expected):
    with pytest.raises(nhs_number.NotAnNhsNumber, match=expected):
        nhs_number.parse_nhs_number(text)


def test_a_stem_whose_check_digit_would_be_ten_is_never_issued():
    assert nhs_number.check_digit("999000000") == ""


def test_shows_an_nhs_number_3_3_4():
    assert nhs_number.format_nhs_number("9434765919") == "943 476 5919"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("nr1 3 aa", "NR1 3AA"),
        ("SW1A1AA", "SW1A 1AA"),
        ("ZZ99 3VZ", "ZZ99 3VZ"),
        ("gir 0aa", "GIR 0AA"),
        ("NR1", ""),
        ("12345", ""),
        ("NR1 3AAA", ""),
        ("", ""),
    ],
)
def test_writes_a_postcode_one_way(text, normal):
    assert normalise_postcode(text) == normal


@pytest.mark.parametrize(
    ("text", "numbers", "quality"),
    [
        ("07700 900123", [("+447700900123", Kind.MOBILE)], []),
        ("+44 (0)7700 900123", [("+447700900123", Kind.MOBILE)], []),
        ("0044 7700 900123", [("+447700900123", Kind.MOBILE)], []),
        ("447700900123", [("+447700900123", Kind.MOBILE)], []),
        ("7700900123", [("+447700900123", Kind.MOBILE)], [Quality.LOST_ZERO]),
        ("1632960012", [("+441632960012", Kind.LANDLINE)], [Quality.LOST_ZERO]),
        ("01632 960 012", [("+441632960012", Kind.LANDLINE)], []),
        ("020 7946 0123", [("+442079460123", Kind.LANDLINE)], []),
        ("0113 496 0123", [("+441134960123", Kind.LANDLINE)], []),
        ("03069 990123", [("+443069990123", Kind.OTHER)], []),
        ("+33 1 42 68 53 00", [("+33142685300", Kind.LANDLINE)], []),
        (
            "07700900123/07700900123",
            [("+447700900123", Kind.MOBILE)],
            [Quality.TWO_NUMBERS],
        ),
        (
            "07700 900123 / 01632 960012",
            [("+447700900123", Kind.MOBILE), ("+441632960012", Kind.LANDLINE)],
            [Quality.TWO_NUMBERS],
        ),
        (
            "07700 900123 07700 900124",
            [("+447700900123", Kind.MOBILE), ("+447700900124", Kind.MOBILE)],
            [Quality.TWO_NUMBERS],
        ),
        (
            "07700900123 or 7700900124",
            [("+447700900123", Kind.MOBILE), ("+447700900124", Kind.MOBILE)],
            [Quality.TWO_NUMBERS, Quality.LOST_ZERO],
        ),
        ("7.70E+09", [], [Quality.WRONG_SHAPE]),
        ("0770090012", [], [Quality.WRONG_SHAPE]),
        ("none", [], [Quality.WRONG_SHAPE]),
        ("0", [], [Quality.WRONG_SHAPE]),
        ("٠٧٧٠٠٩٠٠١٢٣", [], [Quality.WRONG_SHAPE]),
        ("", [], []),
    ],
)
def test_reads_the_telephones_of_a_cell(text, numbers, quality):
    cell = telephone.read_telephones(text)
    assert [(found.number, found.kind) for found in cell.numbers] == numbers
    assert list(cell.quality) == quality


def test_shows_a_telephone_as_it_is_dialled_here():
    assert telephone.format_telephone("+442079460123") == "020 7946 0123"


def test_reads_the_dates_of_lists():
    assert dates.parse_compact_date("19400229") == date(1940, 2, 29)
    assert dates.parse_slashed_date("1/2/1940") == date(1940, 2, 1)
    assert dates.from_serial(44242) == date(2021, 2, 15)
    assert dates.from_serial(44242 - 1462, since_1904=True) == date(2021, 2, 15)


@pytest.mark.parametrize("text", ["19410229", "1941-02-03", "03021941", "", "11111111", "1941020"])
def test_refuses_what_is_no_compact_date(text):
    with pytest.raises(dates.NotADate, match="YYYYMMDD"):
        dates.parse_compact_date(text)


@pytest.mark.parametrize("text", ["13/13/1941", "02/30/1941", "1941-02-03", "3/2/41"])
def test_refuses_what_is_no_slashed_date(text):
    with pytest.raises(dates.NotADate, match="DD/MM/YYYY"):
        dates.parse_slashed_date(text)


def test_takes_a_spreadsheet_serial_only_from_the_day_it_may_mean():
    since = date(2020, 1, 1)
    assert dates.parse_date_or_serial("44242", not_before=since) == date(2021, 2, 15)
    assert dates.parse_date_or_serial("44242.0", not_before=since) == date(2021, 2, 15)
    assert dates.parse_date_or_serial("20210215", not_before=since) == date(2021, 2, 15)
    for wrong in (str(44242 - 1462), "15/02/2021", "20190101", "99999999"):
        with pytest.raises(dates.NotADate, match="from 2020-01-01 on"):
            dates.parse_date_or_serial(wrong, not_before=since)
