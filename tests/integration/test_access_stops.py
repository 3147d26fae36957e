"""A practice asks, the Caldicott guardian decides; what is stopped is hidden, and nothing is left with nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import errors, queries
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.act import queries as act_queries
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, SECOND, Invited, answer, cohort_run, small_service, staff

NEEDS = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}
LATER = BEGINS + timedelta(hours=1)


@pytest.fixture
def people(db: None, tmp_path: Path) -> dict[str, Invited]:
    """Ada and a neighbour of hers in the first practice, Bashir in the second; all have needs."""
    neighbour = replace(ADA, source_id="eve", nhs_number="9990000034", given_name="Eve", contact_points=BASHIR_S_NUMBER)
    made = small_service(tmp_path, ADA, BASHIR, neighbour)
    for each in made.values():
        answer(each, **NEEDS)
    return made


BASHIR_S_NUMBER = (replace(BASHIR.contact_points[0], value="+447700900003"),)


def test_a_granted_stop_hides_and_leaves_nothing_with_nobody(people: dict[str, Invited]) -> None:
    lead = staff("locality-lead", LATER)
    ada = people["ada"].person
    food = need(ada, "food")
    flow.perform(act.acknowledge, call_to_action=food, by=staff("locality-lead"), now=BEGINS)
    assert sees(lead) == {ada, people["eve"].person}
    # When the practice asks, nothing changes yet
    request = ask("T04")
    assert one("SELECT due_at FROM governance_accessstoprequest") == datetime.fromisoformat("2020-04-09T09:00:00Z")
    assert sees(lead) == {ada, people["eve"].person}
    # And when it is granted, the locality sees nobody of the practice any more
    decide(request, "granted")
    assert sees(lead) == set()
    assert one("SELECT count(*) FROM governance_accessgrant WHERE organisation_id = %s AND ends_at IS NULL AND"
               " person_id = %s", org("T04"), ada) == 0  # fmt: skip
    # And whatever it had is a team's that sees it, to be accepted anew
    assert rows("SELECT o.code, c.status, c.accepted_by FROM act_calltoaction c JOIN governance_team t ON t.id ="
                " c.owner_team_id JOIN governance_organisation o ON o.id = t.organisation_id WHERE c.id = %s",
                food) == [("T01", "open", "")]  # fmt: skip
    assert one("SELECT count(*) FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id"
               " WHERE c.status <> 'closed' AND t.organisation_id = %s AND op_stopped(%s, c.person_id)",
               org("T04"), org("T04"), now=LATER) == 0  # fmt: skip
    # And the other practice's people are as they were
    assert sees(replace(lead, organisations=(org("T05"),))) == {people["bashir"].person}


def test_no_new_grant_and_no_new_need_gets_round_a_stop(people: dict[str, Invited]) -> None:
    decide(ask("T04"), "granted")
    later = LATER + timedelta(days=1)
    # When the same people arrive again, and somebody new comes to the practice
    newcomer = replace(BASHIR, practice_code=ADA.practice_code)
    cohort_run(ADA, newcomer, now=later)
    lead = staff("locality-lead", later)
    assert one("SELECT count(*) FROM governance_accessgrant WHERE organisation_id = %s AND ends_at IS NULL",
               org("T04"), now=later) > 0  # fmt: skip
    # Then grants or not, the locality sees nobody of them
    assert sees(lead) == set()
    # And what is raised anew is no team's of theirs
    flow.perform(act.follow_moves, by=system("test", now=later), now=later)
    assert one("SELECT count(*) FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id"
               " WHERE c.status <> 'closed' AND t.organisation_id = %s", org("T04"), now=later) == 0  # fmt: skip


def test_a_stop_for_one_person_is_for_one_person(people: dict[str, Invited]) -> None:
    decide(ask("T04", person=people["ada"].person), "granted")
    assert sees(staff("locality-lead", LATER)) == {people["eve"].person}


def test_a_stop_in_part_spares_whom_it_names(people: dict[str, Invited]) -> None:
    decide(ask("T04"), "in_part", spared=[people["ada"].person])
    assert sees(staff("locality-lead", LATER)) == {people["ada"].person}
    assert "T04" in owners(people["ada"].person)
    assert "T04" not in owners(people["eve"].person)


def test_a_refusal_changes_nothing_and_is_kept_with_its_words(people: dict[str, Invited]) -> None:
    request = ask("T04")
    decide(request, "refused", words="Meals depend on it.")
    assert len(sees(staff("locality-lead", LATER))) == 2
    with enter(staff("practice-manager", LATER)) as scope:
        (mine,) = queries.access_stop_requests(scope=scope)
    assert (mine.status, mine.words) == ("refused", "Meals depend on it.")
    with pytest.raises(errors.AlreadyDecided):
        decide(request, "granted")


def test_a_referral_to_a_stopped_partner_comes_back(people: dict[str, Invited]) -> None:
    food = need(people["ada"].person, "food")
    referral = flow.perform(
        act.refer, call_to_action=food, organisation=org("T02"), asked="Meals", by=staff("locality-lead"), now=BEGINS
    )
    decide(ask("T02"), "granted")
    assert rows("SELECT status FROM act_referral WHERE id = %s", referral) == [("handed_back",)]
    assert rows("SELECT status FROM act_calltoaction WHERE id = %s", food) == [("acknowledged",)]


def test_the_safety_net_is_not_cut(people: dict[str, Invited]) -> None:
    request = ask("T01")
    with pytest.raises(errors.KeepsTheSafetyNet, match="Test Integrated Care Board keeps the safety net"):
        decide(request, "granted")
    assert one("SELECT status FROM governance_accessstoprequest") == "open"


def test_what_is_asked_badly_is_refused(people: dict[str, Invited]) -> None:
    with pytest.raises(errors.ReasonIsMissing):
        ask("T04", reason="  ")
    with pytest.raises(errors.NotAnotherOrganisation):
        ask(ADA.practice_code)
    with pytest.raises(errors.NotYourPatient):
        ask("T04", person=people["bashir"].person)
    ask("T04")
    with pytest.raises(errors.StopAlreadyAsked):
        ask("T04")
    for verdict, words, spared in (("perhaps", "x", []), ("granted", " ", []), ("in_part", "x", [])):
        with pytest.raises(errors.DecisionIsIncomplete):
            decide(1, verdict, words=words, spared=spared)


def test_nobody_asks_or_decides_without_the_right(people: dict[str, Invited]) -> None:
    with pytest.raises(errors.NotPermitted):
        ask("T04", by=staff("practice-reviewer"))
    request = ask("T04")
    for username in ("practice-manager", "ig-lead"):
        with pytest.raises(errors.NotPermitted):
            decide(request, "granted", by=staff(username, LATER))
    # And another practice reads nothing of it
    other = replace(staff("practice-manager", LATER), organisations=(org(SECOND),))
    with enter(other) as scope:
        assert queries.access_stop_requests(scope=scope) == []
        assert queries.access_stop_request(request, scope=scope) is None


def test_a_stop_that_hides_nothing_is_noticed(committed_db: Urls, tmp_path: Path) -> None:
    """The test of the test: with a function that finds no stop, grants that come later open again."""
    ada = small_service(tmp_path, ADA)["ada"]
    answer(ada, **NEEDS)
    decide(ask("T04"), "granted")
    cohort_run(ADA, now=LATER + timedelta(days=1))
    lead = staff("locality-lead", LATER + timedelta(days=1))
    assert sees(lead) == set()
    with psycopg.connect(committed_db.owner) as owner:
        owner.execute("CREATE OR REPLACE FUNCTION op_stopped(organisation bigint, person uuid) RETURNS boolean"
                      " LANGUAGE sql STABLE AS 'SELECT false'")  # fmt: skip
    assert sees(lead) != set()


def ask(code: str, *, person: UUID | None = None, reason: str = "Not needed any more", by: Scope | None = None) -> int:
    by = by or staff("practice-manager")
    asked: dict[str, Any] = {"organisation": org(code), "person": person, "reason": reason}
    return flow.perform(governance.ask_access_stop, by=by, now=BEGINS, **asked)


def decide(
    request: int, verdict: str, *, words: str = "Agreed.", spared: list[UUID] | None = None, by: Scope | None = None
) -> None:
    by = by or staff("caldicott-guardian", LATER)
    decided: dict[str, Any] = {"request": request, "verdict": verdict, "words": words, "spared": spared or []}
    flow.perform(governance.decide_access_stop, by=by, now=LATER, **decided)


def sees(by: Scope) -> set[UUID]:
    """Whose needs somebody finds in their worklist."""
    with enter(by) as scope:
        return {row.person for row in act_queries.worklist(scope=scope).rows}


def owners(person: UUID) -> set[str]:
    return {code for (code,) in rows("SELECT o.code FROM act_calltoaction c JOIN governance_team t ON t.id ="
            " c.owner_team_id JOIN governance_organisation o ON o.id = t.organisation_id WHERE c.person_id = %s",
            person)}  # fmt: skip


def need(person: UUID, category: str) -> UUID:
    found: UUID = one("SELECT id FROM act_calltoaction WHERE person_id = %s AND category = %s", person, category)
    return found


def org(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))
