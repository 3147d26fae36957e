"""Calls to action: raised once, owned always, moved only as the table says, closed with an outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from openprotect.governance import queries as governance
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.act import rules
from openprotect.journey.act.errors import NoteIsEmpty, NotPossibleNow, NotReferredThere, UnknownOutcome
from tests.factories.seen import one, rows
from tests.factories.small_service import (
    ADA,
    BASHIR,
    BEGINS,
    Invited,
    answer,
    days_pass,
    open_service,
    small_service,
    staff,
)

pytestmark = pytest.mark.django_db
HUNGRY = {"food": "no_food"}
HUNGRY_SOON = {"food": "one_or_two_days"}
STATES = ("open", "acknowledged", "with_partner", "closed")
VERBS: dict[str, Callable[..., object]] = {
    "acknowledge": lambda need: do(act.acknowledge, need),
    "note": lambda need: do(act.add_note, need, text="Rang twice."),
    "refer": lambda need: refer(need),
    "close": lambda need: do(act.close, need, outcome="delivered"),
}


@pytest.fixture
def ada(tmp_path: Path) -> Invited:
    return small_service(tmp_path, ADA)["ada"]


@pytest.fixture
def need(ada: Invited) -> UUID:
    """She has no food: her locality's need."""
    answer(ada, **HUNGRY)
    return one("SELECT id FROM act_calltoaction")


def do(action: Callable[..., Any], need: UUID, *, who: str = "locality-lead", **arguments: object) -> Any:
    return flow.perform(action, call_to_action=need, by=staff(who), now=BEGINS, **arguments)


def refer(need: UUID, kind: str = "council", asked: str = "A food parcel") -> UUID:
    return do(act.refer, need, organisation=governance.organisations(kind)[0].id, asked=asked)


def partner_does(verb: str, referral: UUID, *, outcome: str = "", text: str = "") -> None:
    by = Scope("partner", actor="partner", now=BEGINS, referral=referral)
    flow.perform(act.answer_referral, referral=referral, verb=verb, outcome=outcome, text=text, by=by, now=BEGINS)


def status(need: UUID) -> str:
    return one("SELECT status FROM act_calltoaction WHERE id = %s", need)


# --- Transitions ---


def brought_to(state: str, need: UUID) -> None:
    if state == "acknowledged":
        do(act.acknowledge, need)
    elif state == "with_partner":
        refer(need)
    elif state == "closed":
        do(act.close, need, outcome="delivered")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_it_moves_as_the_table_says_and_no_other_way(need: UUID, state: str, verb: str) -> None:
    brought_to(state, need)
    if (state, verb) in rules.TRANSITIONS:
        VERBS[verb](need)
        assert status(need) == rules.TRANSITIONS[state, verb]
    else:
        with pytest.raises(NotPossibleNow):
            VERBS[verb](need)
        assert status(need) == state


def test_the_table_knows_no_other_state_and_verb() -> None:
    by_flow = {"take back", "report", "hand over"}  # a partner's, tested below; a stop of access: test_access_stops
    assert {state for state, _ in rules.TRANSITIONS} | set(rules.TRANSITIONS.values()) == set(STATES)
    assert {verb for _, verb in rules.TRANSITIONS} == VERBS.keys() | by_flow


@pytest.mark.parametrize("state", ["sent", "accepted", "handed_back", "reported"])
@pytest.mark.parametrize(("verb", "given"), [
    ("accept", {}), ("hand back", {"text": "Not our area."}), ("report", {"outcome": "done"}),
])  # fmt: skip
def test_a_referral_moves_as_its_table_says(need: UUID, state: str, verb: str, given: dict[str, str]) -> None:
    referral = refer(need)
    if state in ("accepted", "reported"):
        partner_does("accept", referral)
    if state == "reported":
        partner_does("report", referral, outcome="done")
    if state == "handed_back":
        partner_does("hand back", referral, text="Not our area.")
    if (state, verb) in rules.REFERRAL_TRANSITIONS:
        partner_does(verb, referral, **given)
        assert one("SELECT status FROM act_referral") == rules.REFERRAL_TRANSITIONS[state, verb]
    else:
        with pytest.raises(NotPossibleNow):
            partner_does(verb, referral, **given)


