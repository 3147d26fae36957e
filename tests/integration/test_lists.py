"""Lists that come again, changed, twice or wrong: who is new, who is gone, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from openprotect.demo import opt_outs
from openprotect.governance import queries as governance
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.scope import enter, system
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.shielded_list import ListHasFaults
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.jobs import cohorts, sweeper
from openprotect.journey import flow
from openprotect.people import actions as people
from openprotect.people import arrivals, queries
from openprotect.people.errors import ListAlreadyReceived
from openprotect.people.facts import Arrival, ListTotals
from openprotect.people.population import Population
from tests.factories import published_files
from tests.factories.seen import one, rows, states
from tests.factories.small_service import ADA, BEGINS, cohort_run, days_pass, open_service, small_service

pytestmark = pytest.mark.django_db
Row = Mapping[str, str]
FIRST_NUMBER, SECOND_NUMBER, THIRD_NUMBER, FOURTH_NUMBER = "9990000018", "9990000026", "9990000034", "9990000042"
NEXT_WEEK = BEGINS + timedelta(days=7)


def on_list(nhs_number: str, name: str, **cells: str) -> Row:
    return {
        "Traced_NHSNUMBER": nhs_number,
        "PatientFirstName": name,
        "PatientSurname": "Marsh",
        "DateOfBirth": "19400229",
        "mobile": f"07700 900{nhs_number[-3:]}" if nhs_number else "",
        **cells,
    }


ANNE, BEN = on_list(FIRST_NUMBER, "Anne"), on_list(SECOND_NUMBER, "Ben")
CLARA, DEV = on_list(THIRD_NUMBER, "Clara"), on_list(FOURTH_NUMBER, "Dev")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    open_service(tmp_path)
    return tmp_path


def comes(folder: Path, *listed: Row, version: str = "SPL-0001") -> ListTotals:
    path = published_files.shielded_list(folder / f"{version}.csv", *listed, version=version)
    return published_files.receive(path, now=BEGINS)


def run_cohort(folder: Path, now: datetime) -> None:
    """The pack's cohort over records that know nobody: who is in is who stands on the list."""
    population = Population(folder / "population")
    extract = published_files.records(folder / "records", people=[NOBODY_ON_IT])
    import_records(extract, form=TABLES_FORMAT, population=population, dataset="extract", now=now)
    version = one("SELECT pack_version_id FROM programmes_activation WHERE ends_at IS NULL")
    opt_outs.exchange(population, now=now, of_a_thousand=0)
    cohorts.run(pack_version=version, population=population, dataset="extract", index_date=now.date(), now=now)


NOBODY_ON_IT = {"person_id": "R1", "date_of_birth": "1990-01-01", "sex": "male"}


def here() -> set[str]:
    return {name for (name,) in rows("SELECT given_name FROM people_personidentity")}


# --- The same list, and the next one ---


def test_the_same_list_twice_is_refused_and_changes_nothing(folder: Path) -> None:
    comes(folder, ANNE, BEN)
    with pytest.raises(ListAlreadyReceived, match='version 1 of the list "shielded-patient-list"'):
        comes(folder, ANNE, BEN)
    assert rows("SELECT number, rows_in FROM people_listversion") == [(1, 2)]


def test_the_next_version_counts_everybody_once(folder: Path) -> None:
    comes(folder, ANNE, BEN, CLARA)
    totals = comes(folder, ANNE, BEN | {"mobile": "07700 900999"}, DEV, ANNE, version="SPL-0002")
    assert totals == ListTotals(rows_in=4, new=1, changed=1, unchanged=1, duplicate=1, rejected=0, removed=1)
    changes = "SELECT i.given_name, c.outcome FROM people_listchange c JOIN people_personidentity i USING (person_id)"
    assert set(rows(f"{changes} JOIN people_listversion v ON v.id = c.version_id WHERE v.number = 2")) == {
        ("Anne", "unchanged"), ("Ben", "changed"), ("Clara", "removed"), ("Dev", "new"),
    }  # fmt: skip


def test_totals_that_do_not_add_up_cannot_be_stored(folder: Path) -> None:
    comes(folder, ANNE, BEN)
    with pytest.raises(IntegrityError), enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_listversion (name, number, label, file_name, sha256, received_at, received_by,"
            " rows_in, new, changed, unchanged, duplicate, rejected, removed)"
            " VALUES ('l', 1, '', '', '', now(), '', 3, 1, 0, 0, 0, 1, 0)"
        )


