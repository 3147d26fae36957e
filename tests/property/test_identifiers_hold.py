"""What holds for every identifier."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from openprotect.lib import dates, nhs_number
from openprotect.lib.postcode import normalise_postcode
from openprotect.lib.telephone import read_telephones

counters = st.integers(0, nhs_number.TEST_NUMBERS - 1)


@given(counters, counters)
def test_every_counter_has_its_own_valid_number(one, other):
    number = nhs_number.number_for_tests(one)
    assert nhs_number.parse_nhs_number(nhs_number.format_nhs_number(number)) == number
    assert nhs_number.is_test_number(number)
    assert (number == nhs_number.number_for_tests(other)) == (one == other)


@given(counters, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(counter, place, change):
    number = nhs_number.number_for_tests(counter)
    digit = (int(number[place]) + change) % 10
    assert not nhs_number.is_nhs_number(f"{number[:place]}{digit}{number[place + 1 :]}")


@given(counters, st.integers(0, 8))
def test_two_swapped_digits_are_always_seen(counter, place):
    number = nhs_number.number_for_tests(counter)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or not nhs_number.is_nhs_number(swapped)


@given(st.text())
def test_nothing_but_an_nhs_number_is_read_as_one(text):
    if nhs_number.is_nhs_number(text):
        assert len(nhs_number.parse_nhs_number(text)) == 10


@given(st.text())
def test_normalising_a_postcode_twice_changes_nothing(text):
    once = normalise_postcode(text)
    assert normalise_postcode(once) == once


@given(st.one_of(st.text(), st.text("0123456789 +()/-,;.or")))
def test_a_telephone_cell_is_never_an_error_and_never_silent(text):
    cell = read_telephones(text)
    assert bool(cell.numbers or cell.quality) == bool(text.strip())
    for found in cell.numbers:
        assert read_telephones(found.number).numbers == (found,)


@given(st.integers(0, 999_999))
def test_a_lost_zero_changes_the_note_and_not_the_number(tail):
    whole = read_telephones(f"07711{tail:06d}")
    lost = read_telephones(f"7711{tail:06d}")
    assert whole.numbers == lost.numbers
    assert not whole.quality
    assert lost.quality


@given(st.dates(date(1880, 1, 1), date(2100, 12, 31)))
def test_a_date_written_is_the_date_read(day):
    assert dates.parse_compact_date(day.strftime("%Y%m%d")) == day
    assert dates.parse_slashed_date(day.strftime("%d/%m/%Y")) == day
    serial = (day - dates.from_serial(0)).days
    assert dates.from_serial(serial + 1) - timedelta(days=1) == day