def test_whatever_comes_back_is_the_owners_again_and_can_go_elsewhere(need: UUID) -> None:
    partner_does("hand back", refer(need), text="Not our area.")
    assert status(need) == "acknowledged"
    second = refer(need, "voluntary")
    assert status(need) == "with_partner"
    partner_does("accept", second)
    partner_does("report", second, outcome="done")
    assert status(need) == "acknowledged"
    assert [what for (what,) in rows("SELECT what FROM act_step ORDER BY id")] == [
        "raised", "refer", "take back", "refer", "report",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (lambda need: do(act.close, need, outcome="went well"), UnknownOutcome),
        (lambda need: do(act.add_note, need, text=" \n"), NoteIsEmpty),
        (lambda need: refer(need, asked=" "), NoteIsEmpty),
        (lambda need: refer(need, "practice"), NotReferredThere),
        (lambda need: partner_does("hand back", refer(need)), NoteIsEmpty),
        (lambda need: partner_does("report", accepted(refer(need)), outcome="went well"), UnknownOutcome),
        (lambda need: do(act.acknowledge, need, who="call-handler"), NotPermitted),
        (lambda need: do(act.acknowledge, need, who="reviewer-t07"), NotThere),
    ],
)
def test_what_is_refused_changes_nothing(need: UUID, refused: Callable[[UUID], object], why: type[Exception]) -> None:
    with pytest.raises(why):
        refused(need)
    assert rows("SELECT 1 FROM act_note") == []
    assert rows("SELECT 1 FROM act_calltoaction WHERE status = 'closed' OR outcome <> ''") == []


def accepted(referral: UUID) -> UUID:
    partner_does("accept", referral)
    return referral


# --- Raised once, and heard again ---


def test_a_decision_that_is_acted_on_twice_raises_once(need: UUID) -> None:
    decision = one("SELECT id FROM triage_decision")
    flow.perform(act.raise_calls, decision=decision, by=system("flow", now=BEGINS), now=BEGINS)
    assert one("SELECT count(*) FROM act_calltoaction") == 1


def test_a_need_that_is_heard_again_becomes_as_urgent_as_the_more_urgent(ada: Invited) -> None:
    answer(ada, **HUNGRY_SOON)
    first_due = one("SELECT due_at FROM act_calltoaction")
    now = BEGINS + timedelta(days=1)
    days_pass(1)
    answer(ada, now, **HUNGRY)
    ((urgency, why, due, again),) = rows(
        "SELECT urgency, why, due_at, (SELECT count(*) FROM act_step WHERE what = 'heard again') FROM act_calltoaction"
    )
    assert (urgency, why, again) == ("red", "No food at home", 1)
    assert due == min(first_due, now + timedelta(hours=8))


def test_a_need_that_is_heard_again_never_becomes_less_urgent(ada: Invited) -> None:
    answer(ada, **HUNGRY)
    before = rows("SELECT urgency, why, due_at FROM act_calltoaction")
    days_pass(1)
    answer(ada, BEGINS + timedelta(days=1), **HUNGRY_SOON)
    assert rows("SELECT urgency, why, due_at FROM act_calltoaction") == before


def test_a_need_after_a_closed_one_is_a_new_one(ada: Invited, need: UUID) -> None:
    do(act.close, need, outcome="delivered")
    days_pass(1)
    answer(ada, BEGINS + timedelta(days=1), **HUNGRY)
    assert rows("SELECT status, count(*) FROM act_calltoaction GROUP BY 1 ORDER BY 1") == [("closed", 1), ("open", 1)]
    assert one("SELECT count(*) FROM act_case") == 2


# --- Cases ---


def test_a_case_closes_with_its_last_need(ada: Invited) -> None:
    answer(ada, **HUNGRY, care="stopped")
    first, last = (id_ for (id_,) in rows("SELECT id FROM act_calltoaction ORDER BY category"))
    do(act.close, first, outcome="delivered")
    assert rows("SELECT closed_at FROM act_case") == [(None,)]
    do(act.close, last, outcome="care_restored")
    assert rows("SELECT closed_at FROM act_case") == [(BEGINS,)]


# --- Owners ---


def test_a_need_falls_to_the_next_team_up_and_never_to_nobody(tmp_path: Path) -> None:
    open_service(tmp_path)
    ids = dict(rows("SELECT code, id FROM governance_organisation"))
    practice, locality = ids["T06"], ids["T04"]

    def owner(duty: str, practice: int | None, locality: int | None) -> str:
        with enter(system("test", now=BEGINS)):
            team = governance.owner_team(duty=duty, practice=practice, locality=locality)
        return f"{team.organisation.code} {team.duty}"

    assert owner("clinical", practice, locality) == "T06 clinical"
    assert owner("clinical", None, locality) == "T04 clinical"
    assert owner("clinical", None, None) == "T01 clinical"
    assert owner("social", practice, locality) == "T04 social"
    assert owner("a duty that nobody has", practice, locality) == "T01 surveillance"


def test_the_twin_is_owned_by_their_own_practice(tmp_path: Path) -> None:
    both = small_service(tmp_path, ADA, BASHIR)
    for invited in both.values():
        answer(invited, medicines="not_enough", medicines_days=0, medicines_collect=False)
    found = rows(
        "SELECT o.code FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id"
        " JOIN governance_organisation o ON o.id = t.organisation_id ORDER BY 1"
    )
    assert found == [("T06",), ("T07",)]


def test_without_a_safety_net_nothing_is_pretended(ada: Invited) -> None:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE governance_team SET duty = duty || ' gone'")
    with pytest.raises(LookupError, match="safety net"):
        answer(ada, **HUNGRY)
    assert rows("SELECT 1 FROM check_in_answerset") == []
