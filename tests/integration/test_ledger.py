"""Every person is in exactly one state, each reached by what really happens, and nobody is lost unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from openprotect.governance import actions
from openprotect.governance import queries as governance
from openprotect.governance.scope import enter, system
from openprotect.jobs import sweeper
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.learn import queries as learn
from openprotect.journey.learn.facts import STATES
from openprotect.people import actions as people
from tests.factories.seen import one, rows, states
from tests.factories.small_service import ADA, BEGINS, answer, cohort_run, days_pass, small_service, staff

pytestmark = pytest.mark.django_db
NO_ROUTE = replace(ADA, source_id="nobody-can-reach", contact_points=())
RESTRICTED = replace(ADA, restricted=True)
HUNGRY = {"food": "no_food"}
NEXT_DAY = BEGINS + timedelta(days=1)


def invited(folder: Path) -> datetime:
    small_service(folder, ADA)
    return BEGINS


def not_yet_contacted(folder: Path) -> datetime:
    small_service(folder)
    cohort_run(ADA)
    return BEGINS


def answered(folder: Path) -> datetime:
    answer(small_service(folder, ADA)["ada"])
    return BEGINS


def missed(folder: Path) -> datetime:
    small_service(folder, ADA)
    return days_pass(2)


def being_phoned(folder: Path) -> datetime:
    small_service(folder, ADA)
    return days_pass(5)


def call_to_action_open(folder: Path) -> datetime:
    answer(small_service(folder, ADA)["ada"], **HUNGRY)
    return BEGINS


def with_partner(folder: Path) -> datetime:
    call_to_action_open(folder)
    council = governance.organisations("council")[0].id
    need = one("SELECT id FROM act_calltoaction")
    by = staff("locality-lead")
    flow.perform(act.refer, call_to_action=need, organisation=council, asked="Food", by=by, now=BEGINS)
    return BEGINS


def no_route(folder: Path) -> datetime:
    small_service(folder, NO_ROUTE)
    assert one("SELECT owner_team_id FROM act_calltoaction") is not None
    return BEGINS


def no_route_for_a_restricted_record(folder: Path) -> datetime:
    small_service(folder, RESTRICTED)
    return BEGINS


def opted_out(folder: Path) -> datetime:
    person = small_service(folder, ADA)["ada"].person
    flow.perform(people.record_wish, person=person, kind="no_contact", by=system("test", now=BEGINS), now=BEGINS)
    return BEGINS


def died(folder: Path) -> datetime:
    person = small_service(folder, ADA)["ada"].person
    by = system("pds", now=BEGINS)
    flow.perform(people.record_death, person=person, died_on=BEGINS.date(), by=by, now=BEGINS)
    return BEGINS


def contacted_in_error(folder: Path) -> datetime:
    small_service(folder, ADA)
    cohort_run(now=NEXT_DAY)
    return NEXT_DAY


def no_longer_listed(folder: Path) -> datetime:
    not_yet_contacted(folder)
    cohort_run(now=BEGINS)
    return BEGINS


def asking_ended(folder: Path) -> datetime:
    small_service(folder, ADA)
    basis = one("SELECT id FROM governance_legalbasis WHERE purpose = 'communicable_disease'")
    by = staff("ig-lead", NEXT_DAY)
    flow.perform(actions.end_basis, basis=basis, ends_at=None, words="It is over", by=by, now=NEXT_DAY)
    flow.perform(actions.end_what_rests, by=system("worker", now=NEXT_DAY), now=NEXT_DAY)
    return NEXT_DAY


def lost(folder: Path) -> datetime:
    small_service(folder)
    plant_somebody_for_whom_nothing_is_planned()
    return BEGINS


REACHED: dict[Callable[[Path], datetime], str] = {
    each: each.__name__
    for each in (
        not_yet_contacted, invited, answered, missed, being_phoned, call_to_action_open, with_partner, no_route,
        opted_out, died, contacted_in_error, no_longer_listed, asking_ended, lost,
    )
} | {no_route_for_a_restricted_record: "no_route"}  # fmt: skip


def test_every_state_is_reached_here() -> None:
    assert set(REACHED.values()) == STATES.keys()


@pytest.mark.parametrize("happens", REACHED, ids=lambda each: each.__name__)
def test_a_person_is_in_one_state(happens: Callable[[Path], datetime], tmp_path: Path) -> None:
    now = happens(tmp_path)
    assert states(now) == {REACHED[happens]: 1}


def test_days_add_up_and_are_kept(tmp_path: Path) -> None:
    small_service(tmp_path, ADA, NO_ROUTE_TWIN)
    sweeper.record_day(now=BEGINS)
    days_pass(4)
    with enter(system("test", now=BEGINS)) as scope:
        lines = learn.ledger_by_day("covid-protect", scope=scope)
    assert [line.date for line in lines] == [BEGINS.date() + timedelta(days=day) for day in range(5)]
    assert all(line.listed == 2 == sum(line.states.values()) for line in lines)
    assert (lines[0].states["invited"], lines[0].states["no_route"]) == (1, 1)


def test_a_day_counted_twice_is_counted_once(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    sweeper.record_day(now=BEGINS)
    flow.perform(people.record_wish, person=person_of("ada"), kind="no_contact", by=system("t", now=BEGINS), now=BEGINS)
    sweeper.record_day(now=BEGINS)
    assert rows("SELECT state, people FROM learn_ledgerday WHERE people > 0") == [("opted_out", 1)]


def test_somebody_lost_is_shown_to_whoever_looks(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    with enter(system("test", now=BEGINS)) as scope:
        assert learn.lost("covid-protect", scope=scope) == 0
    plant_somebody_for_whom_nothing_is_planned()
    sweeper.record_day(now=BEGINS)
    with enter(system("test", now=BEGINS)) as scope:
        assert learn.lost("covid-protect", scope=scope) == 1
        assert [line.lost for line in learn.localities("covid-protect", scope=scope) if line.lost] == [1]


def test_whoever_loses_their_check_in_is_lost(tmp_path: Path) -> None:
    """Somebody who is invited is lost the moment that nothing is open for them."""
    small_service(tmp_path, ADA)
    assert states(BEGINS) == {"invited": 1}
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE check_in_checkin SET status = 'withdrawn'")
    assert states(BEGINS) == {"lost": 1}


NO_ROUTE_TWIN = replace(NO_ROUTE, nhs_number="9990000026")


def plant_somebody_for_whom_nothing_is_planned() -> None:
    """Behind the actions' backs: what a fault of ours would do."""
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_person (id, restricted, source, source_id, created_at)"
            " VALUES ('00000000-0000-4000-8000-000000000001', false, 'fault', 'planted', now())"
        )
        cursor.execute(
            "INSERT INTO identify_member (id, programme, person_id, run_id, joined_at, left_because)"
            " SELECT gen_random_uuid(), 'covid-protect', '00000000-0000-4000-8000-000000000001', id, now(), ''"
            " FROM identify_cohortrun LIMIT 1"
        )


def person_of(source_id: str) -> UUID:
    found: UUID = one("SELECT id FROM people_person WHERE source_id = %s", source_id)
    return found
