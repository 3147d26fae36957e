"""Event -> what follows. The only file that knows all six stages.

    identify -> contact -> check in -> triage -> act -> learn

An action never calls the next stage: it returns what happened, and this table says what
follows. `now` runs in the same transaction, so an answer is never without its decision;
`later` is a job that is deferred in it, so that it is lost only if the event is. Loops of the
service (a missed check-in goes back to contact) are lines of this table, not imports. Every
event stands in it exactly once; "nothing follows" is written too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from openprotect.governance.events import AccessStopped, BasisEnded, ExportAsked, OrganisationsReorganised, TeamsClosed
from openprotect.governance.scope import Scope, at, enter, entered, system
from openprotect.journey.act import actions as act
from openprotect.journey.act.events import (
    CallToActionRaised,
    CaseClosed,
    ReferralSent,
    ReferralSettled,
)
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.check_in import queries as check_in_queries
from openprotect.journey.check_in.events import CheckInsMissed, CheckInsOpened, CheckInSubmitted
from openprotect.journey.contact import actions as contact
from openprotect.journey.contact.events import (
    ContactedInError,
    ContactExhausted,
    OccurrencesPlanned,
    WelfareConcern,
)
from openprotect.journey.identify import actions as identify
from openprotect.journey.identify.events import AskingEnded, CohortBuilt, MemberLeft, RecordsAsked
from openprotect.journey.learn.events import DayRecorded, RecordErased
from openprotect.journey.triage import actions as triage
from openprotect.journey.triage.events import NeedsFound, Triaged
from openprotect.lib.done import Done
from openprotect.people import actions as people
from openprotect.people.events import ContactDeclined, ContactWanted, DeathRecorded, ListReceived

Value = TypeVar("Value")
Arguments = Callable[[Any, Scope], Mapping[str, object]]


@dataclass(frozen=True)
class Now:
    """Run this action in the same transaction, as the system; `given` makes its arguments."""

    action: Callable[..., Done[Any]]
    given: Arguments


@dataclass(frozen=True)
class Later:
    """Defer the job of this name in the same transaction; its arguments are ids."""

    job: str
    given: Arguments


FLOW: Mapping[type, tuple[Now | Later, ...]] = {
    # Check-ins are locked before intents, everywhere: the order of a submission.
    # governance -> act
    AccessStopped: (Now(act.hand_over, lambda e, _: {"stop": e.stop}),),
    # governance -> people, and what is open for them
    OrganisationsReorganised: (
        Now(
            people.follow_reorganisation,
            lambda e, _: {"successions": e.successions, "moves": e.moves, "closed": e.closed},
        ),
        Now(act.follow_moves, lambda e, _: {}),
    ),
    TeamsClosed: (Now(act.follow_moves, lambda e, _: {}),),
    # people: a cohort run reads lists when the timetable or somebody says so
    ListReceived: (),
    ContactDeclined: (
        Now(check_in.withdraw, lambda e, _: {"person": e.person}),
        Now(contact.stop, lambda e, _: {"person": e.person, "why": "no_contact"}),
    ),
    ContactWanted: (Now(contact.resume_all, lambda e, _: {"person": e.person}),),
    DeathRecorded: (
        Now(check_in.withdraw, lambda e, _: {"person": e.person}),
        Now(contact.stop, lambda e, _: {"person": e.person, "why": "died"}),
    ),
    # identify: whoever cares for a person is told what the records say
    RecordsAsked: (Later("answer_why", lambda e, _: {"question": str(e.question)}),),
    # identify -> contact
    CohortBuilt: (
        Now(check_in.withdraw_left, lambda e, _: {"run": e.run}),
        Now(contact.plan, lambda e, _: {"run": e.run}),
        Now(act.own_restricted, lambda e, _: {}),
    ),
    MemberLeft: (
        Now(check_in.withdraw, lambda e, _: {"member": e.member}),
        Now(contact.stop, lambda e, _: {"member": e.member, "why": e.why}),
    ),
    # contact -> check in, or a team
    OccurrencesPlanned: (Now(check_in.open_planned, lambda e, _: {"batch": e.batch}),),
    ContactExhausted: (
        Now(
            act.raise_for,
            lambda e, _: {
                "member": e.member,
                "why": e.why,
                "source": "contact",
                "source_id": e.source_id,
            },
        ),
    ),
    WelfareConcern: (
        Now(
            act.raise_for,
            lambda e, _: {
                "member": e.member,
                "why": e.why,
                "source": "welfare",
                "source_id": e.source_id,
            },
        ),
    ),
    ContactedInError: (Now(identify.leave, lambda e, _: {"member": e.member, "why": "contacted_in_error"}),),
    # check in -> triage, and round to the next check-in
    CheckInsOpened: (),
    CheckInSubmitted: (
        Now(triage.decide, lambda e, _: {"answer_set": e.answer_set}),
        Now(contact.after_answer, lambda e, _: {"member": e.member, "occurrence": e.occurrence}),
    ),
    CheckInsMissed: (
        Now(
            contact.after_missed,
            lambda e, scope: {"missed": check_in_queries.missed_in(e.sweep, scope=scope)},
        ),
        Now(act.own_restricted, lambda e, _: {}),
    ),
    # triage -> act
    Triaged: (),
    NeedsFound: (Now(act.raise_calls, lambda e, _: {"decision": e.decision}),),
    # act -> partner, and back to contact
    CallToActionRaised: (),
    ReferralSent: (Later("send_referral_link", lambda e, _: {"referral": str(e.referral)}),),
    ReferralSettled: (Now(act.take_back, lambda e, _: {"referral": e.referral}),),
    CaseClosed: (
        Now(contact.resume, lambda e, _: {"member": e.member}),
        Now(identify.let_go, lambda e, _: {"member": e.member}),
    ),
    # learn
    DayRecorded: (),
    RecordErased: (Later("remove_letters", lambda e, _: {"letters": [str(each) for each in e.letters]}),),
    # a legal basis has ended: nobody is asked under it any more, and what is open goes to direct care
    BasisEnded: (
        Now(identify.leave_unasked, lambda e, _: {}),
        Now(act.hand_to_care, lambda e, _: {}),
    ),
    AskingEnded: (
        Now(act.take_over_asked, lambda e, _: {"programme": e.programme}),
        Now(check_in.withdraw_unasked, lambda e, _: {"programme": e.programme}),
        Now(contact.stop_unasked, lambda e, _: {"programme": e.programme}),
    ),
    # governance: whoever asked for a file is told when it is made
    ExportAsked: (Later("make_export", lambda e, _: {"export": str(e.export)}),),
}

_jobs: dict[str, Callable[..., object]] = {}


def connect_jobs(jobs: Mapping[str, Callable[..., object]]) -> None:
    """Say how each job of the table is deferred. Called once at start-up."""
    _jobs.clear()
    _jobs.update(jobs)


def perform(action: Callable[..., Done[Value]], *, by: Scope, now: datetime, **arguments: object) -> Value:
    """Run an action and all that follows from it in one transaction; returns its result.

    Opens the transaction in the scope of `by`, or joins the one that is open.
    """
    scope = by if by.now == now else at(by, now)
    alone = entered() is None
    with enter(scope):
        done = action(**arguments, by=scope, now=now)
        if any(FLOW[type(event)] for event in done.events):
            with enter(system("flow", now=now), to_the_end=alone) as flow:
                for event in done.events:
                    _follow(event, flow)
    return done.value


def _follow(event: object, flow: Scope) -> None:
    for line in FLOW[type(event)]:
        arguments = line.given(event, flow)
        if isinstance(line, Later):
            _jobs[line.job](**arguments)
            continue
        for further in line.action(**arguments, by=flow, now=flow.now).events:
            _follow(further, flow)
