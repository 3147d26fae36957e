"""Whatever the bytes, a list is read or refused with faults: nothing else happens."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from openprotect.interop.feeds.shielded_list import COLUMNS, ListHasFaults, read_shielded_list
from openprotect.lib.nhs_number import number_for_tests

CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "0", "1", "9.99E+09", "44242", "19400229", "29/02/1940", "07700900123"]),
    st.builds(number_for_tests, st.integers(0, 1_000)),
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252"]


def read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(content)
    try:
        assert read_shielded_list(path).rows
    except ListHasFaults as refused:
        faults = refused.faults
    else:
        return
    assert faults
    assert all("\n" not in str(fault) for fault in faults)


@given(st.binary(max_size=400))
def test_any_bytes(tmp_path_factory, content):
    read_or_refused(tmp_path_factory, content)


@given(st.binary(max_size=60))
def test_any_bytes_after_the_header(tmp_path_factory, content):
    read_or_refused(tmp_path_factory, ",".join(COLUMNS).encode() + b"\n" + content)


@settings(max_examples=300)
@given(
    st.lists(st.lists(CELL, min_size=22, max_size=24), max_size=4),
    st.permutations(COLUMNS),
    st.sampled_from(ENCODINGS),
)
def test_any_cells(tmp_path_factory, rows, columns, encoding):
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    read_or_refused(tmp_path_factory, out.getvalue().encode(encoding, errors="replace"))
