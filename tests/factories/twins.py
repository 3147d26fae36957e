"""Two people of two practices in two localities, each with a row in every personal table. By the actions alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from openprotect.demo import opt_outs as national
from openprotect.governance import actions as governance_actions
from openprotect.governance.scope import Scope, nobody, system
from openprotect.jobs import sending
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.contact import actions as contact
from openprotect.journey.identify import why
from openprotect.people import actions as people
from openprotect.people import rights
from openprotect.people.facts import Arrival, ContactPointGiven
from openprotect.people.population import Population
from tests.factories import published_files
from tests.factories.seen import one, rows
from tests.factories.small_service import (
    ADA,
    BASHIR,
    BEGINS,
    FIRST,
    SECOND,
    Invited,
    answer,
    days_pass,
    small_service,
    staff,
)

NEEDS = {"medicines": "not_enough", "medicines_days": 0, "medicines_collect": False, "food": "no_food"}
SECOND_COUNCIL = {"code": "T09", "name": "Valley District Council", "kind": "council"}
UNANSWERED_UNTIL_RUNG = 6  # days
BASHIR_WITH_ADDRESS = replace(
    BASHIR,
    contact_points=(
        *BASHIR.contact_points,
        ContactPointGiven("landline", "+441632960112"),
        ContactPointGiven("address", "2 Low Road\nTesttown\nZM1 1AB"),
    ),
)


@dataclass(frozen=True)
class Twin:
    """One of the two: who they are, their practice, their locality, a referral of theirs."""

    person: UUID
    practice: int
    locality: int
    referral: UUID


def twins(folder: Path) -> tuple[Twin, Twin]:
    """The two, from invitation to answers, needs, referral, missed check-ins and a telephone call."""
    invited = small_service(folder, ADA, BASHIR_WITH_ADDRESS)
    listed = [_row(each.nhs_number, each.given_name, each.date_of_birth) for each in (ADA, BASHIR_WITH_ADDRESS)]
    published_files.receive(published_files.shielded_list(folder / "list.csv", *listed), now=BEGINS)
    flow.perform(
        governance_actions.register_organisations, rows=[SECOND_COUNCIL], by=system("test", now=BEGINS), now=BEGINS
    )
    both = (
        _cared_for(invited["ada"], practice=FIRST, locality="T04", partner="T02"),
        _cared_for(invited["bashir"], practice=SECOND, locality="T05", partner=SECOND_COUNCIL["code"]),
    )
    _looked_up_by_the_other(ADA, f"reviewer-{SECOND.lower()}")
    _looked_up_by_the_other(BASHIR, f"reviewer-{FIRST.lower()}")
    for twin, arrival in zip(both, (ADA, BASHIR_WITH_ADDRESS), strict=True):
        _objects(twin.person, arrival.nhs_number)
    national.exchange(Population(folder / "population"), now=BEGINS, of_a_thousand=1000)
    now = days_pass(UNANSWERED_UNTIL_RUNG)
    for twin, practice in zip(both, (FIRST, SECOND), strict=True):
        _writes(twin.person, now)
        asked = {"person": twin.person, "programme": "covid-protect"}  # an answer stays for a day
        flow.perform(why.ask_why, **asked, by=staff(f"reviewer-{practice.lower()}", now), now=now)
        handler = staff("call-handler", now)
        call = flow.perform(contact.claim_call, by=handler, now=now)
        flow.perform(contact.record_call, call=call, outcome="no_answer", contact_point=None, by=handler, now=now)
    return both


def _cared_for(invited: Invited, *, practice: str, locality: str, partner: str) -> Twin:
    _mistypes(invited)
    answer(invited, **NEEDS)
    needs = dict(rows("SELECT category, id FROM act_calltoaction WHERE person_id = %s", invited.person))
    reviewer, lead = staff(f"reviewer-{practice.lower()}"), staff(f"reviewer-{locality.lower()}")
    flow.perform(act.add_note, call_to_action=needs["medicines"], text="Rang the pharmacy.", by=reviewer, now=BEGINS)
    council = _organisation(partner)
    _governed(invited.person, practice)
    asked: dict[str, Any] = {"organisation": council, "asked": "A food parcel"}
    referral = flow.perform(act.refer, call_to_action=needs["food"], by=lead, now=BEGINS, **asked)
    sending.send_referral_link(referral=referral, now=BEGINS)
    by = Scope("partner", actor="partner", now=BEGINS, referral=referral, organisation=council)
    flow.perform(act.answer_referral, referral=referral, verb="accept", outcome="", text="", by=by, now=BEGINS)
    return Twin(invited.person, _organisation(practice), _organisation(locality), referral)


def _governed(person: UUID, practice: str) -> None:
    """A stop of access, a pattern looked into, a letter on who saw them. It is not for who has the referral."""
    manager = staff("practice-manager" if practice == FIRST else f"manager-{practice.lower()}")
    stopped = {"organisation": _organisation("T03"), "person": person, "reason": "Not asked for"}
    request = flow.perform(governance_actions.ask_access_stop, by=manager, now=BEGINS, **stopped)
    guardian, officer = staff("caldicott-guardian"), staff("ig-lead")
    decided = {"request": request, "verdict": "granted", "words": "They have no part in it."}
    flow.perform(governance_actions.decide_access_stop, by=guardian, now=BEGINS, **decided)
    seen = {"pattern": "bulk", "actor": "1", "person": person, "day": BEGINS.date(), "up_to": 1, "words": "A list"}
    flow.perform(governance_actions.review_pattern, by=officer, now=BEGINS, **seen)
    flow.perform(governance_actions.ask_who_saw_letter, person=person, by=officer, now=BEGINS)


def _looked_up_by_the_other(whom: Arrival, username: str) -> None:
    """In an emergency, for a few hours: long over when the probes look. Somebody has asked why."""
    words = {"reason": "danger", "words": "Rang us and cannot breathe"}
    who = {"nhs_number": whom.nhs_number, "date_of_birth": whom.date_of_birth}
    access = flow.perform(people.open_in_emergency, by=staff(username), now=BEGINS, **who, **words)
    ask = {"outcome": "ask", "words": "Did you ring 999?"}
    flow.perform(governance_actions.review_emergency_access, access=access, by=staff("ig-lead"), now=BEGINS, **ask)


def _mistypes(invited: Invited) -> None:
    # Of a link that nobody was given: a right date afterwards would forget the wrong ones.
    door = {"token": f"not-{invited.token}", "date_of_birth": date(1900, 1, 1), "address": "192.0.2.1"}
    flow.perform(check_in.prove, by=nobody(now=BEGINS), now=BEGINS, **door)


def _writes(person: UUID, now: datetime) -> None:
    by = Scope("person", actor="link", now=now, person=person)
    open_now = one("SELECT id FROM check_in_checkin WHERE person_id = %s AND status = 'open'", person, now=now)
    flow.perform(check_in.save_page, check_in=open_now, answers={"who": "self"}, by=by, now=now)
    flow.perform(people.record_wish, person=person, kind="contact", by=by, now=now)


def _objects(person: UUID, nhs_number: str) -> None:
    lead = staff("ig-lead")
    flow.perform(people.record_objection, person=person, purpose="", words="Not for planning", by=lead, now=BEGINS)
    flow.perform(
        rights.receive_request,
        kind="access",
        who="Themselves",
        reply_to="1 High Street",
        asked="What do you hold about me?",
        nhs_number=nhs_number,
        received_on=BEGINS.date(),
        by=lead,
        now=BEGINS,
    )


def _row(nhs_number: str, name: str, born: date | None) -> dict[str, str]:
    assert born is not None
    return {"Traced_NHSNUMBER": nhs_number, "PatientFirstName": name, "DateOfBirth": f"{born:%Y%m%d}"}


def _organisation(code: str) -> int:
    found: int = one("SELECT id FROM governance_organisation WHERE code = %s", code)
    return found
