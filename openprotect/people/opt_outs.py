"""The national data opt-out: who is asked about, what came back, and to whom it applies.

The national service is sent NHS numbers, one a line, and answers with those that have not opted
out. What was sent is kept as a file in the data folder: a number that was not in the last
exchange has not been checked, and is used for nothing beyond the person's own care.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from openprotect.governance.actions import permit, record
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.lib.done import Done
from openprotect.lib.errors import Fault
from openprotect.lib.london import today
from openprotect.people.errors import (
    CleanedListHasFaults,
    NewerOptOutsAreHere,
    NotASentFile,
    OptOutsAlreadyReceived,
    OptOutsNotFresh,
    SentTooLongAgo,
)
from openprotect.people.facts import Exchanged, Known, NumberList
from openprotect.people.models import Objection, OptOut, OptOutExchange, PersonIdentity
from openprotect.people.rules import objects, opt_out_change, opt_out_limit, too_old

_BATCH = 5000

_LATEST_OBJECTIONS = """
SELECT DISTINCT ON (person_id, purpose) person_id, purpose, kind FROM people_objection
WHERE person_id = ANY(%s::uuid[]) ORDER BY person_id, purpose, id DESC
"""


def numbers_held(*, scope: Scope) -> set[str]:
    """The NHS number of everybody in the care plane. System scope."""
    require(scope)
    return set(PersonIdentity.objects.exclude(nhs_number="").values_list("nhs_number", flat=True))


def send(*, numbers: Collection[str], by: Scope, now: datetime) -> Done[bytes]:
    """Begin an exchange: the content of the file to be sent, one number a line. A copy is kept."""
    permit("manage.lists", by=by)
    content = "".join(f"{number}\n" for number in sorted(set(numbers))).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    with enter(system("opt-outs", now=now)) as as_system:
        exchange = OptOutExchange.objects.create(sent_at=now, sent_by=by.actor, sha256=sha256, sent=len(set(numbers)))
        record("opt-outs sent", by=as_system, of="opt-out exchange", id=exchange.id)
    _keep(sha256, content)
    return Done(content)


def receive(*, sent: NumberList, cleaned: NumberList, by: Scope, now: datetime) -> Done[Exchanged]:
    """Take in what the national service sent back for a file of ours, as a whole or not at all.

    Raises NotASentFile, OptOutsAlreadyReceived, SentTooLongAgo, NewerOptOutsAreHere, CleanedListHasFaults.
    """
    permit("manage.lists", by=by)
    with enter(system("opt-outs", now=now)) as as_system, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('opt-outs'))")
        exchange = _exchange_of(sent, now)
        strangers = [
            Fault(cleaned.name, f"line {line}", "", number, f"a number that stands in {sent.name}")
            for number, line in cleaned.lines.items()
            if number not in sent.lines
        ]
        if strangers:
            raise CleanedListHasFaults(strangers)
        before = set(OptOut.objects.filter(until=None).values_list("nhs_number", flat=True))
        change = opt_out_change(sent=sent.lines.keys(), cleaned=cleaned.lines.keys(), before=before)
        OptOut.objects.filter(until=None, nhs_number__in=change.no_longer).update(until=now)
        OptOut.objects.bulk_create(
            [OptOut(nhs_number=number, since=now, exchange=exchange) for number in sorted(change.newly)],
            batch_size=_BATCH,
        )
        done = Exchanged(
            sent=len(sent.lines),
            cleaned=len(cleaned.lines),
            opted_out=len(change.opted_out),
            newly=len(change.newly),
            no_longer=len(change.no_longer),
        )
        OptOutExchange.objects.filter(id=exchange.id).update(
            received_at=now,
            received_sha256=cleaned.sha256,
            cleaned=done.cleaned,
            opted_out=done.opted_out,
            newly=done.newly,
            no_longer=done.no_longer,
        )
        record("opt-outs received", by=as_system, of="opt-out exchange", id=exchange.id)
    return Done(done)


def last_exchange(*, scope: Scope) -> OptOutExchange | None:
    """The newest exchange that was received: what is known of opt-outs, and as of when."""
    require(scope)
    return OptOutExchange.objects.exclude(received_at=None).order_by("-sent_at").first()


def require_fresh(*, scope: Scope) -> OptOutExchange:
    """The newest exchange, if it may be relied on now. Raises OptOutsNotFresh."""
    found = last_exchange(scope=scope)
    limit = opt_out_limit("may_be_used")
    if found is None or too_old(found.sent_at, limit, now=scope.now):
        since = f"The last exchange was sent on {today(found.sent_at):%-d %B %Y}" if found else "There was no exchange"
        raise OptOutsNotFresh(since=since, limit=str(limit))
    return found


def out_of_use(
    people: Collection[UUID], *, purposes: Collection[str], national: bool, scope: Scope
) -> dict[str, frozenset[UUID]]:
    """Who of these people is out of a use beyond their care: by national opt-out, by an objection of their own.

    With `national` whoever has not been checked in the last exchange counts as opted out; somebody
    without an NHS number cannot be checked and is left to their own objection. System scope.
    Raises OptOutsNotFresh.
    """
    require(scope)
    opted_out: frozenset[UUID] = frozenset()
    if national:
        known = _known(require_fresh(scope=scope), scope=scope)
        numbers = dict(
            PersonIdentity.objects.filter(person_id__in=list(people))
            .exclude(nhs_number="")
            .values_list("person_id", "nhs_number")
        )
        opted_out = frozenset(
            person for person, number in numbers.items() if number in known.opted_out or number not in known.checked
        )
    return {"opted_out": opted_out, "objected": _objecting(people, purposes)}


def known_of(*, purposes: Collection[str], scope: Scope) -> Known:
    """What is known for a use of the records of a whole population. System scope. Raises OptOutsNotFresh."""
    require(scope)
    known = _known(require_fresh(scope=scope), scope=scope)
    ids = list(Objection.objects.values_list("person_id", flat=True).distinct())
    objecting = _objecting(ids, purposes)
    numbers = PersonIdentity.objects.filter(person_id__in=list(objecting)).exclude(nhs_number="")
    return Known(known.opted_out, known.checked, frozenset(numbers.values_list("nhs_number", flat=True)))


def _known(exchange: OptOutExchange, *, scope: Scope) -> Known:
    opted_out = frozenset(OptOut.objects.filter(until=None).values_list("nhs_number", flat=True))
    checked = _kept(exchange.sha256)
    if hashlib.sha256(checked).hexdigest() != exchange.sha256:
        raise OptOutsNotFresh(since="What was last sent is not kept any more", limit=str(opt_out_limit("may_be_used")))
    return Known(opted_out, frozenset(checked.decode().split()), frozenset())


def _objecting(people: Collection[UUID], purposes: Collection[str]) -> frozenset[UUID]:
    latest: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_OBJECTIONS, [list(people)])
        for person, purpose, kind in cursor.fetchall():
            latest[person][purpose] = kind
    return frozenset(person for person, words in latest.items() if objects(words, purposes))


def _exchange_of(sent: NumberList, now: datetime) -> OptOutExchange:
    ours = OptOutExchange.objects.filter(sha256=sent.sha256).order_by("-sent_at", "-id")
    found = ours.first()
    if found is None:
        raise NotASentFile(name=sent.name)
    if found.received_at is not None:
        raise OptOutsAlreadyReceived(name=sent.name)
    if too_old(found.sent_at, opt_out_limit("may_be_received"), now=now):
        raise SentTooLongAgo(name=sent.name, limit=str(opt_out_limit("may_be_received")))
    if OptOutExchange.objects.filter(sent_at__gt=found.sent_at, received_at__isnull=False).exists():
        raise NewerOptOutsAreHere(name=sent.name)
    return found


def _keep(sha256: str, content: bytes) -> None:
    path = _path(sha256)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=path.parent)  # for its owner alone, and never seen half written
    with open(handle, "wb") as file:
        file.write(content)
    os.replace(half, path)


def _kept(sha256: str) -> bytes:
    path = _path(sha256)
    return path.read_bytes() if path.is_file() else b""


def _path(sha256: str) -> Path:
    # By what it holds: another database that has the folder, such as a restored one, numbers its exchanges alike.
    folder: Path = settings.DATA / "opt-outs"
    return folder / f"{sha256}.txt"
