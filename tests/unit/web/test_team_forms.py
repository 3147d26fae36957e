"""What colleagues' forms send: arguments for an action, or a sentence beside the field."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import QueryDict

from openprotect.programmes.definitions.contact import CallRule
from openprotect.programmes.loader import load_pack
from openprotect.web.partner import presenter as partner
from openprotect.web.staff import forms

PACK = Path(__file__).parents[3] / "packs" / "covid-protect"


@pytest.fixture(scope="module")
def rule() -> CallRule:
    return load_pack(PACK).contact.call


def test_a_note_is_taken_without_its_blanks() -> None:
    assert forms.note(QueryDict("text=+Rang+her.+")).values == {"text": "Rang her."}


def test_what_cannot_be_shown_or_stored_is_left_out() -> None:
    assert forms.note(QueryDict("text=a%00b%0D%0Ac%1B%F0%9F%91%B5")).values == {"text": "ab\nc👵"}


@pytest.mark.parametrize("sent", ["", "text=", "text=+%0A+", "text=%00"])
def test_an_empty_note_is_asked_for_at_its_field(sent: str) -> None:
    (error,) = forms.note(QueryDict(sent)).errors
    assert error.href == "#text"


def test_a_referral_needs_an_organisation_and_words() -> None:
    assert set(forms.referral(QueryDict("organisation=x")).faults) == {"organisation", "asked"}
    assert forms.referral(QueryDict("organisation=7&asked=Help")).values == {"organisation": 7, "asked": "Help"}


def test_a_call_takes_only_a_number_of_that_person(rule: CallRule) -> None:
    assert forms.call(QueryDict("outcome=no_answer&number=8"), rule, [7]).values["contact_point"] is None
    assert forms.call(QueryDict("outcome=no_answer&number=7"), rule, [7]).values["contact_point"] == 7


def test_a_wrong_number_must_be_named(rule: CallRule) -> None:
    assert set(forms.call(QueryDict("outcome=wrong_number"), rule, [7]).faults) == {"number"}
    assert set(forms.call(QueryDict("outcome=wrong_number&number=8"), rule, [7]).faults) == {"number"}
    assert not forms.call(QueryDict("outcome=wrong_number&number=7"), rule, [7]).faults


@pytest.mark.parametrize("sent", ["", "outcome=", "outcome=nonsense"])
def test_a_call_needs_an_outcome_of_the_pack(rule: CallRule, sent: str) -> None:
    assert set(forms.call(QueryDict(sent), rule, [7]).faults) == {"outcome"}


def test_a_partner_hands_back_with_a_reason_and_reports_with_an_outcome() -> None:
    assert set(partner.read("hand-back", QueryDict("reason=+")).faults) == {"reason"}
    assert partner.read("hand-back", QueryDict("reason=Not+ours&outcome=done")).values == {
        "outcome": "",
        "text": "Not ours",
    }
    assert set(partner.read("report", QueryDict("words=Left+it")).faults) == {"outcome"}
    assert partner.read("accept", QueryDict()).values == {"outcome": "", "text": ""}
