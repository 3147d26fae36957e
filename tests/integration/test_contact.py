"""One intent, at most one message; nobody is contacted who should not be; one call, one handler."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance.queries import staff_member
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import sending, sweeper
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.contact import actions as contact
from openprotect.journey.contact.errors import CallIsNotYours, NobodyToRing, UnknownOutcome
from openprotect.people import actions as people
from tests.factories.seen import one, rows, states
from tests.factories.small_service import (
    ADA,
    BASHIR,
    BEGINS,
    answer,
    cohort_run,
    days_pass,
    open_service,
    small_service,
    staff,
)

RANG_AFTER = 5  # days without an answer
LATER = BEGINS + timedelta(minutes=10)


# --- Nobody is contacted who should not be ---


def opts_out(person: UUID) -> None:
    flow.perform(people.record_wish, person=person, kind="no_contact", by=system("test", now=BEGINS), now=BEGINS)


def dies(person: UUID) -> None:
    by = system("pds", now=BEGINS)
    flow.perform(people.record_death, person=person, died_on=BEGINS.date(), by=by, now=BEGINS)


def leaves(person: UUID) -> None:
    cohort_run()


def becomes_restricted(person: UUID) -> None:
    cohort_run(replace(ADA, restricted=True))


def dies_unheard(person: UUID) -> None:
    """What is written down without an event is seen by the last check before sending."""
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET died_on = %s", [BEGINS.date()])


@pytest.mark.django_db
@pytest.mark.parametrize("happens", [opts_out, dies, leaves, becomes_restricted, dies_unheard])
def test_nothing_is_sent_any_more(tmp_path: Path, happens: Callable[[UUID], None]) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    happens(one("SELECT id FROM people_person"))
    for days in (0, 1, 5, 10):
        sweeper.sweep(now=BEGINS + timedelta(days=days))
    assert rows("SELECT 1 FROM outbox_message") == []
    assert rows("SELECT 1 FROM contact_intent WHERE status IN ('planned', 'sending')") == []


@pytest.mark.django_db
def test_the_same_person_is_sent_to_where_nothing_happened(tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    assert sending.send_due(now=BEGINS) == 1


@pytest.mark.django_db
def test_whoever_opts_out_while_their_message_is_in_the_air_gets_no_second_one(tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    claim()
    opts_out(one("SELECT id FROM people_person"))
    sweeper.sweep(now=LATER)  # the provider never had it: it would be planned again
    assert rows("SELECT status FROM contact_attempt") == [("failed",)]
    assert rows("SELECT 1 FROM outbox_message") == []


@pytest.mark.django_db
def test_a_restricted_person_is_somebodys_from_the_start(tmp_path: Path) -> None:
    small_service(tmp_path, replace(ADA, restricted=True))
    assert rows("SELECT 1 FROM contact_intent") == []
    assert rows("SELECT category, why FROM act_calltoaction") == [("unreachable", "restricted record")]


# --- One intent, at most one message ---


def claim(now: datetime = BEGINS) -> list[object]:
    return flow.perform(contact.claim_due, limit=10, by=system("worker", now=now), now=now)


@pytest.mark.django_db
def test_a_worker_that_dies_after_handing_over_sends_nothing_twice(tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    (message,) = claim()
    sending.hand_over([message])  # and dies before it can write that down
    assert sending.send_due(now=BEGINS) == 0
    sweeper.sweep(now=LATER)
    assert rows("SELECT reference FROM outbox_message") == [(message.reference,)]
    assert rows("SELECT reference, status FROM contact_attempt") == [(message.reference, "sent")]


@pytest.mark.django_db
def test_a_worker_that_dies_before_handing_over_loses_nothing(tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    (lost,) = claim()
    sweeper.sweep(now=BEGINS + timedelta(minutes=1))  # too soon to give it up: it may be on its way
    assert rows("SELECT 1 FROM outbox_message") == []
    sweeper.sweep(now=LATER)
    assert len(rows("SELECT 1 FROM outbox_message")) == 1
    assert dict(rows("SELECT reference, status FROM contact_attempt"))[lost.reference] == "failed"


@pytest.mark.django_db
def test_a_message_that_is_handed_over_twice_is_one(tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    messages = claim()
    sending.hand_over(messages)
    sending.hand_over(messages)
    assert len(rows("SELECT 1 FROM outbox_message")) == 1


def test_two_workers_send_each_message_once(committed_db: Urls, tmp_path: Path) -> None:
    people = [
        replace(ADA, source_id=f"p{n}", nhs_number="", contact_points=(replace(MOBILE, value=f"+44770090{n:04d}"),))
        for n in range(40)
    ]
    open_service(tmp_path)
    cohort_run(*people)
    together(*[lambda: sending.send_due(now=BEGINS)] * 2)
    assert sorted(rows("SELECT person_id, count(*) FROM outbox_message GROUP BY 1 HAVING count(*) <> 1")) == []
    assert one("SELECT count(*) FROM outbox_message") == 40


MOBILE = ADA.contact_points[0]


def together(*things: Callable[[], object]) -> None:
    """At the same time, each on a connection of its own."""
    start = threading.Barrier(len(things))

    def run(thing: Callable[[], object]) -> None:
        start.wait()
        try:
            thing()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(thing,)) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- Calls ---


@pytest.fixture
def rung(tmp_path: Path, db: None) -> datetime:
    """Ada and Bashir have missed their check-ins and are to be rung; when that is."""
    small_service(tmp_path, ADA, BASHIR)
    return days_pass(RANG_AFTER)


def handler(username: str, now: datetime) -> Scope:
    """A call handler beside the one who is there."""
    first = staff("call-handler", now)
    made = {"username": username, "name": username, "role": "call_handler", "team": None, "ends_at": None}
    by = system("test", now=BEGINS)
    user = flow.perform(governance.appoint, organisation=first.organisation, by=by, now=BEGINS, **made)
    member = staff_member(user, now=now)
    assert member is not None
    return member.scope


def take(by: Scope) -> UUID:
    return flow.perform(contact.claim_call, by=by, now=by.now)


def comes_of(call: UUID, outcome: str, by: Scope, *, number: int | None = None) -> str:
    return flow.perform(contact.record_call, call=call, outcome=outcome, contact_point=number, by=by, now=by.now)


def call_of(source_id: str, by: Scope) -> UUID:
    """The call to one person, in this handler's hand."""
    wanted = one(
        "SELECT c.id FROM contact_call c JOIN people_person p ON p.id = c.person_id"
        " WHERE p.source_id = %s AND c.ended_at IS NULL",
        source_id,
    )
    while (taken := take(by)) != wanted:
        comes_of(taken, "refused", by)
    return taken


