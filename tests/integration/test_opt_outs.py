"""The national data opt-out and people's own objections: what an exchange changes, and where it applies."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest
from django.conf import settings
from django.db import transaction

from openprotect.config.database_urls import Urls
from openprotect.demo import opt_outs as national
from openprotect.governance import actions
from openprotect.governance.scope import enter, system
from openprotect.interop.feeds.number_lists import read_numbers
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.jobs import exports
from openprotect.journey import flow
from openprotect.journey.identify.engine import run_cohort
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people import actions as people
from openprotect.people import opt_outs
from openprotect.people.errors import (
    CleanedListHasFaults,
    NewerOptOutsAreHere,
    NotASentFile,
    OptOutsAlreadyReceived,
    OptOutsNotFresh,
    SentTooLongAgo,
)
from openprotect.people.facts import Exchanged, Known
from openprotect.people.population import Population
from openprotect.programmes.cohort_lists import read_cohort
from tests.factories import published_files
from tests.factories.agreed import agreed, basis
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, PACK, Invited, small_service, staff

DAY = timedelta(days=1)
PEOPLE: dict[str, Invited] = {}


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    PEOPLE.update(small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR))


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test does is undone after it, its files too."""
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_missing_in_the_cleaned_list_is_opted_out_and_back_in_it_is_not(tmp_path: Path) -> None:
    sent = send(tmp_path, BEGINS)
    assert sent.read_text() == "9990000018\n9990000026\n"
    done = receive(sent, cleaned(tmp_path, "9990000026"), BEGINS)
    assert done == Exchanged(sent=2, cleaned=1, opted_out=1, newly=1, no_longer=0)
    assert open_now() == ["9990000018"]
    again = send(tmp_path, BEGINS + DAY)
    done = receive(again, cleaned(tmp_path, "9990000018,", "", "999 000 0026"), BEGINS + DAY)
    assert done == Exchanged(sent=2, cleaned=2, opted_out=0, newly=0, no_longer=1)
    assert open_now() == []
    assert rows("SELECT since, until FROM people_optout") == [(BEGINS, BEGINS + DAY)]


def test_what_is_wrong_with_a_cleaned_list_changes_nothing(tmp_path: Path) -> None:
    sent = send(tmp_path, BEGINS)
    for lines, line, read in (
        (["9990000026", "9990000034"], "line 2", "9990000034"),
        (["9990000027"], "line 1", "9990000027"),
        (["NHS number", "9990000026"], "line 1", "NHS number"),
        (["9990000026", "9990000026"], "line 2", "9990000026"),
    ):
        with pytest.raises(CleanedListHasFaults) as refused:
            receive(sent, cleaned(tmp_path, *lines), BEGINS)
        (fault,) = refused.value.faults
        assert (fault.where, fault.read) == (line, read)
    assert (open_now(), one("SELECT count(*) FROM people_optoutexchange WHERE received_at IS NOT NULL")) == ([], 0)


def test_only_the_answer_to_a_file_of_ours_is_taken_in(tmp_path: Path) -> None:
    sent, answer = send(tmp_path, BEGINS), cleaned(tmp_path, "9990000026")
    other = tmp_path / "other.txt"
    other.write_text("9990000018\n")
    with pytest.raises(NotASentFile):
        receive(other, answer, BEGINS)
    with pytest.raises(SentTooLongAgo):
        receive(sent, answer, BEGINS + 11 * DAY)
    receive(sent, answer, BEGINS)
    with pytest.raises(OptOutsAlreadyReceived):
        receive(sent, answer, BEGINS)


def test_an_older_answer_does_not_undo_a_newer(tmp_path: Path) -> None:
    older = send(tmp_path, BEGINS)
    with enter(system("test", now=BEGINS + DAY)) as by:
        content = flow.perform(opt_outs.send, numbers={"9990000018"}, by=by, now=BEGINS + DAY)
    newer = tmp_path / "newer.txt"
    newer.write_bytes(content)
    receive(newer, cleaned(tmp_path), BEGINS + DAY)
    with pytest.raises(NewerOptOutsAreHere):
        receive(older, cleaned(tmp_path, "9990000018", "9990000026"), BEGINS + DAY)
    assert open_now() == ["9990000018"]


def test_beyond_care_they_are_left_out_and_counted_and_in_care_they_are_not(tmp_path: Path) -> None:
    planning = agreed(basis=basis("planning", purpose="evaluation", opt_out_applies=True), purpose="evaluation")
    care = agreed()
    # Without an exchange nothing is used beyond care, and the asker reads why
    assert totals(planning) == "refused"
    receive(send(tmp_path, BEGINS), cleaned(tmp_path, "9990000026"), BEGINS)
    assert totals(planning) == (2, 1, 1, 0)
    # An objection of their own counts likewise; somebody counts once
    object_(PEOPLE["bashir"].person)
    assert totals(planning) == (2, 0, 1, 1)
    assert totals(care) == (2, 2, 0, 0)
    # Taken back it does not
    flow.perform(people.withdraw_objection, person=PEOPLE["bashir"].person, purpose="", words="Do", by=staff("ig-lead"),
                 now=BEGINS)  # fmt: skip
    assert totals(planning) == (2, 1, 1, 0)


def test_an_objection_to_one_purpose_is_to_that_alone(tmp_path: Path) -> None:
    national.exchange(Population(tmp_path / "none"), now=BEGINS, of_a_thousand=0)
    planning = agreed(basis=basis("planning", purpose="evaluation", opt_out_applies=True), purpose="evaluation")
    object_(PEOPLE["ada"].person, "risk_stratification")
    assert totals(planning) == (2, 2, 0, 0)
    object_(PEOPLE["ada"].person, "evaluation")
    assert totals(planning) == (2, 1, 0, 1)


