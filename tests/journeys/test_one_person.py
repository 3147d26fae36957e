"""One person through all six stages, from a row on a list to the next check-in.

Read this first: it is the service in one page, and the shape of every journey test.
Nothing is inserted behind the actions and nothing of ours is replaced. What the service does by
itself is a sweep of the worker; what people do is an action performed as them; `now` is moved by
the test alone. After each step she is in exactly one state of the ledger.
"""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from uuid import UUID, uuid4

from openprotect.config.database_urls import Urls
from openprotect.demo import opt_outs
from openprotect.demo.personas import link_in
from openprotect.governance import clock
from openprotect.governance import queries as governance
from openprotect.governance.scope import Scope, enter, nobody, system
from openprotect.interop.feeds.records import import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.interop.outbox import queries as outbox
from openprotect.interop.outbox.models import Message
from openprotect.jobs import cohorts, sweeper, worker
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.act import queries as act_queries
from openprotect.journey.act.worklist import WorklistRow
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.learn import queries as learn
from openprotect.lib import london
from openprotect.people.population import Population
from tests.factories import published_files
from tests.factories.seen import one, rows, states
from tests.factories.small_service import ALL_WELL, open_service, staff

MRS_HALL = {
    "Traced_NHSNUMBER": "9990000018",
    "PatientFirstName": "Margaret",
    "PatientSurname": "Hall",
    "DateOfBirth": "19380604",
    "PatientAddress_Line1": "4 Staithe Lane",
    "PatientAddress_PostCode": "ZM1 1AA",
    "mobile": "07700 900123",
    "Data_Source": "Hospital",
    "category": "Respiratory",
    "InceptionDate": "20200325",
}
HER_RECORD = {
    "person_id": "R1",
    "nhs_number": "9990000018",
    "date_of_birth": "1938-06-04",
    "sex": "female",
    "practice_code": "T06",
}
HER_DISEASE = {"person_id": "R1", "date": "2016-11-02", "code": "313299006", "system": "snomed"}
BORN = date(1938, 6, 4)
TUESDAY, WEDNESDAY = date(2020, 4, 7), date(2020, 4, 8)


def on(day: date, hour: int, minute: int = 0) -> datetime:
    return london.at(day, time(hour, minute))