def test_two_handlers_have_two_calls_and_each_keeps_theirs(rung: datetime) -> None:
    one_, two = handler("one", rung), handler("two", rung)
    assert take(one_) != take(two)
    assert take(one_) == take(one_)
    with pytest.raises(NobodyToRing):
        take(handler("three", rung))


def test_two_handlers_who_reach_for_one_call_at_once(committed_db: Urls, tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    now = days_pass(RANG_AFTER)
    one_, two = handler("one", now), handler("two", now)
    taken: list[UUID] = []

    def reach(by: Scope) -> Callable[[], None]:
        def take_if_there() -> None:
            with suppress(NobodyToRing):
                taken.append(take(by))

        return take_if_there

    together(reach(one_), reach(two))
    assert len(taken) == 1


def test_a_call_that_is_held_too_long_goes_back(rung: datetime) -> None:
    first = handler("one", rung)
    call = call_of("ada", first)
    later = rung + timedelta(minutes=31)
    sweeper.sweep(now=later)
    assert call_of("ada", handler("two", later)) == call
    with pytest.raises(CallIsNotYours):
        comes_of(call, "no_answer", replace(first, now=later))


def test_an_outcome_that_the_pack_does_not_know_is_refused(rung: datetime) -> None:
    by = handler("one", rung)
    call = take(by)
    with pytest.raises(UnknownOutcome):
        comes_of(call, "went fishing", by)
    assert one("SELECT count(*) FROM contact_calltry") == 0


def test_a_wrong_number_belongs_to_the_number(rung: datetime) -> None:
    by = handler("one", rung)
    call = call_of("ada", by)
    number = one("SELECT id FROM people_contactpoint WHERE value = %s", ADA.contact_points[0].value)
    assert comes_of(call, "wrong_number", by, number=number) == "waiting"  # there is a landline
    assert one("SELECT ended_because FROM people_contactpoint WHERE id = %s", number) == "wrong_number"
    landline = one("SELECT id FROM people_contactpoint WHERE value = %s", ADA.contact_points[1].value)
    assert call_of("ada", by) == call
    assert comes_of(call, "wrong_number", by, number=landline) == "exhausted"
    assert rows("SELECT category, why FROM act_calltoaction") == [("unreachable", "no number left that is theirs")]


def test_an_opt_out_by_telephone_ends_everything(rung: datetime) -> None:
    by = handler("one", rung)
    comes_of(call_of("ada", by), "opted_out", by)
    ada = one("SELECT id FROM people_person WHERE source_id = 'ada'")
    assert rows("SELECT 1 FROM contact_intent WHERE person_id = %s AND status = 'planned'", ada) == []
    assert rows("SELECT 1 FROM check_in_checkin WHERE person_id = %s AND status = 'open'", ada) == []
    assert rows("SELECT 1 FROM contact_call WHERE person_id = %s AND ended_at IS NULL", ada) == []
    sent = one("SELECT count(*) FROM outbox_message WHERE person_id = %s", ada)
    sweeper.sweep(now=rung + timedelta(days=10))
    assert one("SELECT count(*) FROM outbox_message WHERE person_id = %s", ada) == sent


def test_what_a_handler_fears_is_a_need_at_once(rung: datetime) -> None:
    by = handler("one", rung)
    comes_of(call_of("ada", by), "welfare", by)
    assert rows("SELECT source, why, urgency FROM act_calltoaction") == [("welfare", "Worried about the person", "red")]


def test_whoever_answered_meanwhile_is_not_rung_again(tmp_path: Path, db: None) -> None:
    ada = small_service(tmp_path, ADA)["ada"]
    now = days_pass(RANG_AFTER)
    by = handler("one", now)
    call = take(by)
    answer(ada, now)
    assert comes_of(call, "no_answer", by) == "done"
    with pytest.raises(NobodyToRing):
        take(replace(by, now=now + timedelta(days=1)))


def test_a_call_that_was_put_down_after_an_answer_does_not_come_back(tmp_path: Path, db: None) -> None:
    ada = small_service(tmp_path, ADA)["ada"]
    now = days_pass(RANG_AFTER)
    take(handler("one", now))
    answer(ada, now)
    later = now + timedelta(minutes=31)
    sweeper.sweep(now=later)
    with pytest.raises(NobodyToRing):
        take(handler("two", later))


# --- When the ladder ends ---


@pytest.fixture
def exhausted(tmp_path: Path, db: None) -> datetime:
    """Ada was rung as often as the pack says; the moment of the last try."""
    small_service(tmp_path, ADA)
    now = days_pass(RANG_AFTER)
    while True:
        by = staff("call-handler", now)
        if comes_of(take(by), "no_answer", by) == "exhausted":
            return now
        now = one("SELECT due_at FROM contact_call WHERE ended_at IS NULL")


def test_an_exhausted_ladder_raises_a_need_with_an_owner(exhausted: datetime) -> None:
    assert one("SELECT count(*) FROM contact_calltry") == 4
    found = rows(
        "SELECT c.category, c.urgency, o.name, t.duty FROM act_calltoaction c"
        " JOIN governance_team t ON t.id = c.owner_team_id JOIN governance_organisation o ON o.id = t.organisation_id"
    )
    assert found == [("unreachable", "red", "North locality", "contact_data")]
    assert states(exhausted) == {"no_route": 1}


def test_a_text_goes_out_after_the_first_and_second_try(exhausted: datetime) -> None:
    sending.send_due(now=exhausted + timedelta(days=1))
    assert rows("SELECT step FROM contact_intent WHERE step LIKE 'text%%' ORDER BY 1") == [
        ("text_after_try_1",),
        ("text_after_try_2",),
    ]


def test_trying_rests_while_a_team_owns_it_and_goes_on_when_they_are_done(exhausted: datetime) -> None:
    quiet = exhausted + timedelta(days=7)
    sweeper.sweep(now=quiet)
    assert states(quiet) == {"no_route": 1}
    with pytest.raises(NobodyToRing):
        take(staff("call-handler", quiet))
    lead, need = staff("locality-lead", quiet), one("SELECT id FROM act_calltoaction")
    before = one("SELECT count(*) FROM outbox_message")
    flow.perform(act.close, call_to_action=need, outcome="new_contact_details", by=lead, now=quiet)
    sweeper.sweep(now=quiet)
    assert one("SELECT count(*) FROM outbox_message") == before + 1
    assert states(quiet) == {"missed": 1}
