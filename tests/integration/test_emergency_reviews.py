"""Emergency access is told of at once, reviewed by another, and escalated when nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.emergency_errors import (
    AlreadyReviewed,
    NotYours,
)
from openprotect.governance.errors import NotThere
from openprotect.governance.scope import Scope, enter, system
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs import sweeper
from openprotect.journey import flow
from tests.factories.emergencies import NAIR, opened, rolled_back
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service, staff


@pytest.fixture(scope="module")
def person(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    return small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR)["bashir"].person


@pytest.fixture
def bashir(person: UUID) -> Iterator[UUID]:
    """Bashir, in a transaction that is rolled back."""
    with rolled_back():
        yield person


def test_reviewers_are_told_at_once_and_by_post_within_five_minutes(bashir: UUID) -> None:
    access = opened()
    told = rows(
        "SELECT u.username, n.made_at FROM governance_emergencynotice n JOIN governance_user u ON u.id = n.user_id"
        " ORDER BY u.username"
    )
    assert told == [("caldicott-guardian", BEGINS), ("ig-lead", BEGINS)]
    with enter(staff("ig-lead")) as scope:
        waiting = queries.to_review(scope=scope)
    assert waiting is not None
    assert waiting.waiting == 1
    # The sweep runs every five seconds; run twice, nobody is written to twice
    now = BEGINS + timedelta(seconds=5)
    for _ in range(2):
        sweeper.sweep(now=now)
    with enter(system("test", now=now)) as by:
        mails = [each for each in outbox.messages(scope=by) if "Emergency access" in each.subject]
    assert len(mails) == 2
    for mail in mails:
        assert mail.accepted_at - BEGINS <= timedelta(minutes=5)
        assert f"/oversight/emergency-access/{access}" in mail.body
        for secret in ("Bashir", "Khan", BASHIR.nhs_number, "Nair", "breathe"):
            assert secret not in mail.subject + mail.body


def test_a_review_that_is_overdue_is_escalated_once(bashir: UUID) -> None:
    opened()
    due = one("SELECT review_due_at FROM governance_emergencyaccess")
    sweeper.sweep(now=due - timedelta(seconds=1))
    assert one("SELECT count(*) FROM governance_emergencynotice WHERE what = 'overdue'") == 0
    for _ in range(2):
        sweeper.sweep(now=due)
    told = rows(
        "SELECT u.username FROM governance_emergencynotice n JOIN governance_user u ON u.id = n.user_id"
        " WHERE what = 'overdue' ORDER BY 1"
    )
    assert told == [("caldicott-guardian",), ("siro",)]
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'emergency access: review overdue'") == 1


def test_a_review_by_another_asks_hears_and_settles_once(bashir: UUID) -> None:
    access = opened() or 0
    guardian = staff("caldicott-guardian")

    def review(by: Scope, outcome: str) -> None:
        flow.perform(
            governance.review_emergency_access, access=access, outcome=outcome, words="So it is", by=by, now=BEGINS
        )

    def answered(access: int, by: Scope) -> None:
        flow.perform(governance.answer_emergency_review, access=access, words="She rang", by=by, now=BEGINS)

    review(guardian, "ask")
    with enter(staff(NAIR)) as scope:
        assert [each.question for each in queries.asked_about(scope=scope)] == ["So it is"]
    for whose in (access, access + 1):  # another's is as little there as one that nobody opened
        with pytest.raises(NotThere):
            answered(whose, by=staff("locality-lead"))
    answered(access, by=staff(NAIR))
    review(guardian, "justified")
    with pytest.raises(AlreadyReviewed):
        review(guardian, "not_justified")
    with enter(guardian) as scope:
        found = queries.emergency_access(access, scope=scope)
        assert queries.to_review(scope=scope) is None
    assert found is not None
    assert [each.outcome for each in found.reviews] == ["ask", "answer", "justified"]
    assert found.events[0].action == "emergency access opened"
    mine = replace(staff(NAIR), permissions=staff(NAIR).permissions | {"review.emergency_access"})
    with pytest.raises(NotYours):
        review(mine, "justified")
