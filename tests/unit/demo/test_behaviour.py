"""How made-up people behave: always the same, at the documented rates."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from openprotect.demo import behaviour
from openprotect.demo.answer_sets import AnswerSets
from openprotect.demo.behaviour import Behaviour
from openprotect.journey.check_in.rules import validate_all
from openprotect.journey.triage.rules import decide
from openprotect.programmes.loader import load_pack

PACK = Path(behaviour.__file__).parents[2] / "packs" / "covid-protect"
PEOPLE = [f"999{number:07d}" for number in range(1_500)]
TURNS = range(3)
BEHAVIOUR = Behaviour(seed=1)


@pytest.fixture(scope="module")
def pack():
    return load_pack(PACK)


@pytest.fixture(scope="module")
def sets(pack):
    return AnswerSets(pack.questionnaire, pack.triage)


def share(decisions):
    decisions = list(decisions)
    return sum(decisions) / len(decisions)


def test_the_order_of_asking_and_a_restart_change_nothing():
    asked = [(person, turn) for person in PEOPLE[:200] for turn in TURNS]
    forwards = {one: BEHAVIOUR.will_answer_online(*one) for one in asked}
    backwards = {one: Behaviour(seed=1).will_answer_online(*one) for one in reversed(asked)}
    assert forwards == backwards
    assert forwards != {one: Behaviour(seed=2).will_answer_online(*one) for one in asked}


def test_a_chance_is_the_same_on_every_machine():
    assert BEHAVIOUR.chance("9990000018", "answers", 3) == 0.9730409065845287


def test_about_55_per_cent_answer_online_some_steadily_some_never():
    answered = [share(BEHAVIOUR.will_answer_online(person, turn) for turn in range(10)) for person in PEOPLE]
    assert 0.52 < sum(answered) / len(answered) < 0.58
    assert 0.15 < share(one == 0 for one in answered) < 0.30
    assert share(one >= 0.8 for one in answered) > 0.2


def test_answers_come_within_the_time_they_are_asked_for(pack):
    delays = sorted(BEHAVIOUR.answer_delay(person, 1) for person in PEOPLE)
    assert delays[0] > 0
    assert delays[len(delays) // 2] < 4 * 60
    assert timedelta(minutes=delays[-1]) < timedelta(days=pack.contact.open_for.days)


def test_one_answer_set_in_twenty_raises_something(pack, sets):
    raised = []
    for person in PEOPLE:
        for turn in TURNS:
            answers = BEHAVIOUR.answers_for(sets, person, turn)
            assert validate_all(pack.questionnaire, answers) == {}
            decision = decide(pack.triage, answers)
            assert not decision.cannot_assess
            assert bool(decision.calls) == BEHAVIOUR.raises(person, turn)
            raised.append(bool(decision.calls))
    assert 0.04 < share(raised) < 0.06


def test_every_category_comes_up(pack, sets):
    found = set()
    for question, value in sets.raising:
        chosen = sets.pick(raises=True, habit=lambda *_: 0.0, chance=lambda *_: 0.5)
        assert decide(pack.triage, chosen).calls
        row = decide(pack.triage, sets.harmless | {question: value})
        found |= {call.category for call in row.calls}
    assert found >= {"clinical", "medicines", "food", "social"}


def test_people_need_different_things(sets):
    different = {str(BEHAVIOUR.answers_for(sets, person, 1)) for person in PEOPLE}
    assert len(different) > 100


def test_a_fifth_of_calls_reach_nobody_and_a_wrong_number_never_does():
    assert 0.17 < share(not BEHAVIOUR.call_reaches(person, 1, 1) for person in PEOPLE) < 0.23
    assert not any(BEHAVIOUR.call_reaches(person, 1, 1, number_is_wrong=True) for person in PEOPLE)


def test_outcomes_of_calls_are_the_packs_and_fit(pack):
    rule = pack.contact.call
    outcomes = Counter()
    for person in PEOPLE:
        for turn in TURNS:
            outcome = BEHAVIOUR.call_outcome(rule, person, turn, 1)
            outcomes[outcome.next] += 1
            assert outcome in rule.outcomes
            if not BEHAVIOUR.call_reaches(person, turn, 1):
                assert (outcome.reached, outcome.next) == (False, "retry")
    assert 0.66 < outcomes["answered"] / outcomes.total() < 0.76
    assert {"opt_out", "welfare", "stop"} <= set(outcomes)
    assert "wrong_number" not in outcomes
    wrong = {BEHAVIOUR.call_outcome(rule, one, 1, 1, number_is_wrong=True).next for one in PEOPLE}
    assert wrong == {"wrong_number", "retry"}


def test_a_few_opt_out_and_a_few_die():
    start = date(2020, 3, 30)
    assert 0.0005 < share(BEHAVIOUR.opts_out(person, turn) for person in PEOPLE for turn in TURNS) < 0.005
    deaths = [day for person in PEOPLE if (day := BEHAVIOUR.dies_on(person, start))]
    assert 0.05 < len(deaths) / len(PEOPLE) < 0.09
    assert all(start <= day < start + timedelta(days=365) for day in deaths)


def test_reviewers_are_mostly_in_time_and_partners_mostly_accept():
    limit = timedelta(hours=2)
    minutes = [BEHAVIOUR.reviewer_minutes(person, 1, limit) for person in PEOPLE]
    assert 0.03 < share(one > 120 for one in minutes) < 0.09
    assert min(minutes) > 0
    assert 0.88 < share(BEHAVIOUR.partner_accepts(person, 1) for person in PEOPLE) < 0.96
