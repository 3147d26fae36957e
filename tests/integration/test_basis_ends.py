"""The last of the COPI notices ends with 30 June 2022: what rests on it stops at that second, direct care goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.demo.personas import link_in
from openprotect.governance import actions as governance
from openprotect.governance import clock, queries
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.scope import Scope, enter, nobody, system
from openprotect.interop.feeds.legal_bases import read_bases
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs import sending, sweeper
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.act import queries as needs
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.check_in.errors import AskingHasEnded
from openprotect.journey.contact import actions as contact
from openprotect.journey.contact.errors import NobodyToRing
from openprotect.journey.learn.open_loops import open_loops
from openprotect.people.facts import ContactPointGiven
from openprotect.people.models import Person
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows, states
from tests.factories.small_service import ADA, BASHIR, FIRST, Invited, answer, cohort_run, open_service, staff
from tests.unit.governance.test_bases_rules import EXAMPLE

END = datetime(2022, 6, 30, 23, tzinfo=UTC)  # midnight in London
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MORNING = datetime(2022, 6, 28, 8, 0, tzinfo=UTC)
LAST_DAY = datetime(2022, 6, 30, 9, 0, tzinfo=UTC)

GUS = replace(BASHIR, source_id="gus", nhs_number="9990000034", given_name="Gus", family_name="Ford",
              practice_code=FIRST, contact_points=(ContactPointGiven("mobile", "+447700900003"),))  # fmt: skip
EVA = replace(GUS, source_id="eva", nhs_number="9990000042", given_name="Eva",
              contact_points=(ContactPointGiven("mobile", "+447700900004"),))  # fmt: skip
FAY = replace(GUS, source_id="fay", nhs_number="9990000050", given_name="Fay",
              contact_points=(ContactPointGiven("landline", "+441632960115"),))  # fmt: skip
CLEM = replace(GUS, source_id="clem", nhs_number="9990000069", given_name="Clem", restricted=True,
               practice_code="", contact_points=())  # fmt: skip
NADIA = replace(GUS, source_id="nadia", nhs_number="9990000077", given_name="Nadia", practice_code="",
                contact_points=())  # fmt: skip
EVERYBODY = (ADA, BASHIR, GUS, EVA, FAY, CLEM, NADIA)


@pytest.fixture(scope="module")
def walked(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Invited]:
    """The service from April 2020 to the last minutes of the notices, with people in every kind of open loop."""
    open_service(tmp_path_factory.mktemp("walk"))
    notices = read_bases(EXAMPLE)
    for known in (datetime(2020, 8, 1, tzinfo=UTC), datetime(2021, 3, 31, 9, tzinfo=UTC),
                  datetime(2021, 10, 1, tzinfo=UTC), datetime(2022, 3, 1, tzinfo=UTC)):  # fmt: skip
        by = system("test", now=known)
        flow.perform(governance.load_bases, bases=notices, by=by, now=known)
    for days in (91, 90, 89, 56, 30, 8, 7, 6):
        clock.set_clock(END - days * DAY, running=False)
        sweeper.sweep(now=END - days * DAY)
    return _found_in_the_last_days()


@pytest.fixture(autouse=True)
def undone(walked: dict[str, Invited]) -> Iterator[None]:
    """What a test does after the walk is undone, so that each begins in the last minutes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _found_in_the_last_days() -> dict[str, Invited]:
    # That for finding people had ended a year ago: nobody is found before another is stated.
    with pytest.raises(NoLiveBasis, match="Risk stratification"):
        cohort_run(*EVERYBODY, now=MORNING)
    flow.perform(
        governance.state_basis, key="finding-2022", title="Risk stratification, 2022", purpose="risk_stratification",
        owner_role="ig_lead", starts_at=MORNING, ends_at=MORNING + 365 * DAY,
        by=system("test", now=MORNING), now=MORNING,
    )  # fmt: skip
    clock.set_clock(MORNING, running=False)
    cohort_run(*EVERYBODY, now=MORNING)
    sending.send_due(now=MORNING)
    with enter(system("test", now=MORNING)) as by:
        sent = {message.to: message for message in outbox.messages(scope=by)}
    people = {
        each.source_id: Invited(
            link_in(sent[number].body).rsplit("/")[-1] if number in sent else "",
            each.date_of_birth or date.min,
            one("SELECT person_id FROM people_personidentity WHERE nhs_number = %s", each.nhs_number),
        )
        for each in EVERYBODY
        for number in [each.contact_points[0].value if each.contact_points else ""]
    }
    answer(people["ada"], MORNING, medicines="not_enough", medicines_days=0, medicines_collect=False)
    answer(people["bashir"], MORNING, food="no_food")
    clock.set_clock(LAST_DAY, running=False)
    sweeper.sweep(now=LAST_DAY)
    proof = proven(people["eva"], LAST_DAY)
    eva = Scope("person", actor="link", now=LAST_DAY, person=people["eva"].person)
    flow.perform(check_in.save_page, check_in=proof.check_in_id, answers={"who": "self"}, by=eva, now=LAST_DAY)
    return people


