"""Organisations merge, move and close: on their day, to the second, and the past stays as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from openprotect.governance import actions as governance
from openprotect.governance import clock, errors, queries
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.facts.organisations import Extract, OrganisationRow
from openprotect.governance.scope import enter, system
from openprotect.jobs import sweeper
from openprotect.journey import flow
from openprotect.people import actions as people_actions
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, answer, small_service, staff

pytestmark = pytest.mark.django_db

# 30 April 23:59 and 1 May 00:00 by London's clock, which is an hour ahead of UTC in summer.
MAY = date(2020, 5, 1)
BEFORE = datetime(2020, 4, 30, 22, 59, tzinfo=UTC)
MIDNIGHT = datetime(2020, 4, 30, 23, 0, tzinfo=UTC)
SWEPT = MIDNIGHT + timedelta(seconds=5)
NO_MEDICINES = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Any]:
    """Ada of the first practice in the north, Bashir of the second in the south, each with open needs."""
    invited = small_service(tmp_path, ADA, BASHIR)
    for each in invited.values():
        answer(each, **NO_MEDICINES)
    return {name: each.person for name, each in invited.items()}


def test_two_localities_become_one_at_midnight(people: dict[str, Any]) -> None:
    # Given a merger that is known three weeks ahead
    do("merge_organisations", codes=("T04", "T05"), into="T44", name="County locality", starts_on=MAY, now=BEGINS)
    sweeper.sweep(now=BEFORE)
    assert open_grants("T44") == 0
    assert open_grants("T04") == 1
    lead = staff("reviewer-t04", BEFORE)
    # When the day begins, before any sweep, nobody acts for those that are gone
    user = queries.user_id_of("reviewer-t04")
    assert user is not None
    assert queries.staff_member(user, now=MIDNIGHT) is None
    # and the first sweep writes what follows with the moment of the change
    sweeper.sweep(now=SWEPT)
    assert rows(
        "SELECT o.code, g.via, g.ends_at, n.starts_at, g.basis_id = n.basis_id FROM governance_accessgrant g"
        " JOIN governance_organisation o ON o.id = g.organisation_id"
        " JOIN governance_accessgrant n ON n.person_id = g.person_id AND n.via = g.via AND n.ends_at IS NULL"
        " WHERE g.ends_at IS NOT NULL ORDER BY 1",
        now=SWEPT,
    ) == [("T04", "residence", MIDNIGHT, MIDNIGHT, True), ("T05", "residence", MIDNIGHT, MIDNIGHT, True)]
    # Whoever worked there goes on at the successor as what they were
    there = staff("reviewer-t04", SWEPT)
    assert (there.role, there.permissions) == (lead.role, lead.permissions)
    assert there.organisations == (organisation("T44"),) != lead.organisations
    # The practices belong to it, and the people live there
    assert {code for (code,) in rows("SELECT code FROM governance_organisation WHERE parent_id = %s", there.organisation)} \
        == {"T06", "T07"}  # fmt: skip
    assert rows("SELECT DISTINCT locality_id FROM people_person", now=SWEPT) == [(there.organisation,)]
    # and a second sweep does nothing
    assert do("take_effect", now=SWEPT) == 0


def test_no_need_is_without_an_open_team(people: dict[str, Any]) -> None:
    held = "SELECT c.id, t.duty, o.code, t.closed_at FROM act_calltoaction c JOIN governance_team t" \
           " ON t.id = c.owner_team_id JOIN governance_organisation o ON o.id = t.organisation_id" \
           " WHERE c.status <> 'closed' ORDER BY c.id"  # fmt: skip
    before = rows(held)
    assert {"T04", "T06"} <= {code for _, _, code, _ in before}
    do("merge_organisations", codes=("T04", "T05"), into="T44", name="County locality", starts_on=MAY, now=BEGINS)
    do("close_organisation", organisation="T06", last_day=date(2020, 4, 30), now=BEGINS)
    sweeper.sweep(now=SWEPT)
    after = rows(held, now=SWEPT)
    assert [(id_, duty) for id_, duty, _, _ in after] == [(id_, duty) for id_, duty, _, _ in before]
    assert {closed for *_, closed in after} == {None}
    assert {code for _, _, code, _ in after}.isdisjoint({"T04", "T05", "T06"})
    # The people of the practice that closed have none, and are still somebody's.
    assert one("SELECT practice_id FROM people_person WHERE id = %s", people["ada"], now=SWEPT) is None
    assert open_grants("T01") == 2
    assert open_grants("T06") == 0


def test_a_practice_merges_into_another(people: dict[str, Any]) -> None:
    do("merge_organisations", codes=("t06",), into="T07", name="", starts_on=MAY, now=BEGINS)
    sweeper.sweep(now=SWEPT)
    practice, locality = organisation("T07"), organisation("T05")
    assert rows("SELECT DISTINCT practice_id, locality_id FROM people_person", now=SWEPT) == [(practice, locality)]
    seeing = "SELECT o.code, via FROM governance_accessgrant g JOIN governance_organisation o ON o.id = organisation_id" \
             " WHERE person_id = %s AND ends_at IS NULL ORDER BY 1"  # fmt: skip
    assert rows(seeing, people["ada"], now=SWEPT) == [
        ("T01", "programme"),
        ("T05", "residence"),
        ("T07", "registration"),
    ]
    # A list that still names the old practice means the successor.
    with enter(system("test", now=SWEPT)):
        basis = queries.basis_id(DIRECT_CARE)
    flow.perform(people_actions.take_in_people, people=[ADA], basis=basis, by=system("test", now=SWEPT), now=SWEPT)
    assert one("SELECT practice_id FROM people_person WHERE id = %s", people["ada"], now=SWEPT) == practice


def test_a_practice_moves_to_another_locality(people: dict[str, Any]) -> None:
    relation = one("SELECT id FROM governance_organisationrelation WHERE organisation_id = %s", organisation("T06"))
    do("end_relation", relation=relation, ends_on=date(2020, 4, 30), now=BEGINS)
    do("relate", organisation="T06", kind="located_in", to="T05", starts_on=MAY, ends_on=None, now=BEGINS)
    sweeper.sweep(now=SWEPT)
    ada = "SELECT o.code FROM people_person p JOIN governance_organisation o ON o.id = p.locality_id WHERE p.id = %s"
    assert one(ada, people["ada"], now=SWEPT) == "T05"
    assert could_see(BEFORE, people["ada"]) == {"T01": "programme", "T04": "residence", "T06": "registration"}
    assert could_see(MIDNIGHT, people["ada"]) == {"T01": "programme", "T05": "residence", "T06": "registration"}


def test_who_could_see_what_on_the_day_before_stays_answerable(people: dict[str, Any]) -> None:
    do("merge_organisations", codes=("T04", "T05"), into="T44", name="County locality", starts_on=MAY, now=BEGINS)
    sweeper.sweep(now=SWEPT)
    later = SWEPT + timedelta(days=400)
    with enter(system("test", now=later)) as by:
        before = queries.who_could_see(at=BEFORE, organisation="T04", scope=by)
        after = queries.who_could_see(at=MIDNIGHT, organisation="T04", scope=by)
        successor = queries.who_could_see(at=MIDNIGHT, organisation="T44", scope=by)
    (grant,) = before.grants
    assert (grant.people, grant.via, grant.purpose, grant.live) == (1, "residence", "direct_care", True)
    assert [(w.name, w.role) for w in before.workers] == [
        ("Helen Marsh", "Locality lead"), ("Reviewer, North locality", "Locality lead"),
    ]  # fmt: skip
    assert (after.grants, after.workers) == ((), ())
    assert [grant.people for grant in successor.grants] == [2]
    assert {w.name for w in successor.workers} > {"Helen Marsh", "Reviewer, South locality"}


def test_only_who_may_see_the_trail_asks_who_could_see(people: dict[str, Any]) -> None:
    reviewer = staff("practice-reviewer")
    with enter(reviewer), pytest.raises(errors.NotPermitted):
        queries.who_could_see(at=BEGINS, organisation="T06", scope=reviewer)
    lead = staff("ig-lead")
    with enter(lead):
        assert queries.who_could_see(at=BEGINS, organisation="T06", scope=lead).grants[0].people == 1


def test_what_is_recorded_late_holds_from_when_it_was_recorded(people: dict[str, Any]) -> None:
    """Until somebody said so the old locality could see, and the rows must not deny it."""
    late = MIDNIGHT + timedelta(days=6, hours=10)
    do("merge_organisations", codes=("T04",), into="T05", name="", starts_on=MAY, now=late)
    assert one("SELECT closed_on::text FROM governance_organisation WHERE code = 'T04'") == "2020-04-30"
    assert could_see(late - timedelta(seconds=1), people["ada"])["T04"] == "residence"
    assert "T04" not in could_see(late, people["ada"])
    assert could_see(late, people["ada"])["T05"] == "residence"


def test_a_worker_that_stood_still_for_days_loses_nothing(people: dict[str, Any]) -> None:
    do("merge_organisations", codes=("T04",), into="T05", name="", starts_on=MAY, now=BEGINS)
    do("close_organisation", organisation="T03", last_day=date(2020, 5, 1), now=BEGINS)
    sweeper.sweep(now=SWEPT + timedelta(days=9))
    assert "T04" not in could_see(MIDNIGHT, people["ada"])
    assert one("SELECT closed_at FROM governance_organisation WHERE code = 'T03'") == MIDNIGHT + timedelta(days=1)


def test_an_organisation_is_succeeded_once(people: dict[str, Any]) -> None:
    do("merge_organisations", codes=("T04",), into="T05", name="", starts_on=MAY, now=BEGINS)
    with pytest.raises(errors.AlreadySucceeded, match="T04 is already succeeded by T05"):
        do("merge_organisations", codes=("T04",), into="T44", name="Other", starts_on=MAY, now=BEGINS)
    with pytest.raises(errors.AlreadyClosed):
        do("close_organisation", organisation="T04", last_day=MAY, now=BEGINS)


@pytest.mark.parametrize(("old", "new", "stopped"), [("T04", "T05", ("T05", "ada")), ("T06", "T07", ("T04", "ada"))])
def test_what_a_practice_has_stopped_stays_stopped(
    people: dict[str, Any], old: str, new: str, stopped: tuple[str, str]
) -> None:
    """When the stopped locality merges, and when the practice does: for its patients, and for no others."""
    manager, guardian = staff("practice-manager"), staff("caldicott-guardian")
    asked = flow.perform(
        governance.ask_access_stop,
        organisation=organisation("T04"), person=None, reason="A neighbour works there", by=manager, now=BEGINS,
    )  # fmt: skip
    flow.perform(
        governance.decide_access_stop, request=asked, verdict="granted", words="Agreed.", by=guardian, now=BEGINS
    )
    do("merge_organisations", codes=(old,), into=new, name="", starts_on=MAY, now=BEGINS)
    sweeper.sweep(now=SWEPT)
    code, person = stopped
    with enter(system("test", now=SWEPT)), connection.cursor() as cursor:
        cursor.execute("SELECT op_stopped(%s, %s), op_stopped(%s, %s)", [
            organisation(code), people[person], organisation("T05"), people["bashir"],
        ])  # fmt: skip
        assert cursor.fetchone() == (True, False)
    assert code not in could_see(SWEPT, people[person])
    assert could_see(SWEPT, people["bashir"])["T05"] == "residence"


def test_an_extract_that_closes_a_practice_closes_it_here(people: dict[str, Any]) -> None:
    row = OrganisationRow(1, "T06", "FIRST SURGERY", "practice", "closed", None, date(2020, 4, 30), "", "")
    do("take_in_extract", extract=Extract((row,), (), 0, "0" * 64), now=BEGINS)
    assert could_see(BEFORE, people["ada"])["T06"] == "registration"
    sweeper.sweep(now=SWEPT)
    assert "T06" not in could_see(MIDNIGHT, people["ada"])
    # One that does not know of it does not open it again.
    again = OrganisationRow(1, "T06", "FIRST SURGERY", "practice", "active", None, None, "", "")
    totals = do("take_in_extract", extract=Extract((again,), (), 0, "0" * 64), now=SWEPT)
    assert totals.organisations.kept == 1
    assert one("SELECT status FROM governance_organisation WHERE code = 'T06'") == "closed"


def do(action: str, *, now: datetime, **arguments: Any) -> Any:
    clock.set_clock(now, running=False)
    return flow.perform(getattr(governance, action), by=system("test", now=now), now=now, **arguments)


def organisation(code: str) -> int:
    found: int = one("SELECT id FROM governance_organisation WHERE code = %s", code)
    return found


def open_grants(code: str) -> int:
    found: int = one(
        "SELECT count(*) FROM governance_accessgrant WHERE organisation_id = %s AND ends_at IS NULL", organisation(code)
    )
    return found


def could_see(at: datetime, person: Any) -> dict[str, str]:
    with enter(system("test", now=SWEPT)) as by:
        return {grant.code: grant.via for grant in queries.who_could_see(at=at, person=person, scope=by).grants}
