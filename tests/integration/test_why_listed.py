"""Why somebody is listed or not: for those who care for them alone, from what was kept and, when asked, the records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.demo import opt_outs
from openprotect.governance import actions as governance
from openprotect.governance import clock
from openprotect.governance.actions import dispose_of_rows
from openprotect.governance.errors import NotPermitted, NotThere
from openprotect.governance.models import Membership, Role
from openprotect.governance.scope import enter, system
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.jobs import cohorts, explaining
from openprotect.jobs.worker import run_jobs
from openprotect.journey import flow
from openprotect.journey.identify import why
from openprotect.journey.identify.errors import NotInTheRecords
from openprotect.lib.nhs_number import number_for_tests
from openprotect.people.errors import RestrictedRecord
from openprotect.people.models import Person
from openprotect.people.population import Population
from openprotect.programmes.queries import switched_on
from tests.factories import published_files
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, FIRST, SECOND, cohort_run, open_service, staff

NEXT_DAY = BEGINS + timedelta(days=1)
SEVERE, HOUSEBOUND, DIABETES = "313299006", "160689007", "44054006"
OUT_OF_USE = "Their records are not used to look for people at risk"


def person(number: int, practice: str = FIRST, **more: str) -> dict[str, str]:
    called = {"given_name": f"Given{number}", "family_name": f"Family{number}"}
    return {"person_id": f"R{number}", "nhs_number": number_for_tests(number), "date_of_birth": "1948-06-04",
            "sex": "female", "practice_code": practice} | called | more  # fmt: skip


PEOPLE = [person(1), person(2, SECOND), person(3), person(4)]


def event(number: int, code: str) -> dict[str, str]:
    return {"person_id": f"R{number}", "date": "2016-11-02", "code": code, "system": "snomed"}


@pytest.fixture(scope="module")
def folder(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two runs: R1 is in, R2 of the other practice is in, R3 opted out and is on the list, R4 was in and left."""
    folder = tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATA", folder)
        open_service(folder)
        born = {"PatientFirstName": "Given3", "DateOfBirth": "19480604"}
        listed = published_files.shielded_list(folder / "list.csv", {"Traced_NHSNUMBER": number_for_tests(3)} | born)
        published_files.receive(listed, now=BEGINS)
        out = PEOPLE[2] | {"type_1_opt_out": "yes"}
        severe = [event(number, SEVERE) for number in (1, 2, 3)]
        run(folder, [*PEOPLE[:2], out, PEOPLE[3]], [*severe, event(4, SEVERE)], now=BEGINS)
        run(folder, [*PEOPLE[:2], out, PEOPLE[3]], severe, now=NEXT_DAY)
        yield folder


def run(folder: Path, people: list[dict[str, str]], events: list[dict[str, str]], *, now: object) -> None:
    population = Population(folder / "population", key=settings.PSEUDONYM_KEY)
    extract = published_files.records(folder / "extract", people=people, events=events)
    import_records(extract, form=TABLES_FORMAT, population=population, dataset="d", now=now)
    opt_outs.exchange(population, now=now, of_a_thousand=0)
    with enter(system("test", now=now)):
        version = switched_on()["covid-protect"]
    given = {"pack_version": version, "population": population, "dataset": "d", "index_date": now.date(), "now": now}
    cohorts.run(**given)
    clock.set_clock(now, running=False)


@pytest.fixture
def undone(folder: Path) -> Iterator[Path]:
    with transaction.atomic():
        yield folder
        transaction.set_rollback(True)


def known(source_id: str) -> UUID:
    # Whoever came by the list has no id of the records, but the same NHS number.
    found: UUID = one(
        "SELECT person_id FROM people_personidentity WHERE nhs_number = %s", number_for_tests(int(source_id[1:]))
    )
    return found


def client(username: str) -> Client:
    made = Client()
    with enter(system("test", now=clock.now())):
        made.force_login(get_user_model().objects.get(username=username))
    return made


def opened(username: str, who: UUID) -> HttpResponse:
    return client(username).get(f"/staff/people/{who}/listed")