def test_a_list_with_a_fault_changes_nothing(folder: Path) -> None:
    with pytest.raises(ListHasFaults):
        comes(folder, ANNE, BEN | {"Traced_NHSNUMBER": "9990000027"})
    assert here() == set()


def test_the_order_of_rows_means_nothing(folder: Path) -> None:
    comes(folder, ANNE, BEN, CLARA)
    totals = comes(folder, CLARA, ANNE, BEN, version="SPL-0002")
    assert (totals.new, totals.removed) == (0, 0)


def test_a_changed_number_replaces_the_lists_own_and_leaves_what_others_found(folder: Path) -> None:
    comes(folder, ANNE)
    by = system("test", now=BEGINS)
    anne = one("SELECT id FROM people_person")
    flow.perform(people.add_contact_point, person=anne, kind="mobile", value="+447700900555", by=by, now=BEGINS)
    comes(folder, ANNE | {"mobile": "07700 900777"}, version="SPL-0002")
    assert set(rows("SELECT value, ended_because FROM people_contactpoint")) == {
        ("+447700900018", "replaced"), ("+447700900777", ""), ("+447700900555", ""),
    }  # fmt: skip


def test_who_stood_on_a_named_version_is_known_by_its_number_and_its_label(folder: Path) -> None:
    comes(folder, ANNE, BEN)
    comes(folder, ANNE, CLARA, version="SPL-0002")
    comes(folder, ANNE, BEN, CLARA, version="SPL-0003")
    name = "shielded-patient-list"
    by = system("test", now=BEGINS)
    with enter(by):
        listed = queries.listed(scope=by, versions={(name, "1"), (name, "SPL-0002"), (name, "9")}).to_pylist()
    on: dict[str | None, set[str]] = {}
    for row in listed:
        on.setdefault(row["version"], set()).add(row["nhs_number"])
    assert on == {
        None: {FIRST_NUMBER, SECOND_NUMBER, THIRD_NUMBER},
        "1": {FIRST_NUMBER, SECOND_NUMBER},
        "SPL-0002": {FIRST_NUMBER, THIRD_NUMBER},
    }


def test_a_locality_has_the_practices_that_belong_to_it(folder: Path) -> None:
    with enter(system("test", now=BEGINS)):
        assert governance.localities_of_practices() == {"T06": "T04", "T07": "T05"}


# --- Who leaves ---


def test_who_is_taken_off_leaves_and_only_who_was_contacted_was_contacted_in_error(folder: Path) -> None:
    comes(folder, ANNE, BEN, CLARA | {"mobile": ""})
    run_cohort(folder, BEGINS)
    sweeper.sweep(now=BEGINS)  # Clara has no way to be reached: nothing left for her
    assert states(BEGINS) == {"invited": 2, "no_route": 1}
    comes(folder, ANNE, version="SPL-0002")
    run_cohort(folder, NEXT_WEEK)
    found = rows(
        "SELECT i.given_name, s.state FROM learn_person_state s JOIN people_personidentity i USING (person_id)"
        " ORDER BY 1",
        now=NEXT_WEEK,
    )
    assert dict(found)["Ben"] == "contacted_in_error"
    sent = one("SELECT count(*) FROM outbox_message")
    sweeper.sweep(now=NEXT_WEEK)
    ben = one("SELECT person_id FROM people_personidentity WHERE given_name = 'Ben'")
    assert one("SELECT count(*) FROM outbox_message WHERE person_id = %s", ben) == 1
    assert one("SELECT count(*) FROM outbox_message") >= sent


def test_who_is_taken_off_before_anything_left_was_not_contacted(folder: Path) -> None:
    comes(folder, ANNE, BEN)
    run_cohort(folder, BEGINS)
    comes(folder, ANNE, version="SPL-0002")
    run_cohort(folder, BEGINS)
    sweeper.sweep(now=BEGINS)
    assert states(BEGINS) == {"invited": 1, "no_longer_listed": 1}


def test_who_comes_back_on_the_list_is_the_same_member(folder: Path) -> None:
    comes(folder, ANNE, BEN)
    run_cohort(folder, BEGINS)
    comes(folder, ANNE, version="SPL-0002")
    run_cohort(folder, BEGINS)
    comes(folder, ANNE, BEN, version="SPL-0003")
    run_cohort(folder, BEGINS)
    sweeper.sweep(now=BEGINS)
    assert one("SELECT count(*) FROM identify_member") == 2
    assert states(BEGINS) == {"invited": 2}


