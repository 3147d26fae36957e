"""The door, the answers, the receipt: nothing twice, nothing lost, nothing told to a stranger."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from openprotect.config.database_urls import Urls
from openprotect.governance.scope import Scope, enter, nobody, system
from openprotect.journey import flow
from openprotect.journey.act import queries as act
from openprotect.journey.check_in import actions, queries
from openprotect.journey.check_in.actions import Proof, Receipt
from openprotect.journey.check_in.errors import AlreadyAnswered, AnswersIncomplete, CheckInIsClosed, NoCheckInOpen
from openprotect.people import actions as people
from tests.factories.seen import one, rows
from tests.factories.small_service import (
    ADA,
    ALL_WELL,
    BASHIR,
    BEGINS,
    Invited,
    answer,
    days_pass,
    small_service,
    staff,
)

BREATHLESS = {"breathless": "at_rest"}
WRONG = date(1945, 3, 30)


@pytest.fixture
def ada(tmp_path: Path, db: None) -> Invited:
    return small_service(tmp_path, ADA)["ada"]


def knock(ada: Invited, *, born: date | None = None, token: str | None = None, now: datetime = BEGINS) -> Proof | None:
    return flow.perform(
        actions.prove,
        token=token or ada.token,
        date_of_birth=born or ada.date_of_birth,
        address="192.0.2.1",
        by=nobody(now=now),
        now=now,
    )


def inside(ada: Invited, now: datetime = BEGINS) -> tuple[Scope, UUID]:
    """She is in: her scope, and her check-in."""
    proof = knock(ada, now=now)
    assert proof is not None
    return Scope("person", actor=f"link:{proof.link_id}", now=now, person=proof.person_id), proof.check_in_id


def submit(by: Scope, check_in: UUID, key: UUID, **changed: Any) -> Receipt:
    return flow.perform(
        actions.submit,
        check_in=check_in,
        answers=ALL_WELL | changed,
        answered_by="self",
        submission_key=key,
        by=by,
        now=by.now,
    )


# --- The door ---


def test_the_right_date_opens_it_as_often_as_she_likes(ada: Invited) -> None:
    assert knock(ada) == knock(ada) is not None


def dies(ada: Invited) -> dict[str, Any]:
    by = system("pds", now=BEGINS)
    flow.perform(people.record_death, person=ada.person, died_on=BEGINS.date(), by=by, now=BEGINS)
    return {}


def opts_out(ada: Invited) -> dict[str, Any]:
    by = system("test", now=BEGINS)
    flow.perform(people.record_wish, person=ada.person, kind="no_contact", by=by, now=BEGINS)
    return {}


CLOSED: dict[str, Callable[[Invited], dict[str, Any]]] = {
    "a wrong date": lambda ada: {"born": WRONG},
    "a link that nobody was given": lambda ada: {"token": "x" * 22},
    "a link that has expired": lambda ada: {"now": BEGINS + timedelta(days=15)},
    "somebody who has died": dies,
    "somebody who has opted out": opts_out,
}


@pytest.mark.parametrize("why", CLOSED)
def test_it_stays_closed_and_does_not_say_why(ada: Invited, why: str) -> None:
    knocks = CLOSED[why](ada)
    assert knock(ada, **knocks) is None
    assert one("SELECT count(*) FROM check_in_doortry") == 1
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'door refused'") == 1


def test_after_five_wrong_dates_it_rests_and_then_opens(ada: Invited) -> None:
    for _ in range(5):
        assert knock(ada, born=WRONG) is None
    soon, rested = BEGINS + timedelta(seconds=59), BEGINS + timedelta(seconds=60)
    assert knock(ada, now=soon) is None  # right, but not looked at
    assert knock(ada, born=WRONG, now=soon) is None  # and a wrong one does not prolong the rest
    assert knock(ada, now=rested) is not None
    assert one("SELECT count(*) FROM check_in_doortry") == 0


def test_the_rest_grows_but_keeps_nobody_out_for_more_than_a_quarter_of_an_hour(ada: Invited) -> None:
    now = BEGINS
    for _ in range(30):
        knock(ada, born=WRONG, now=now)
        now += timedelta(minutes=15)
    assert knock(ada, now=now) is not None


def test_wrong_dates_at_one_door_rest_no_other(tmp_path: Path, db: None) -> None:
    people_ = small_service(tmp_path, ADA, BASHIR)
    for _ in range(9):
        knock(people_["ada"], born=WRONG)
    assert knock(people_["bashir"]) is not None


# --- Answers ---


def test_the_same_submission_again_is_the_same_receipt(ada: Invited) -> None:
    by, check_in = inside(ada)
    key = uuid4()
    assert submit(by, check_in, key) == submit(by, check_in, key)
    assert one("SELECT count(*) FROM check_in_answerset") == 1
    assert one("SELECT count(*) FROM triage_decision") == 1


def test_another_submission_for_an_answered_check_in_is_refused(ada: Invited) -> None:
    by, check_in = inside(ada)
    submit(by, check_in, uuid4())
    with pytest.raises(AlreadyAnswered):
        submit(by, check_in, uuid4(), **BREATHLESS)
    assert one("SELECT answers ->> 'breathless' FROM check_in_answerset") == "no"


def test_a_double_tap_is_one_check_in_with_one_receipt(committed_db: Urls, tmp_path: Path) -> None:
    by, check_in = inside(small_service(tmp_path, ADA)["ada"])
    key, start, receipts = uuid4(), threading.Barrier(4), []

    def tap() -> None:
        start.wait()
        try:
            receipts.append(submit(by, check_in, key, **BREATHLESS))
        finally:
            connection.close()

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()
    assert len(receipts) == 4
    assert len({receipt.code for receipt in receipts}) == 1
    assert one("SELECT count(*) FROM check_in_answerset") == 1
    assert one("SELECT count(*) FROM act_calltoaction") == 1


def test_what_is_incomplete_is_refused_whole(ada: Invited) -> None:
    by, check_in = inside(ada)
    with pytest.raises(AnswersIncomplete):
        submit(by, check_in, uuid4(), breathless=None)
    assert rows("SELECT status FROM check_in_checkin WHERE id = %s", check_in) == [("open",)]
    assert rows("SELECT 1 FROM check_in_answerset") == []


def test_pages_are_kept_until_they_are_sent(ada: Invited) -> None:
    by, check_in = inside(ada)
    for answers in ({"who": "self"}, {"who": "self", "breathless": "no"}):
        flow.perform(actions.save_page, check_in=check_in, answers=answers, by=by, now=BEGINS)
    with enter(by):
        found = queries.open_check_in(check_in, scope=by)
    assert found is not None
    assert found.answers == {"who": "self", "breathless": "no"}
    submit(by, check_in, uuid4())
    assert rows("SELECT 1 FROM check_in_draft") == []


def test_a_check_in_that_ran_out_takes_no_answers(ada: Invited) -> None:
    by, check_in = inside(ada)
    later = days_pass(3)
    with pytest.raises(CheckInIsClosed):
        submit(replace(by, now=later), check_in, uuid4())


def test_nobody_answers_for_somebody_else(tmp_path: Path, db: None) -> None:
    two = small_service(tmp_path, ADA, BASHIR)
    by, _ = inside(two["ada"])
    _, his = inside(two["bashir"])
    with pytest.raises(NoCheckInOpen):
        submit(by, his, uuid4())


# --- Red flags ---


def test_a_red_flag_is_in_a_persons_queue_at_once_with_all_workers_stopped(ada: Invited) -> None:
    answer(ada, **BREATHLESS)
    surveillance = staff("surveillance")
    with enter(surveillance):
        (row,) = act.worklist(scope=surveillance).rows
    assert (row.person, row.urgency, row.why) == (ada.person, "emergency", "Breathless at rest")
    assert row.due_at == BEGINS + timedelta(minutes=15)


def test_a_night_answer_stands_there_too(ada: Invited) -> None:
    night = datetime(2020, 4, 8, 1, 30, tzinfo=UTC)
    answer(ada, night, **BREATHLESS)
    assert one("SELECT raised_at FROM act_calltoaction") == night
