"""Requests, letters and reviews that are past their clock are told to whoever must answer, once each."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import basis_errors, clock
from openprotect.governance.models import User
from openprotect.governance.scope import enter, system
from openprotect.jobs import overdue
from openprotect.journey import flow
from openprotect.people import rights
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, Invited, small_service, staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Invited]:
    return small_service(tmp_path, ADA)


def told(after: int = 0) -> list[Any]:
    return [body for (body,) in rows("SELECT body FROM outbox_message WHERE channel = 'email' ORDER BY accepted_at")][
        after:
    ]


def shown(now: Any, username: str = "ig-lead") -> str:
    clock.set_clock(now, running=False)
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client.get("/oversight/governance").content.decode()


def test_a_request_past_its_clock_is_told_once_until_it_is_answered(people: dict[str, Invited]) -> None:
    asked = flow.perform(
        rights.receive_request, kind="complaint", who="Ada Okafor", reply_to="By post", asked="Nobody rang",
        nhs_number="", received_on=BEGINS.date(), by=staff("ig-lead"), now=BEGINS,
    )  # fmt: skip
    before = len(told())
    by_then = one("SELECT acknowledge_by FROM people_rightsrequest")
    last = BEGINS + (by_then - BEGINS.date()) * 1
    assert overdue.tell_overdue(now=last) == 0
    # When the day is past, it is told once, with no name in it
    assert [overdue.tell_overdue(now=last + DAY), overdue.tell_overdue(now=last + 2 * DAY)] == [1, 0]
    (body,) = told(before)
    assert f"Request {asked} was to be acknowledged by" in body
    assert f"/oversight/requests/{asked}" in body
    assert "Ada" not in body
    assert rows('SELECT "to" FROM outbox_message WHERE body = %s', body) == [
        (one("SELECT email FROM governance_organisation WHERE id = %s", staff("ig-lead").organisation),)
    ]
    # And on the page of those who work requests, and of no others
    assert "A request about records was to be acknowledged by" in shown(last + DAY)
    assert "A request about records" not in shown(last + DAY, "siro")
    # And no more once it is
    now = last + 3 * DAY
    flow.perform(rights.acknowledge, request=asked, words="By post", by=staff("ig-lead", now), now=now)
    assert "A request about records" not in shown(now)
    # And the answer itself is told once
    late = BEGINS + 190 * DAY
    assert [overdue.tell_overdue(now=late) > 0, overdue.tell_overdue(now=late)] == [True, 0]
    assert any(f"Request {asked} was to be answered by" in body for body in told(before + 1))


def test_a_letter_that_does_not_leave_is_told(people: dict[str, Invited]) -> None:
    person = people["ada"].person
    flow.perform(governance.ask_who_saw_letter, person=person, by=staff("ig-lead"), now=BEGINS)
    before = len(told())
    late = BEGINS + 4 * DAY
    assert overdue.tell_overdue(now=BEGINS + 2 * DAY) == 0
    assert [overdue.tell_overdue(now=late), overdue.tell_overdue(now=late + DAY)] == [1, 0]
    (body,) = told(before)
    assert "was asked for on 7 April 2020, has not left" in body
    assert str(person) not in body
    assert "1 letter about who saw a record: not left yet" in shown(late)


def test_a_basis_past_its_review_warns_its_owner_until_it_is_reviewed(people: dict[str, Invited]) -> None:
    basis, title, day = rows("SELECT id, title, review_date FROM governance_legalbasis WHERE key = 'direct-care'")[0]
    before, now = len(told()), BEGINS + (day - BEGINS.date()) + DAY
    assert overdue.tell_overdue(now=now - DAY) == 0
    assert [overdue.tell_overdue(now=now) > 0, overdue.tell_overdue(now=now)] == [True, 0]
    assert len([body for body in told(before) if f"legal basis {basis}.\n\nIt was to be reviewed by" in body]) == 1
    # It goes on, and stands on the page of its owner and of no other
    assert f"{title} was to be reviewed by" in shown(now, "caldicott-guardian")
    assert f"{title} was to be reviewed" not in shown(now, "ig-lead")
    # And is over with a day of the next review that is still to come
    lead = staff("ig-lead", now)
    given: dict[str, Any] = {"basis": basis, "words": "Read again", "by": lead, "now": now}
    for wrong in (now.date(), date(2020, 1, 1)):
        with pytest.raises(basis_errors.NextReviewIsPast):
            flow.perform(governance.review_basis, review_on=wrong, **given)
    client = Client()
    client.force_login(User.objects.get(username="ig-lead"))
    said = {"words": "Read again", "review-day-day": "1", "review-day-month": "4", "review-day-year": "2022"}
    assert client.post(f"/oversight/bases/{basis}/review", {**said, "review-day-day": "x"}).status_code == 422
    assert client.post(f"/oversight/bases/{basis}/review", said).status_code == 302
    assert f"{title} was to be reviewed" not in shown(now, "caldicott-guardian")
    assert one("SELECT review_date FROM governance_legalbasis WHERE id = %s", basis) == date(2022, 4, 1)
    assert one("SELECT what FROM governance_basischange ORDER BY id DESC LIMIT 1") == "review"


def test_where_a_message_cannot_go_the_others_do(people: dict[str, Invited]) -> None:
    with_none = "UPDATE governance_organisation SET email = '' WHERE id = %s"
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(with_none, [staff("ig-lead").organisation])
    flow.perform(governance.ask_who_saw_letter, person=people["ada"].person, by=staff("ig-lead"), now=BEGINS)
    assert overdue.tell_overdue(now=BEGINS + 4 * DAY) == 0
