"""What people ask about their records: received, identity checked, worked, answered. Every step stays, but of
an erasure that was carried out: that went with the record, and the audit trail has it.

`rights.toml` says whose each kind is and by when. Nothing is given out before the identity of whoever
asked was checked, and no step is ever changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from openprotect.governance import actions as governance
from openprotect.governance.actions import permit, record
from openprotect.governance.errors import NotThere
from openprotect.governance.queries import is_another_boards
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.lib.done import Done
from openprotect.lib.london import today
from openprotect.lib.nhs_number import is_nhs_number, parse_nhs_number
from openprotect.people import actions as people
from openprotect.people.errors import (
    AlreadyAnswered,
    IdentityNotChecked,
    NobodyFound,
    NoExtension,
    NotAnOutcome,
    NotUpheld,
    PersonIsNamed,
)
from openprotect.people.models import PersonIdentity, RightsRequest, RightsStep
from openprotect.people.rules import Route, acknowledge_by, due, extended, routes

_UPHELD_ERASURE = Q(kind=RightsRequest.Kind.ERASURE, outcome="upheld")
# Outcomes with which nothing leaves, so that nobody's identity needs to be known for them.
_GIVES_NOTHING = ("withdrawn", "refused", "not_held")


@dataclass(frozen=True)
class Request:
    """A request with its route and steps, as of the moment that was asked about."""

    row: RightsRequest
    route: Route
    steps: Sequence[RightsStep]
    to_be_erased: bool
    overdue: bool
    acknowledgement_overdue: bool


def requests(*, scope: Scope) -> list[Request]:
    """The register of the reader's organisation: what is due first comes first, what is answered last.

    An erasure that is upheld and not carried out is due like one that is open.
    """
    require(scope)
    rows = RightsRequest.objects.order_by("due_on", "id")
    waiting = Q(closed_at=None) | _UPHELD_ERASURE
    open_ = [_seen(row, (), scope) for row in rows.filter(waiting)]
    return open_ + [_seen(row, (), scope) for row in rows.exclude(waiting).order_by("-closed_at")[:100]]


@dataclass(frozen=True)
class Overdue:
    """A request that was to be acknowledged or answered by a day that is past; `to` is whom its organisation's mail goes."""

    request: UUID
    what: str
    due_on: date
    to: str


def overdue(*, scope: Scope) -> list[Overdue]:
    """What the reader's organisation has not answered or acknowledged in time, the longest past first."""
    require(scope)
    day = today(scope.now)
    late = RightsRequest.objects.filter(
        Q(due_on__lt=day) | Q(acknowledge_by__lt=day, acknowledged_at=None), closed_at=None
    )
    found = []
    for row in late.select_related("organisation").order_by("due_on", "id"):
        if row.due_on < day:
            found.append(Overdue(row.id, "answered", row.due_on, row.organisation.email))
        if row.acknowledge_by is not None and row.acknowledged_at is None and row.acknowledge_by < day:
            found.append(Overdue(row.id, "acknowledged", row.acknowledge_by, row.organisation.email))
    return found


def request(id_: UUID, *, scope: Scope) -> Request | None:
    """One request with what was done about it."""
    require(scope)
    row = RightsRequest.objects.filter(id=id_).first()
    return _seen(row, list(row.steps.order_by("at", "id")), scope) if row else None


def receive_request(
    *,
    kind: str,
    who: str,
    reply_to: str,
    asked: str,
    nhs_number: str,
    received_on: date,
    by: Scope,
    now: datetime,
) -> Done[UUID]:
    """Write down what somebody asks. The clocks run from the day of receipt, whenever that was."""
    permit("act.rights", by=by)
    route = routes()[kind]
    if by.organisation is None:
        raise NotThere()
    person = _person(nhs_number, by)
    with enter(system("rights", now=now)):
        row = RightsRequest.objects.create(
            kind=kind,
            person_id=person,
            organisation_id=by.organisation,
            who=who,
            reply_to=reply_to,
            asked=asked,
            received_on=received_on,
            acknowledge_by=acknowledge_by(route, received_on),
            due_on=due(route, received_on),
        )
    _step(row, "received", "", by, now)
    return Done(row.id)


def name_person(*, request: UUID, nhs_number: str, by: Scope, now: datetime) -> Done[None]:
    """Say whose records a request is about. Once said it stays: what was checked and asked since is about them.

    Raises PersonIsNamed, NobodyFound.
    """
    row = _open(request, by)
    if row.person_id is not None:
        raise PersonIsNamed()
    person = _person(nhs_number, by)
    if person is None:
        raise NobodyFound()
    with enter(system("rights", now=now)):
        RightsRequest.objects.filter(id=row.id).update(person_id=person)
    row.person_id = person
    _step(row, "person named", "", by, now)
    return Done(None)


