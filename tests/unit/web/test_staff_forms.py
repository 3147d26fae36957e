"""What colleagues' forms make of ids that no row has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from django.http import QueryDict

from openprotect.programmes.definitions.contact import CallRule
from openprotect.web.staff import forms

ENDLESS = "9" * 5000  # more digits than Python reads as a number


@pytest.mark.parametrize("given", ["", "-1", "x", "\x00", ENDLESS])
def test_an_organisation_that_is_no_id_is_asked_for_again(given: str) -> None:
    form = forms.referral(_sent(organisation=given, asked="A parcel"))
    assert form.faults == {"organisation": "Select who you refer to"}
    assert forms.referral(_sent(organisation="12", asked="A parcel")).values["organisation"] == 12


@pytest.mark.parametrize("given", ["", "-1", "7", ENDLESS])
def test_a_number_that_is_not_theirs_is_none(given: str) -> None:
    rule = cast(CallRule, SimpleNamespace(outcomes=()))
    assert forms.call(_sent(number=given), rule, [5]).values["contact_point"] is None
    assert forms.call(_sent(number="5"), rule, [5]).values["contact_point"] == 5


def _sent(**typed: str) -> QueryDict:
    sent = QueryDict(mutable=True)
    sent.update(typed)
    return sent