def proven(who: Invited, now: datetime) -> Any:
    return flow.perform(
        check_in.prove, token=who.token, date_of_birth=who.date_of_birth, address="192.0.2.1",
        by=nobody(now=now), now=now,
    )  # fmt: skip


def seen_by(username: str, now: datetime) -> set[Any]:
    with enter(staff(username, now)):
        return set(Person.objects.values_list("id", flat=True))


def end_now(now: datetime = END) -> None:
    flow.perform(governance.end_what_rests, by=system("worker", now=now), now=now)


def owners_who_see_nothing(now: datetime) -> list[Any]:
    return rows(
        "SELECT c.id FROM act_calltoaction c JOIN governance_team t ON t.id = c.owner_team_id"
        " WHERE c.status <> 'closed' AND NOT EXISTS (SELECT 1 FROM governance_accessgrant g"
        " JOIN governance_legalbasis b ON b.id = g.basis_id WHERE g.person_id = c.person_id"
        " AND g.organisation_id = t.organisation_id AND (g.ends_at IS NULL OR g.ends_at > op_now())"
        " AND (b.ends_at IS NULL OR b.ends_at > op_now()))",
        now=now,
    )


# --- Before ---


def test_warnings_were_given_90_56_30_and_7_days_ahead(walked: dict[str, Invited]) -> None:
    given = rows(
        "SELECT w.days, (w.ends_at - w.at) FROM governance_basiswarning w JOIN governance_legalbasis b"
        " ON b.id = w.basis_id WHERE b.key = 'copi-general' AND w.ends_at = %s ORDER BY w.id", END,
    )  # fmt: skip
    assert [(days, left.days) for days, left in given] == [(90, 90), (56, 56), (30, 30), (7, 7)]


def test_up_to_the_last_second_all_of_it_works(walked: dict[str, Invited]) -> None:
    now = END - SECOND
    assert {each.person for each in walked.values()} <= seen_by("surveillance", now)
    assert not proven(walked["gus"], now).ended
    with enter(system("test", now=now)):
        assert queries.live_basis(purpose="communicable_disease", now=now)


def test_what_is_open_can_be_handed_over_before_the_end(walked: dict[str, Invited]) -> None:
    basis = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    now = END - DAY / 2
    before = dict(rows("SELECT id, owner_team_id FROM act_calltoaction WHERE status <> 'closed'"))
    handed = flow.perform(act.hand_over_early, basis=basis, by=staff("ig-lead", now), now=now)
    after = dict(rows("SELECT id, owner_team_id FROM act_calltoaction WHERE status <> 'closed'", now=now))
    assert after.keys() == before.keys()
    assert handed == sum(after[id_] != before[id_] for id_ in after)
    assert flow.perform(act.hand_over_early, basis=basis, by=staff("ig-lead", now), now=now) == 0


