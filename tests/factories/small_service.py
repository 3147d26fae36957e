"""A small service with people in it, made by its own actions: nothing is inserted behind them.

One board, a council, volunteers, two localities with a practice each, everybody who works in the
demo, the COVID-19 Protect pack, and whoever a test asks for, invited and waiting to be heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa

from openprotect.demo import setting_up
from openprotect.demo.personas import link_in
from openprotect.governance import clock
from openprotect.governance import queries as governance
from openprotect.governance.scope import Scope, enter, system
from openprotect.interop.outbox import queries as outbox
from openprotect.jobs import sending, sweeper
from openprotect.journey import flow
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.facts import CohortResult
from openprotect.journey.identify.members import MEMBERS
from openprotect.people.facts import Arrival, ContactPointGiven
from openprotect.programmes import actions as programmes
from openprotect.programmes.definitions.pack import Pack
from openprotect.programmes.loader import load_pack
from openprotect.programmes.queries import switched_on as programmes_on

PACK = Path(__file__).parents[2] / "packs" / "covid-protect"
BEGINS = datetime(2020, 4, 7, 9, 0, tzinfo=UTC)
ORGANISATIONS = """code,name,kind,parent,phone
T01,Test Integrated Care Board,central,,01632 960000
T02,Test County Council,council,,01632 960001
T03,Test Volunteers,voluntary,,01632 960002
T04,North locality,locality,T01,01632 960003
T05,South locality,locality,T01,01632 960004
T06,First Surgery,practice,T04,01632 960005
T07,Second Surgery,practice,T05,01632 960006
"""
FIRST, SECOND = "T06", "T07"

ADA = Arrival(
    source="test",
    source_id="ada",
    nhs_number="9990000018",
    given_name="Ada",
    family_name="Okafor",
    date_of_birth=date(1945, 3, 31),
    practice_code=FIRST,
    contact_points=(
        ContactPointGiven("mobile", "+447700900001"),
        ContactPointGiven("landline", "+441632960111"),
        ContactPointGiven("address", "1 High Street\nTesttown\nZM1 1AA"),
    ),
    needs=(("large_print", ""), ("carer", "")),
)
BASHIR = replace(
    ADA,
    source_id="bashir",
    nhs_number="9990000026",
    given_name="Bashir",
    family_name="Khan",
    date_of_birth=date(1950, 1, 2),
    language="ur",
    practice_code=SECOND,
    contact_points=(ContactPointGiven("mobile", "+447700900002"),),
    needs=(("interpreter", ""),),
)

ALL_WELL: Mapping[str, Any] = {
    "who": "self",
    "breathless": "no",
    "emergency_signs": ["none"],
    "symptoms": ["none"],
    "worse_today": False,
    "condition_worse": "no",
    "medicines": "enough",
    "food": "enough",
    "care": "not_needed",
    "rely_on": True,
    "mood": "all_right",
    "lonely": "hardly_ever",
    "home": ["none"],
    "safe_at_home": "yes",
    "oximeter": "do_not_have",
    "call_wanted": "no",
}


@dataclass(frozen=True)
class Invited:
    """Somebody who was written to; `token` is that of their link."""

    token: str
    date_of_birth: date
    person: UUID


@cache
def shipped_pack() -> Pack:
    """The pack as it is shipped; nothing changes it, so that it is read once in a process."""
    return load_pack(PACK)


def open_service(folder: Path) -> int:
    """The service on its first morning, with nobody in it; returns the version of the pack that runs."""
    clock.set_clock(BEGINS, running=False)
    pack = shipped_pack()
    organisations = folder / "organisations.csv"
    organisations.write_text(ORGANISATIONS, encoding="utf-8")
    setting_up.set_up(organisations=organisations, pack=pack, now=BEGINS)
    by = system("test", now=BEGINS)
    version = flow.perform(programmes.publish_pack, pack=pack, by=by, now=BEGINS)
    flow.perform(programmes.switch_on, version=version, by=by, now=BEGINS)
    return version


def cohort_run(*people: Arrival, now: datetime = BEGINS) -> None:
    """A cohort run that finds these people and nobody else."""
    by = system("test", now=now)
    with enter(by):
        version = programmes_on()["covid-protect"]
    flow.perform(
        identify.build_cohort,
        pack_version=version,
        dataset="test",
        index_date=now.date(),
        result=_found(people),
        arrivals=people,
        by=by,
        now=now,
    )


def small_service(folder: Path, *people: Arrival) -> dict[str, Invited]:
    """The service on its first morning; returns those who were written to, by their source id."""
    open_service(folder)
    cohort_run(*people)
    sending.send_due(now=BEGINS)
    with enter(system("test", now=BEGINS)) as by:
        sent = outbox.messages(scope=by)
    by_number = {message.to: message for message in sent}
    return {
        each.source_id: Invited(
            link_in(message.body).rsplit("/")[-1], each.date_of_birth or date.min, message.person_id
        )
        for each in people
        if each.contact_points and (message := by_number.get(each.contact_points[0].value))
    }


def answer(invited: Invited, now: datetime = BEGINS, **changed: Any) -> None:
    """They open their link and answer: all is well but what is changed."""
    nobody = Scope("nobody", actor="nobody", now=now)
    proof = flow.perform(
        check_in.prove,
        token=invited.token,
        date_of_birth=invited.date_of_birth,
        address="192.0.2.1",
        by=nobody,
        now=now,
    )
    person = Scope("person", actor=f"link:{proof.link_id}", now=now, person=proof.person_id)
    flow.perform(
        check_in.submit,
        check_in=proof.check_in_id,
        answers={**ALL_WELL, **changed},
        answered_by="self",
        submission_key=uuid4(),
        by=person,
        now=now,
    )


def days_pass(days: int) -> datetime:
    """Nobody does anything but the worker, every morning; returns the last morning."""
    now = BEGINS
    for day in range(1, days + 1):
        now = BEGINS + timedelta(days=day)
        clock.set_clock(now, running=False)
        sweeper.sweep(now=now)
        sweeper.record_day(now=now)
    return now


def staff(username: str, now: datetime = BEGINS) -> Scope:
    """The scope of somebody who works here."""
    user = governance.user_id_of(username)
    member = governance.staff_member(user, now=now) if user else None
    assert member is not None, username
    return member.scope


def _found(people: Sequence[Arrival]) -> CohortResult:
    rows = [
        {"person_id": each.source_id, "rule": "TEST", "group": "test", "reason": "Made for a test"} for each in people
    ]
    return CohortResult(
        index_date=BEGINS.date(),
        members=pa.Table.from_pylist(rows, schema=MEMBERS),
        people=len(people),
        groups={"test": len(people)},
        excluded={},
        attrition=(("everybody", len(people)),),
    )
