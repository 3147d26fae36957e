"""Sharing agreements: what is refused, who signs, and the second at which one stops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions, queries
from openprotect.governance.errors import AgreementSigned, NoAgreement, NotPermitted
from openprotect.governance.models import LegalBasis
from openprotect.governance.queries import Agreement
from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from tests.factories.agreed import agreed, basis, organisation, sign, terms
from tests.factories.seen import one
from tests.factories.small_service import BEGINS, open_service, staff

LATER = BEGINS + timedelta(days=10)


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))


@pytest.fixture(autouse=True)
def undone(service: None) -> Iterator[None]:
    """What a test does is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_terms_that_cannot_be_agreed_on_are_refused_all_at_once() -> None:
    ended = basis("ended", purpose="evaluation", now=BEGINS - timedelta(days=9), ends_at=BEGINS)
    short = basis("short", purpose="direct_care", ends_at=BEGINS + timedelta(days=5))
    board = organisation("icb")
    for changed, expected in (
        ({"receiver": board}, {"receiver"}),
        ({"owner": "  "}, {"owner"}),
        ({"fields": ()}, {"fields"}),
        ({"fields": ("nhs_number", "diagnosis")}, {"fields"}),
        ({"basis": None}, {"basis"}),
        ({"basis": 999_999}, {"basis"}),
        ({"basis": ended, "purpose": "evaluation"}, {"basis"}),
        ({"basis": short}, {"ends_on"}),
        ({"ends_at": None}, {"ends_on"}),
        ({"ends_at": BEGINS, "review_on": BEGINS.date()}, {"ends_on"}),
        ({"review_on": None}, {"review_on"}),
        ({"purpose": "marketing"}, {"purpose"}),
        ({"starts_at": BEGINS - timedelta(days=1)}, {"starts_on"}),
        ({"title": "", "owner": "", "fields": ()}, {"title", "owner", "fields"}),
    ):
        with pytest.raises(NoAgreement) as refused:
            flow.perform(actions.state_agreement, **terms(**changed), by=staff("ig-lead"), now=BEGINS)
        assert set(refused.value.by_field) == expected, changed
    assert one("SELECT count(*) FROM governance_sharingagreement") == 0


def test_only_who_keeps_agreements_states_one() -> None:
    with pytest.raises(NotPermitted):
        flow.perform(actions.state_agreement, **terms(), by=staff("surveillance"), now=BEGINS)


def test_nothing_is_given_until_both_have_signed_and_each_signs_once() -> None:
    made = agreed(sides=())
    assert stands(made) == "unsigned"
    sign(made, "giver")
    assert stands(made) == "unsigned"
    with pytest.raises(AgreementSigned):
        sign(made, "giver")
    sign(made, "receiver")
    assert stands(made) == "live"


def test_it_ends_at_the_second_at_which_it_or_its_basis_ends() -> None:
    second = timedelta(seconds=1)
    ends = BEGINS + timedelta(days=30)
    resting = basis("planning", purpose="evaluation", ends_at=ends)
    made = agreed(basis=resting, purpose="evaluation", ends_at=ends, review_on=BEGINS.date())
    own = agreed(ends_at=LATER, review_on=BEGINS.date())
    assert [stands(made, ends - second), stands(made, ends)] == ["live", "ended"]
    assert [stands(own, LATER - second), stands(own, LATER)] == ["live", "ended"]
    with enter(system("test", now=BEGINS)):
        _shorten(resting)
    assert [stands(made, LATER - second), stands(made, LATER)] == ["live", "basis_ended"]


def test_whoever_keeps_it_ends_it_now() -> None:
    made = agreed()
    flow.perform(actions.end_agreement, agreement=made, why="The parcels have stopped", by=staff("ig-lead"), now=BEGINS)
    assert stands(made) == "ended"
    with pytest.raises(AgreementSigned):
        sign(made, "giver")


def stands(agreement: int, at: object = BEGINS) -> str:
    with enter(system("test", now=at)) as scope:
        found = queries.agreement(agreement, scope=scope)
    assert isinstance(found, Agreement)
    return found.standing


def _shorten(resting: int) -> None:
    LegalBasis.objects.filter(id=resting).update(ends_at=LATER)