def test_mrs_hall_is_found_reached_heard_helped_and_asked_again(committed_db: Urls, tmp_path: Path) -> None:
    version = open_service(tmp_path)
    population = Population(tmp_path / "population")

    # --- A list arrives ---
    now = on(TUESDAY, 10)
    totals = published_files.receive(published_files.shielded_list(tmp_path / "list.csv", MRS_HALL), now=now)
    assert (totals.rows_in, totals.new) == (1, 1)
    assert states(now) == {}

    # --- Identify: she is in, for two reasons, each with its evidence ---
    extract = published_files.records(tmp_path / "records", people=[HER_RECORD], events=[HER_DISEASE])
    import_records(extract, form=TABLES_FORMAT, population=population, dataset="extract", now=now)
    opt_outs.exchange(population, now=now, of_a_thousand=0)
    cohorts.run(pack_version=version, population=population, dataset="extract", index_date=TUESDAY, now=now)
    assert rows("SELECT rule, evidence_date FROM identify_reason ORDER BY rule") == [
        ("NATIONAL-LIST", date(2020, 3, 25)),
        ("SEVERE-RESPIRATORY", date(2016, 11, 2)),
    ]
    assert states(now) == {"not_yet_contacted": 1}

    # --- Contact: one text with a link, however often the sweeper comes by ---
    sweeper.sweep(now=now)
    sweeper.sweep(now=now)
    (invitation,) = messages("sms", now)
    assert invitation.to == "+447700900123"
    assert "Synthetic: not for care" in invitation.body
    assert states(now) == {"invited": 1}

    # --- Check in: the link alone shows nothing about her; her date of birth opens it ---
    now = on(TUESDAY, 12)
    token = token_in(invitation)
    assert prove(token, date(1938, 4, 6), now) is None
    proof = prove(token, BORN, now)
    assert proof is not None
    mrs_hall = Scope("person", actor=f"link:{proof.link_id}", now=now, person=proof.person_id)
    receipt = flow.perform(
        check_in.submit,
        check_in=proof.check_in_id,
        answers={
            **ALL_WELL,
            "food": "one_or_two_days",
            "medicines": "not_enough",
            "medicines_days": 0,
            "medicines_collect": False,
        },
        answered_by="self",
        submission_key=uuid4(),
        by=mrs_hall,
        now=now,
    )

    # --- Triage: the rows that fired, what they read and the version, in the transaction of the answers ---
    assert one("SELECT version FROM programmes_packversion WHERE id = %s", version) == "2026.1"
    fired = "SELECT row ->> 'row_id', row ->> 'read' FROM triage_decision, jsonb_array_elements(fired) AS row"
    assert rows(f"{fired} WHERE answer_set_id = %s AND row ->> 'urgency' <> 'none'", receipt.answer_set) == [
        ("R16", '{"medicines_days": 0}'),
        ("R17", '{"medicines": "not_enough"}'),
        ("R20", '{"food": "one_or_two_days"}'),
    ]
    written_in = "SELECT xmin::text FROM check_in_answerset UNION SELECT xmin::text FROM triage_decision"
    assert len(rows(f"{written_in} UNION SELECT xmin::text FROM act_calltoaction")) == 1
    with enter(mrs_hall):
        assert act_queries.what_follows(scope=mrs_hall) == ("your medicines", "food and essential shopping")
    assert states(now) == {"call_to_action_open": 1}

    # --- Act: each need has a team and a clock; the surveillance team holds it until it is accepted ---
    medicines = need(staff("practice-reviewer", now), "Medicines")
    assert (medicines.urgency, medicines.team_name) == ("red", "First Surgery: Clinical team")
    assert medicines.due_at == on(TUESDAY, 16)
    assert medicines.held_by == "Surveillance team, until it is accepted"
    food = need(staff("locality-lead", now), "Food")
    assert (food.urgency, food.team_name) == ("amber", "North locality: Social team")
    assert food.due_at == on(WEDNESDAY, 12)

    # The practice brings the medicines.
    now = on(TUESDAY, 13)
    reviewer = staff("practice-reviewer", now)
    flow.perform(act.acknowledge, call_to_action=medicines.id, by=reviewer, now=now)
    assert need(reviewer, "Medicines").held_by == "First Surgery: Clinical team"
    flow.perform(act.add_note, call_to_action=medicines.id, text="Inhaler: the van leaves at 3.", by=reviewer, now=now)
    flow.perform(act.close, call_to_action=medicines.id, outcome="delivered", by=reviewer, now=now)
    assert states(now) == {"call_to_action_open": 1}

    # The locality asks the council for food.
    now = on(TUESDAY, 14)
    lead = staff("locality-lead", now)
    flow.perform(act.acknowledge, call_to_action=food.id, by=lead, now=now)
    council = governance.organisations("council")[0].id
    flow.perform(act.refer, call_to_action=food.id, organisation=council, asked="A food parcel", by=lead, now=now)
    assert states(now) == {"with_partner": 1}

    # The council has no account: it is sent a link, in an e-mail that says nothing about her.
    clock.set_clock(now, running=False)
    worker.run_jobs()
    (letter_to_council,) = messages("email", now)
    assert letter_to_council.to == "t02@example.org"
    assert "Hall" not in letter_to_council.body
    now = on(TUESDAY, 15)
    opened = flow.perform(act.open_referral, token=token_in(letter_to_council), by=nobody(now=now), now=now)
    assert opened is not None
    referral = opened.referral
    partner = Scope("partner", actor="partner", now=now, referral=referral, organisation=council)
    with enter(partner):
        shown = act_queries.referral(referral, scope=partner)
    assert shown is not None
    assert (shown.referral.name, shown.referral.asked) == ("Margaret Hall", "A food parcel")
    partner_does("accept", referral, partner)
    partner_does("report", referral, partner, outcome="done")

    # It has an outcome, and is the locality's again, which closes it, and with it the case.
    assert states(now) == {"call_to_action_open": 1}
    lead = staff("locality-lead", now)
    assert need(lead, "Food").status == "acknowledged"
    flow.perform(act.close, call_to_action=food.id, outcome="delivered", by=lead, now=now)
    assert rows("SELECT closed_at FROM act_case") == [(now,)]
    assert states(now) == {"answered": 1}

    # --- Learn: the day is counted ---
    sweeper.record_day(now=on(TUESDAY, 23))

    # --- And round again: the next check-in was planned with her answers, and opens in the morning ---
    now = on(WEDNESDAY, 8)
    sweeper.sweep(now=now)
    (again, _) = messages("sms", now)
    assert token_in(again) != token
    assert states(now) == {"invited": 1}
    sweeper.record_day(now=on(WEDNESDAY, 23))
    assert days_recorded() == {TUESDAY: {"answered": 1}, WEDNESDAY: {"invited": 1}}


def messages(channel: str, now: datetime) -> list[Message]:
    """What left by a channel, newest first."""
    with enter(system("test", now=now)) as scope:
        return outbox.messages(scope=scope, channel=channel)


def token_in(message: Message) -> str:
    return link_in(message.body).rsplit("/")[-1]


def prove(token: str, born: date, now: datetime) -> check_in.Proof | None:
    return flow.perform(
        check_in.prove, token=token, date_of_birth=born, address="192.0.2.1", by=nobody(now=now), now=now
    )


def need(by: Scope, label: str) -> WorklistRow:
    """The one line with this label on somebody's worklist. The lead also sees what practices hold."""
    with enter(by):
        (row,) = (row for row in act_queries.worklist(scope=by).rows if row.category_label == label)
    return row


def partner_does(verb: str, referral: UUID, by: Scope, outcome: str = "") -> None:
    flow.perform(act.answer_referral, referral=referral, verb=verb, outcome=outcome, text="", by=by, now=by.now)


def days_recorded() -> dict[date, dict[str, int]]:
    with enter(system("test", now=on(WEDNESDAY, 23))) as scope:
        lines = learn.ledger_by_day("covid-protect", scope=scope)
    return {line.date: {state: people for state, people in line.states.items() if people} for line in lines}