# --- Who is who ---


def take_in(*who: Arrival, now: datetime = BEGINS) -> list[object]:
    by = system("test", now=now)
    basis = governance.find_basis(DIRECT_CARE)
    return flow.perform(people.take_in_people, people=who, basis=basis, by=by, now=now)


def test_the_same_nhs_number_from_another_source_is_the_same_person(folder: Path) -> None:
    first, second = take_in(ADA), take_in(replace(ADA, source="other", source_id="another"))
    assert first == second


def test_an_nhs_number_that_differs_is_never_a_match(folder: Path) -> None:
    (ada,) = take_in(ADA)
    (other,) = take_in(replace(ADA, source="other", source_id="another", nhs_number=SECOND_NUMBER))
    assert ada != other


def test_twins_stay_two(folder: Path) -> None:
    twins = [on_list("", name, DateOfBirth="20120505") for name in ("Eve", "Max")]
    totals = comes(folder, *twins)
    assert (totals.new, totals.duplicate) == (2, 0)
    assert here() == {"Eve", "Max"}
    assert comes(folder, *twins, ANNE, version="SPL-0002").unchanged == 2


def test_blank_nhs_numbers_are_not_one_person(folder: Path) -> None:
    unknown = replace(ADA, nhs_number="")
    assert len(set(take_in(replace(unknown, source_id="1"), replace(unknown, source_id="2")))) == 2


def test_an_nhs_number_that_is_learnt_later_joins_what_was_there(folder: Path) -> None:
    (before,) = take_in(replace(ADA, nhs_number=""))
    (after,) = take_in(ADA)
    assert before == after
    assert one("SELECT nhs_number FROM people_personidentity") == ADA.nhs_number


def test_one_person_twice_with_two_addresses_is_one(folder: Path) -> None:
    totals = comes(
        folder,
        ANNE | {"PatientAddress_Line1": "1 Fen Row", "PatientAddress_PostCode": "ZM1 1AA"},
        ANNE | {"PatientAddress_Line1": "2 Mill Bank", "PatientAddress_PostCode": "ZM1 1AB"},
    )
    assert (totals.rows_in, totals.new, totals.duplicate) == (2, 1, 1)
    assert here() == {"Anne"}


def test_people_are_told_apart_without_comparing_everybody_with_everybody(folder: Path) -> None:
    unnamed = (replace(ADA, source_id=str(number), nhs_number="") for number in range(3_000))
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        basis = governance.find_basis(DIRECT_CARE)
        assert basis is not None
        assert len(set(arrivals.take_in(unnamed, basis=basis, now=BEGINS))) == 3_000
        cursor.execute("UPDATE arrival SET person_id = NULL")
        cursor.execute(f"EXPLAIN {arrivals._MAKE}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Hash Join" in plan
    assert "Nested Loop" not in plan


# --- Restricted ---


def test_a_restricted_person_keeps_no_contact_points_and_no_practice(folder: Path) -> None:
    (ada,) = take_in(ADA)
    take_in(replace(ADA, restricted=True), now=NEXT_WEEK)
    assert rows("SELECT 1 FROM people_contactpoint WHERE ended_because <> 'restricted'") == []
    assert rows("SELECT practice_id, locality_id, restricted FROM people_person") == [(None, None, True)]
    assert rows("SELECT 1 FROM governance_accessgrant WHERE person_id = %s AND ends_at IS NULL", ada) == []


def test_a_list_does_not_undo_a_restriction(folder: Path) -> None:
    take_in(replace(ADA, restricted=True))
    comes(folder, on_list(ADA.nhs_number, "Ada", DateOfBirth="19450331"))
    assert rows("SELECT 1 FROM people_contactpoint WHERE ended_because = ''") == []
    assert rows("SELECT restricted FROM people_person") == [(True,)]


def test_a_member_who_becomes_restricted_is_given_to_a_team(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    cohort_run(replace(ADA, restricted=True), now=BEGINS + timedelta(days=1))
    assert rows("SELECT category, why FROM act_calltoaction") == [("unreachable", "restricted record")]
    assert states(BEGINS + timedelta(days=1)) == {"no_route": 1}


def test_a_member_who_became_restricted_with_nothing_planned_is_given_to_a_team_too(tmp_path: Path) -> None:
    small_service(tmp_path, ADA)
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET restricted = true")
    days_pass(3)
    assert rows("SELECT category, why FROM act_calltoaction") == [("unreachable", "restricted record")]