def test_its_page_lists_what_is_open_and_hands_it_over(walked: dict[str, Invited]) -> None:
    now = END - DAY / 2
    clock.set_clock(now, running=False)
    basis = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    with enter(staff("ig-lead", now)) as scope:
        counted = {(line.kind, line.where): line.number for line in open_loops(basis, scope=scope).lines}
    assert counted["call", "Waiting to be rung"] >= 1
    assert counted["check-in", "Begun"] == 1
    assert sum(number for (kind, _), number in counted.items() if kind == "need") >= 1
    lead, guardian = signed_in("ig-lead"), signed_in("caldicott-guardian")
    address = f"/oversight/bases/{basis}"
    shown = lead.get(address).content.decode()
    for said in ("Waiting to be rung", "Needs action", "Hand over now", "COVID-19 Protect", "Ends in 1 day"):
        assert said in shown
    assert "/staff/needs/" not in shown  # counts only, for whoever may see no need
    assert "Hand over now" not in guardian.get(address).content.decode()
    assert lead.post(f"{address}/hand-over").status_code == 302
    assert "Ends in 1 day" in lead.get("/oversight/bases").content.decode()
    assert "Ends soon, and nothing is decided" in lead.get("/oversight/governance").content.decode()


def test_after_the_end_its_page_offers_nothing(walked: dict[str, Invited]) -> None:
    clock.set_clock(END, running=False)
    basis = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    shown = signed_in("ig-lead").get(f"/oversight/bases/{basis}").content.decode()
    assert "Ended" in shown
    assert "Hand over now" not in shown
    assert "What can be decided" not in shown


# --- At that second, before any worker has swept ---


def test_the_board_sees_nobody_and_the_practice_goes_on(walked: dict[str, Invited]) -> None:
    assert seen_by("surveillance", END) == set()
    assert seen_by("call-handler", END) == set()
    assert walked["ada"].person in seen_by("reviewer-t06", END)
    assert walked["ada"].person in seen_by("locality-lead", END) | seen_by("reviewer-t04", END)


def test_nothing_is_sent(walked: dict[str, Invited]) -> None:
    midday = END + DAY / 2  # outside quiet hours, with reminders due
    due = rows("SELECT id FROM contact_intent WHERE status = 'planned' AND step <> 'call' AND due_at <= %s", midday)
    assert due
    assert flow.perform(contact.claim_due, limit=500, by=system("worker", now=midday), now=midday) == []


def test_a_link_leads_to_999_111_and_whom_to_ring(walked: dict[str, Invited]) -> None:
    clock.set_clock(END, running=False)
    for token in (walked["gus"].token, "nobody-was-given-this"):
        shown = Client().get(f"/c/{token}")
        page = shown.content.decode()
        assert shown.status_code == 200
        assert "We have stopped asking how you are" in page
        assert all(number in page for number in ("tel:999", "tel:111", "GP practice", "op-phone"))
    assert proven(walked["gus"], END).ended
    assert proven(walked["ada"], END).ended


def test_what_was_begun_cannot_be_sent(walked: dict[str, Invited]) -> None:
    proof = proven(walked["eva"], END - SECOND)
    by = Scope("person", actor="link", now=END, person=walked["eva"].person)
    with pytest.raises(AskingHasEnded):
        flow.perform(check_in.save_page, check_in=proof.check_in_id, answers={}, by=by, now=END)


def test_no_call_is_handed_out(walked: dict[str, Invited]) -> None:
    before, after = LAST_DAY, END + DAY / 2
    assert flow.perform(contact.claim_call, by=staff("call-handler", before), now=before)
    with pytest.raises(NobodyToRing):
        flow.perform(contact.claim_call, by=staff("call-handler", after), now=after)


# --- When the worker has swept ---