def page(username: str, who: UUID) -> str:
    answer = opened(username, who)
    assert answer.status_code == 200, answer.status_code
    text = re.sub(r"<svg.*?</svg>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.split("<main", 1)[-1]))


def ask(username: str, who: UUID) -> HttpResponse:
    return client(username).post(f"/staff/people/{who}/listed", {"programme": "covid-protect"})


def trail(action: str) -> list[tuple[object, ...]]:
    return rows("SELECT actor, person_id FROM governance_auditevent WHERE action = %s ORDER BY id", action)


def test_what_is_kept_and_then_what_the_records_say(undone: Path) -> None:
    hers = known("R1")
    reviewer = staff("practice-reviewer").actor
    shown = page("practice-reviewer", hers)
    assert "Given1 Family1" in shown
    assert "Listed since 7 April 2020, by run 1. The last run is 2" in shown
    assert "since run 1 of 7 April 2020" in shown
    # When she has the records read
    assert ask("practice-reviewer", hers).status_code == 302
    assert "The records are being read" in page("practice-reviewer", hers)
    assert ask("practice-reviewer", hers).status_code == 302  # pressed twice it is one question
    assert one("SELECT count(*) FROM identify_whyasked") == 1
    assert explaining.answer(question=one("SELECT id FROM identify_whyasked"), now=NEXT_DAY)
    shown = page("practice-reviewer", hers)
    # Then every rule is there, with the record that shows it or how near it is
    assert re.search(r"True (COPD|.*recorded.*): .*2 November 2016", shown)
    assert "Rules that are not true of them, and how near each is" in shown
    assert "aged 71, born on 4 June 1948" in shown
    assert "version 2026.1 of the definition, as things stood on 8 April 2020 (run 2)" in shown
    # And each step is in the trail: pages, the question, the reading as her, and the look at the answer
    assert trail("reasons seen") == [(reviewer, hers)] * 3
    assert trail("records asked") == [(reviewer, hers)]
    assert trail("records explained") == [(reviewer, hers)]
    assert trail("explanation seen") == [(reviewer, hers)]
    # No pseudonym is kept beside who it is of
    assert Population(undone / "population", key=settings.PSEUDONYM_KEY).pseudonyms("d").of("R1") not in str(
        rows("SELECT answer::text FROM identify_whyasked")
    )


def test_who_left_is_told_since_when_and_the_nearest_miss(undone: Path) -> None:
    hers = known("R4")
    shown = page("practice-reviewer", hers)
    assert "Not listed since 8 April 2020, by run 2: that run did not find them any more." in shown
    assert "Was listed from 7 April 2020, by run 1" in shown
    assert "until run 2 of 8 April 2020, which found it no more" in shown
    answered("practice-reviewer", hers)
    shown = page("practice-reviewer", hers)
    assert "No rule is true of them." in shown
    assert "Not true" in shown
    assert "nothing recorded" in shown
    assert "receives home care: services are not read" in shown
    assert "nothing recorded; " not in shown


def answered(username: str, who: UUID) -> None:
    assert ask(username, who).status_code == 302
    question = one("SELECT id FROM identify_whyasked WHERE state = 'asked' AND person_id = %s", who)
    explaining.answer(question=question, now=NEXT_DAY)


def test_of_whoever_opted_out_lists_alone_are_read_and_nothing_else_is_said(undone: Path) -> None:
    theirs = known("R3")
    answered("practice-reviewer", theirs)
    shown = page("practice-reviewer", theirs)
    assert OUT_OF_USE in shown
    assert "NATIONAL-LIST" in shown
    assert "2 November 2016" not in shown
    assert "Type 1" not in shown
    assert "Not true" not in shown
    # Off the list, nothing of them is read
    with enter(system("test", now=NEXT_DAY)):
        told = cohorts.explain(
            pack_version=switched_on()["covid-protect"],
            population=Population(undone / "population", key=settings.PSEUDONYM_KEY),
            dataset="d", index_date=NEXT_DAY.date(), person=theirs, by=staff("practice-reviewer", NEXT_DAY), now=NEXT_DAY,
        )  # fmt: skip
    assert [rule.id for rule in told.rules if rule.holds] == ["NATIONAL-LIST"]


@pytest.mark.parametrize("username", ["reviewer-t07", "central-team", "call-handler", "council-worker", "ig-lead",
                                      "surveillance", "locality-lead", "practice-manager"])  # fmt: skip
def test_nobody_else_is_told_and_absent_looks_the_same(undone: Path, username: str) -> None:
    hers, nobody = known("R1"), UUID(int=7)
    for who in (hers, nobody):
        assert opened(username, who).status_code == 404
        assert ask(username, who).status_code == 404
    absent, hidden = (re.sub(r"[0-9a-f-]{36}", "", opened(username, who).content.decode()) for who in (nobody, hers))
    assert re.sub(r"nonce-\S+|value=\"\S+\"", "", absent) == re.sub(r"nonce-\S+|value=\"\S+\"", "", hidden)
    assert rows("SELECT 1 FROM identify_whyasked") == []
    assert trail("reasons seen") == []


def a_second_carer() -> None:
    """The lead of R1's locality may see why people are at risk, too."""
    with enter(system("test", now=NEXT_DAY)):
        lead = Role.objects.get(name="locality_lead")
        Role.objects.filter(name=lead.name).update(permissions=[*lead.permissions, "see.reasons"])


def test_after_a_stop_nothing_is_read_nor_shown(undone: Path) -> None:
    hers = known("R1")
    a_second_carer()
    answered("reviewer-t04", hers)
    assert "What the records say" in page("reviewer-t04", hers)
    assert ask("reviewer-t04", hers).status_code == 302
    asked = {"organisation": one("SELECT id FROM governance_organisation WHERE code = 'T04'"), "person": hers,
             "reason": "Not asked for"}  # fmt: skip
    manager, guardian = staff("practice-manager", NEXT_DAY), staff("caldicott-guardian", NEXT_DAY)
    request = flow.perform(governance.ask_access_stop, by=manager, now=NEXT_DAY, **asked)
    decided = {"request": request, "verdict": "granted", "words": "They have no part in it."}
    flow.perform(governance.decide_access_stop, by=guardian, now=NEXT_DAY, **decided)
    before = len(trail("records explained"))
    explaining.sweep(now=NEXT_DAY)
    assert one("SELECT state FROM identify_whyasked ORDER BY settled_at DESC, state DESC LIMIT 1") == "refused"
    assert len(rows("SELECT 1 FROM identify_whyasked WHERE answer IS NOT NULL")) == 1
    assert len(trail("records explained")) == before
    assert opened("reviewer-t04", hers).status_code == 404
    with enter(staff("reviewer-t04", NEXT_DAY)) as scope:
        assert why.why_listed(hers, scope=scope) is None
    assert "Listed since" in page("practice-reviewer", hers)


def test_an_id_of_another_source_opens_nobody_elses_records(undone: Path) -> None:
    # Given somebody of the practice whom another source calls what the records call a patient of the other practice
    cohort_run(replace(ADA, source="another", source_id="R2", nhs_number=""), now=NEXT_DAY)
    theirs = one("SELECT id FROM people_person WHERE source = 'another'")
    with enter(system("test", now=NEXT_DAY)):
        version = switched_on()["covid-protect"]
    with pytest.raises(NotInTheRecords):
        cohorts.explain(
            pack_version=version, population=Population(undone / "population", key=settings.PSEUDONYM_KEY),
            dataset="d", index_date=NEXT_DAY.date(), person=theirs, by=staff("practice-reviewer", NEXT_DAY), now=NEXT_DAY,
        )  # fmt: skip


def test_an_answer_is_for_whoever_asked(undone: Path) -> None:
    hers = known("R1")
    a_second_carer()
    answered("reviewer-t04", hers)
    assert "Read the records again" in page("reviewer-t04", hers)
    assert "Read the records again" not in page("practice-reviewer", hers)


def test_of_a_restricted_person_the_records_are_not_asked(undone: Path) -> None:
    hers = known("R1")
    answered("practice-reviewer", hers)
    with enter(system("test", now=NEXT_DAY)):
        Person.objects.filter(id=hers).update(restricted=True)
    shown = page("practice-reviewer", hers)
    assert "This record is restricted" in shown
    assert "What the records say" not in shown
    assert "born on" not in shown
    with pytest.raises(RestrictedRecord):
        flow.perform(why.ask_why, person=hers, programme="covid-protect", by=staff("practice-reviewer", NEXT_DAY),
                     now=NEXT_DAY)  # fmt: skip


def test_whoever_has_left_gets_no_answer_and_a_job_answers(undone: Path) -> None:
    hers = known("R1")
    ask("practice-reviewer", hers)
    with enter(system("test", now=NEXT_DAY)):
        membership = staff("practice-reviewer", NEXT_DAY).membership
        Membership.objects.filter(id=membership).update(ends_at=NEXT_DAY)
    explaining.sweep(now=NEXT_DAY + timedelta(minutes=1))
    assert rows("SELECT state, answer FROM identify_whyasked") == [("refused", None)]
    assert trail("records not explained") == [("system:worker", hers)]
    with pytest.raises((NotPermitted, NotThere)):
        flow.perform(why.ask_why, person=hers, programme="other", by=staff("reviewer-t04", NEXT_DAY), now=NEXT_DAY)


def test_answers_go_after_a_day(undone: Path) -> None:
    answered("practice-reviewer", known("R1"))
    by = system("retention", now=NEXT_DAY + timedelta(hours=20))
    gone = {"table": "identify_whyasked", "limit": 10}
    assert flow.perform(dispose_of_rows, by=by, now=by.now, **gone) == 0
    by = system("retention", now=NEXT_DAY + timedelta(hours=25))
    assert flow.perform(dispose_of_rows, by=by, now=by.now, **gone) == 1


def test_the_job_answers(folder: Path) -> None:
    ask("practice-reviewer", known("R1"))
    run_jobs()
    assert rows("SELECT state FROM identify_whyasked") == [("answered",)]