def test_where_the_opt_out_does_not_apply_objections_do(tmp_path: Path) -> None:
    notice = agreed(basis=basis("notice", purpose="communicable_disease"), purpose="communicable_disease")
    receive(send(tmp_path, BEGINS), cleaned(tmp_path), BEGINS)
    object_(PEOPLE["ada"].person)
    assert totals(notice) == (2, 1, 0, 1)


def test_who_was_not_asked_about_counts_as_opted_out(tmp_path: Path) -> None:
    with enter(system("test", now=BEGINS)) as by:
        content = flow.perform(opt_outs.send, numbers={"9990000018"}, by=by, now=BEGINS)
    sent = tmp_path / "one.txt"
    sent.write_bytes(content)
    receive(sent, cleaned(tmp_path, "9990000018"), BEGINS)
    planning = agreed(basis=basis("planning", purpose="evaluation", opt_out_applies=True), purpose="evaluation")
    assert totals(planning) == (2, 1, 1, 0)


def test_an_exchange_is_too_old_to_the_second() -> None:
    national.exchange(Population(settings.DATA / "none"), now=BEGINS, of_a_thousand=0)
    last = BEGINS + 21 * DAY
    with enter(system("test", now=last)) as scope:
        opt_outs.require_fresh(scope=scope)
    with enter(system("test", now=last + timedelta(seconds=1))) as scope, pytest.raises(OptOutsNotFresh):
        opt_outs.require_fresh(scope=scope)


def test_the_file_that_was_sent_is_kept_for_the_service_alone(tmp_path: Path) -> None:
    send(tmp_path, BEGINS)
    (kept,) = (tmp_path / "opt-outs").iterdir()
    assert (stat.S_IMODE(kept.stat().st_mode), stat.S_IMODE(kept.parent.stat().st_mode)) == (0o600, 0o700)
    kept.write_text("9990000018\n")
    receive(tmp_path / f"sent-{BEGINS:%d}.txt", cleaned(tmp_path), BEGINS)
    with enter(system("test", now=BEGINS)) as scope, pytest.raises(OptOutsNotFresh, match="not kept"):
        opt_outs.known_of(purposes=("evaluation",), scope=scope)


def test_a_cohort_leaves_out_who_opted_out_or_objected_but_not_who_stands_on_a_list(tmp_path: Path) -> None:
    population = Population(tmp_path / "population")
    people_ = [record(number) for number in range(1, 6)]
    events = [{"person_id": each["person_id"], "date": "2016-11-02", "code": "313299006", "system": "snomed"}
              for each in people_]  # fmt: skip
    extract = published_files.records(tmp_path / "records", people=people_, events=events)
    import_records(extract, form=TABLES_FORMAT, population=population, dataset="extract", now=BEGINS)
    found = read_cohort(PACK, None)
    lists = pa.table({"list": ["shielded-patient-list"], "nhs_number": [number_for_tests(2)],
                      "from_date": pa.array([BEGINS.date()], pa.date32())})  # fmt: skip
    numbers = [number_for_tests(n) for n in range(1, 6)]
    known = Known(
        opted_out=frozenset({numbers[0], numbers[1]}),
        checked=frozenset(numbers[:4]),  # the fifth was not asked about
        objected=frozenset({numbers[0], numbers[2]}),
    )
    run = partial(run_cohort, found.cohort, found.lists, population, "extract", BEGINS.date(), lists)
    everybody, left = run(), run(known)
    assert (everybody.people, left.people) == (5, 2)
    known_as = population.source_ids("extract")
    assert {known_as[each] for each in left.members["person_id"].to_pylist()} == {"R2", "R4"}  # listed; not out
    assert (left.excluded["national-data-opt-out"], left.excluded["own-objection"]) == (2, 1)
    assert left.attrition[:3] == (
        ("in the records or on a list", 5), ("left after: National data opt-out", 3), ("left after: Own objection", 2),
    )  # fmt: skip
    assert "national-data-opt-out" not in everybody.excluded


def record(number: int) -> dict[str, str]:
    return {"person_id": f"R{number}", "nhs_number": number_for_tests(number), "date_of_birth": "1938-06-04",
            "sex": "female", "practice_code": "T06"}  # fmt: skip


def send(folder: Path, now: datetime) -> Path:
    by = system("test", now=now)
    with enter(by):
        content = flow.perform(opt_outs.send, numbers=opt_outs.numbers_held(scope=by), by=by, now=now)
    path = folder / f"sent-{now:%d}.txt"
    path.write_bytes(content)
    return path


def cleaned(folder: Path, *lines: str) -> Path:
    path = folder / "cleaned.csv"
    path.write_text("".join(f"{line}\r\n" for line in lines))
    return path


def receive(sent: Path, answer: Path, now: datetime) -> Exchanged:
    done: Exchanged = flow.perform(
        opt_outs.receive, sent=read_numbers(sent), cleaned=read_numbers(answer), by=system("test", now=now), now=now
    )
    return done


def open_now() -> list[str]:
    return [number for (number,) in rows("SELECT nhs_number FROM people_optout WHERE until IS NULL ORDER BY 1")]


def object_(person: UUID, purpose: str = "") -> None:
    flow.perform(
        people.record_objection, person=person, purpose=purpose, words="Please do not", by=staff("ig-lead"), now=BEGINS
    )


def totals(agreement: int) -> object:
    asked = flow.perform(
        actions.ask_export, agreement=agreement, reason="Counting", by=staff("surveillance"), now=BEGINS
    )
    if not exports.make(export=asked, now=BEGINS):
        return one("SELECT state FROM governance_export WHERE id = %s", asked)
    ((*counts,),) = rows("SELECT rows_in, exported, opted_out, objected FROM governance_export WHERE id = %s", asked)
    return tuple(counts)