def test_nothing_is_left_with_nobody(walked: dict[str, Invited]) -> None:
    # Given somebody who is being rung at the end
    flow.perform(contact.claim_call, by=staff("call-handler", LAST_DAY), now=LAST_DAY)
    open_before = {row[0] for row in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'")}
    assert owners_who_see_nothing(END)
    # When the end is swept
    end_now()
    # Then everything open has an owner who sees the person, and nobody is lost
    assert owners_who_see_nothing(END) == []
    still = {row[0] for row in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'", now=END)}
    assert open_before < still
    whys = {why for (why,) in rows("SELECT why FROM act_calltoaction WHERE source = 'basis'", now=END)}
    assert whys == {
        "being rung when our legal basis for asking ended",
        "had begun to answer when our legal basis for asking ended",
    }
    now = states(END)
    assert "lost" not in now
    assert now["asking_ended"] >= 1
    assert rows("SELECT 1 FROM contact_call WHERE ended_at IS NULL", now=END) == []
    assert rows("SELECT 1 FROM check_in_checkin WHERE status = 'open'", now=END) == []
    assert rows("SELECT 1 FROM contact_intent WHERE status = 'planned'", now=END) == []
    # And access under it is closed at that second, not when the worker came
    ends = rows(
        "SELECT DISTINCT g.ends_at FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id"
        " WHERE b.key = 'copi-general'", now=END,
    )  # fmt: skip
    assert ends == [(END,)]


def test_the_board_keeps_the_net_under_what_is_open_and_nothing_else(walked: dict[str, Invited]) -> None:
    later = END + timedelta(hours=9)
    end_now(later)
    with_needs = {p for (p,) in rows("SELECT person_id FROM act_calltoaction WHERE status <> 'closed'", now=later)}
    assert walked["gus"].person not in with_needs
    assert seen_by("surveillance", later) == with_needs
    assert walked["clem"].person in with_needs  # restricted: only the board's own team can
    # And when the last need is closed, it sees them no more
    by = staff("reviewer-t06", later)
    with enter(by) as scope:
        hers = [row.id for row in needs.worklist(scope=scope).rows if row.person == walked["ada"].person]
    assert hers
    for need in hers:
        flow.perform(act.acknowledge, call_to_action=need, by=by, now=later)
        with enter(by) as scope:
            outcome = needs.call_to_action(need, scope=scope).category.outcomes[0].code
        flow.perform(act.close, call_to_action=need, outcome=outcome, by=by, now=later)
    assert walked["ada"].person not in seen_by("surveillance", later + SECOND)
    assert walked["ada"].person in seen_by("reviewer-t06", later + SECOND)


def test_swept_twice_it_is_done_once(walked: dict[str, Invited]) -> None:
    end_now()
    before = rows("SELECT count(*), max(id) FROM governance_auditevent", now=END)
    later = END + DAY / 2
    assert flow.perform(governance.end_what_rests, by=system("worker", now=later), now=later) == 0
    assert rows("SELECT count(*), max(id) FROM governance_auditevent", now=later) == before


def test_under_what_replaces_it_everything_goes_on(walked: dict[str, Invited]) -> None:
    now = END - DAY / 2
    by = staff("ig-lead", now)
    new = flow.perform(
        governance.state_basis, key="regulation-3", title="Regulation 3 without a notice",
        purpose="communicable_disease", owner_role="ig_lead", starts_at=now, ends_at=END + 90 * DAY,
        by=system("test", now=now), now=now,
    )  # fmt: skip
    basis = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    flow.perform(governance.replace_basis, basis=basis, replaced_by=new, words="Goes on", by=by, now=now)
    seen = seen_by("surveillance", now)
    end_now()
    assert seen_by("surveillance", END) == seen
    assert not proven(walked["gus"], END).ended
    assert "asking_ended" not in states(END)


def test_whom_a_new_basis_lets_us_ask_is_the_same_member_again(walked: dict[str, Invited]) -> None:
    end_now()
    now = END + 10 * DAY - timedelta(hours=14)
    flow.perform(
        governance.state_basis, key="later", title="A later notice", purpose="communicable_disease",
        owner_role="ig_lead", starts_at=now, ends_at=now + 90 * DAY, by=system("test", now=now), now=now,
    )  # fmt: skip
    members = rows("SELECT id FROM identify_member ORDER BY id", now=now)
    cohort_run(*EVERYBODY, now=now)
    assert rows("SELECT id FROM identify_member ORDER BY id", now=now) == members
    assert "asking_ended" not in states(now)
    assert walked["gus"].person in seen_by("surveillance", now)