def check_identity(*, request: UUID, how: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that and how the identity of whoever asked was checked."""
    row = _open(request, by)
    _change(row, now, identity_checked_at=now)
    _step(row, "identity checked", how, by, now)
    return Done(None)


def acknowledge(*, request: UUID, words: str, by: Scope, now: datetime) -> Done[None]:
    """Write down that whoever asked was told that we have it."""
    row = _open(request, by)
    if row.acknowledged_at is None:
        _change(row, now, acknowledged_at=now)
    _step(row, "acknowledged", words, by, now)
    return Done(None)


def extend(*, request: UUID, why: str, by: Scope, now: datetime) -> Done[date]:
    """Take the longer time that the law gives where a request is complex, once, before the first has passed."""
    row = _open(request, by)
    longer = extended(routes()[row.kind], row.received_on)
    if longer is None or row.extended_because or today(now) > row.due_on:
        raise NoExtension()
    _change(row, now, due_on=longer, extended_because=why)
    _step(row, "extended", why, by, now)
    return Done(longer)


def note(*, request: UUID, words: str, by: Scope, now: datetime) -> Done[None]:
    """Write down what was done or found."""
    _step(_open(request, by), "note", words, by, now)
    return Done(None)


def ask_file(*, request: UUID, by: Scope, now: datetime) -> Done[UUID]:
    """Ask for the file of everything that is held about the person. Raises IdentityNotChecked, NobodyFound."""
    row = _open(request, by)
    if row.kind != RightsRequest.Kind.ACCESS:
        raise NotThere()
    if row.person_id is None:
        raise NobodyFound()
    if row.identity_checked_at is None:
        raise IdentityNotChecked()
    done = governance.ask_own_records(request=row.id, reason="A person asked to see their records", by=by, now=now)
    _step(row, "file asked for", "", by, now)
    return done


def answer(*, request: UUID, outcome: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Close a request with what came of it. An objection that is upheld holds from this second on."""
    row = _open(request, by)
    route = routes()[row.kind]
    if outcome not in route.outcomes:
        raise NotAnOutcome()
    if route.identity and outcome not in _GIVES_NOTHING and row.identity_checked_at is None:
        raise IdentityNotChecked()
    upheld = outcome == "upheld"
    if row.kind in (RightsRequest.Kind.OBJECTION, RightsRequest.Kind.ERASURE) and upheld and row.person_id is None:
        raise NobodyFound()
    if row.kind == RightsRequest.Kind.OBJECTION and upheld and row.person_id:
        people.record_objection(person=row.person_id, purpose="", words=row.asked, by=by, now=now)
    _change(row, now, closed_at=now, outcome=outcome)
    _step(row, "answered", words, by, now)
    return Done(None)


def person_of(request: UUID, *, scope: Scope) -> UUID | None:
    """Whose records a request is about, while it is open and the identity was checked. System scope."""
    require(scope)
    found = RightsRequest.objects.filter(id=request, closed_at=None, identity_checked_at__isnull=False)
    return found.values_list("person_id", flat=True).first()


def upheld_erasure(request: UUID, *, by: Scope) -> tuple[UUID, str]:
    """Whose record is to be erased by an upheld request, and who answered it. Raises NotThere, NotUpheld."""
    permit("act.rights", by=by)
    row = RightsRequest.objects.filter(id=request).first()
    if row is None:
        raise NotThere()
    if not (row.kind == RightsRequest.Kind.ERASURE and row.outcome == "upheld" and row.person_id):
        raise NotUpheld()
    return row.person_id, row.steps.filter(what="answered").order_by("-id").values_list("by", flat=True)[0]


def _open(request: UUID, by: Scope) -> RightsRequest:
    permit("act.rights", by=by)
    if not RightsRequest.objects.filter(id=request).exists():
        raise NotThere()
    # Locked: of two answers sent at once the second reads that there is one.
    with enter(system("rights", now=by.now)):
        row = RightsRequest.objects.select_for_update(of=("self",), no_key=True).filter(id=request).first()
    if row is None:
        raise NotThere()
    if row.closed_at is not None:
        raise AlreadyAnswered()
    return row


def _change(row: RightsRequest, now: datetime, **changed: object) -> None:
    with enter(system("rights", now=now)):
        RightsRequest.objects.filter(id=row.id).update(**changed)


def _step(row: RightsRequest, what: str, words: str, by: Scope, now: datetime) -> None:
    with enter(system("rights", now=now)):
        RightsStep.objects.create(
            request_id=row.id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            at=now,
            by=by.actor,
            what=what,
            words=words,
        )
    record(f"request {what}"[:60], by=by, person=row.person_id, of="request", id=row.id, why=row.kind)


def _person(nhs_number: str, by: Scope) -> UUID | None:
    """Whose number it is, unless only another board has to do with them: their file is that board's to give."""
    if not is_nhs_number(nhs_number):
        return None
    number = parse_nhs_number(nhs_number)
    with enter(system("rights", now=by.now)):
        found = PersonIdentity.objects.filter(nhs_number=number).values_list("person_id", flat=True).first()
    return None if found is None or is_another_boards(found, scope=by) else found


def _seen(row: RightsRequest, steps: Sequence[RightsStep], scope: Scope) -> Request:
    day, closed = today(scope.now), row.closed_at is not None
    to_be_erased = row.kind == RightsRequest.Kind.ERASURE and row.outcome == "upheld"
    waits = row.acknowledge_by is not None and row.acknowledged_at is None and not closed
    return Request(
        row=row,
        route=routes()[row.kind],
        steps=steps,
        to_be_erased=to_be_erased,
        overdue=(not closed or to_be_erased) and day > row.due_on,
        acknowledgement_overdue=waits and row.acknowledge_by is not None and day > row.acknowledge_by,
    )
