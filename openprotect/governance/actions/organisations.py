"""Writes of organisations and of what they are to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet

from openprotect.governance import errors
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.reach import may_change
from openprotect.governance.actions.reorganising import effects
from openprotect.governance.models import Organisation, OrganisationRelation, Team
from openprotect.governance.rules import relations as rules
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib import london
from openprotect.lib.dates import EARLIEST, LATEST
from openprotect.lib.done import Done

Kind = OrganisationRelation.Kind
HERE = OrganisationRelation.Source.HERE
CODE = re.compile(r"[A-Z0-9]{3,8}")
LONGEST_NAME = 200


def register_organisations(rows: Iterable[Mapping[str, str]], *, by: Scope, now: datetime) -> Done[dict[str, int]]:
    """Take in organisations (code, name, kind, parent code, telephone, email); parents first.

    A parent that is new to an organisation is so from today, and the one before until yesterday.
    Returns their ids by code.
    """
    permit("manage.organisations", by=by)
    ids: dict[str, int] = {}
    with enter(system("governance", now=now)):
        for row in rows:
            organisation, _ = Organisation.objects.update_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "kind": row["kind"],
                    "telephone": row.get("telephone", ""),
                    "email": row.get("email", ""),
                },
            )
            ids[row["code"]] = organisation.id
            if parent := ids.get(row.get("parent", "")):
                _belongs_to(organisation.id, parent, now=now)
        done = effects(by=by, now=now)
    record("organisations registered", by=by, why=f"{len(ids)} organisations")
    return Done(ids, done.events)


def _belongs_to(organisation: int, parent: int, *, now: datetime) -> None:
    today = london.today(now)
    is_locality = Organisation.objects.filter(id=parent, kind=Organisation.Kind.LOCALITY).exists()
    kind = Kind.LOCATED_IN if is_locality else Kind.PART_OF
    from_now = _of_kind(organisation, kind).filter(Q(ends_on=None) | Q(ends_on__gte=today))
    if from_now.filter(to_id=parent).exists():
        return
    _withdraw_or_end(from_now, before=today, now=now)
    _write(organisation, kind, parent, today, None, now=now)


def relate(
    *, organisation: str, kind: str, to: str, starts_on: date, ends_on: date | None, by: Scope, now: datetime
) -> Done[int]:
    """Write down what an organisation is to another, from the first day until the last; returns the relation's id.

    Raises UnknownOrganisation, EndsBeforeItStarts, NotItsOwnSuccessor or RelationsContradict.
    """
    permit("manage.organisations", by=by)
    of, other = find(organisation), find(to)
    may_change(of.id, by=by)
    if of.id == other.id:
        raise errors.NotItsOwnSuccessor(code=of.code)
    _in_order(starts_on, ends_on)
    with enter(system("governance", now=now)):
        _alone()
        wanted = OrganisationRelation(
            organisation=of, kind=kind, to=other, starts_on=starts_on, ends_on=ends_on, source=HERE, recorded_at=now
        )
        if there := rules.clash(wanted, list(_of_kind(of.id, kind).select_related("to"))):
            raise _contradiction(of.code, there)
        wanted.save(force_insert=True)
        done = effects(by=by, now=now)
    record("relation recorded", by=by, of="organisation", id=of.id, why=f"{kind} {other.id}")
    return Done(wanted.id, done.events)


def end_relation(*, relation: int, ends_on: date, by: Scope, now: datetime) -> Done[None]:
    """End a relation with the last day on which it holds; the past stays true. Raises EndsBeforeItStarts."""
    permit("manage.organisations", by=by)
    with enter(system("governance", now=now)):
        _alone()
        found = OrganisationRelation.objects.filter(id=relation, withdrawn_at=None).exclude(kind=Kind.SUCCEEDED_BY)
        there = found.first()
        if there is None:
            raise errors.NoSuchRelation()
        may_change(there.organisation_id, by=by)
        _in_order(there.starts_on, ends_on)
        if there.ends_on is not None and there.ends_on < ends_on:
            raise errors.EndsBeforeItStarts(starts=f"{there.starts_on:%-d %B %Y}", ends=f"{there.ends_on:%-d %B %Y}")
        found.update(ends_on=ends_on, source=HERE, recorded_at=now)
        done = effects(by=by, now=now)
    record("relation ended", by=by, of="organisation", id=there.organisation_id, why=f"{there.kind} {there.to_id}")
    return Done(None, done.events)


def close_organisation(*, organisation: str, last_day: date, by: Scope, now: datetime) -> Done[None]:
    """An organisation is no more after its last day, and nobody succeeds it.

    Its relations end with that day; after it its teams close, what they hold goes on to other
    teams, nobody works there and it sees nobody any more.
    """
    permit("manage.organisations", by=by)
    _within_reach(last_day)
    of = find(organisation)
    may_change(of.id, by=by)
    if of.closed_on is not None:
        raise errors.AlreadyClosed(code=of.code, closed=f"{of.closed_on:%-d %B %Y}")
    _keep_the_safety_net(of)
    with enter(system("governance", now=now)):
        _alone()
        touched = _end_with(of, last_day, now=now)
        done = effects(by=by, now=now, touched=touched)
    record("organisation closed", by=by, of="organisation", id=of.id)
    return Done(None, done.events)


def merge_organisations(
    *, codes: Sequence[str], into: str, name: str, starts_on: date, by: Scope, now: datetime
) -> Done[int]:
    """From a day on, one organisation does the work of others; returns its id.

    The relations of and to the others end the day before, and those to them go on with the
    successor. It is made if it is not there yet, of their kind, part of what all of them were part
    of, and then needs a name. On the day, grants, teams and memberships go on with it.
    """
    permit("manage.organisations", by=by)
    _within_reach(starts_on)
    olds = list({found.id: found for found in map(find, codes)}.values())  # the same code in two ways is one
    there = Organisation.objects.filter(code=into.strip().upper()).values_list("id", flat=True)
    may_change(*(old.id for old in olds), *there, by=by)
    for old in olds:
        _may_be_succeeded(old, into, starts_on)
    with enter(system("governance", now=now)):
        _alone()
        new = _successor(olds, into, name, starts_on, now=now)
        touched: list[int] = []
        for old in olds:
            touched += _related_to(old, new, starts_on, now=now)
            touched += _end_with(old, rules.day_before(starts_on), now=now)
            _write(old.id, Kind.SUCCEEDED_BY, new.id, starts_on, None, now=now)
        done = effects(by=by, now=now, touched=touched)
    for old in olds:
        record("organisation merged", by=by, of="organisation", id=old.id, why=f"into {new.id}")
    return Done(new.id, done.events)


def find(code: str) -> Organisation:
    """The organisation with a code, written in any case. Raises UnknownOrganisation."""
    found = Organisation.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise errors.UnknownOrganisation(code=code.strip()[:20])
    return found


def _may_be_succeeded(old: Organisation, into: str, starts_on: date) -> None:
    if old.code == into.strip().upper():
        raise errors.NotItsOwnSuccessor(code=old.code)
    before = _of_kind(old.id, Kind.SUCCEEDED_BY).select_related("to").first()
    if before is not None:
        raise errors.AlreadySucceeded(code=old.code, other=before.to.code)
    if old.closed_on is not None and old.closed_on < rules.day_before(starts_on):
        raise errors.AlreadyClosed(code=old.code, closed=f"{old.closed_on:%-d %B %Y}")
    if old.opened_on is not None and old.opened_on >= starts_on:
        raise errors.EndsBeforeItStarts(
            starts=f"{old.opened_on:%-d %B %Y}", ends=f"{rules.day_before(starts_on):%-d %B %Y}"
        )


def _successor(olds: Sequence[Organisation], code: str, name: str, starts_on: date, *, now: datetime) -> Organisation:
    code = code.strip().upper()
    there = Organisation.objects.filter(code=code).first()
    if there is not None:
        if there.closed_on is not None:
            raise errors.AlreadyClosed(code=there.code, closed=f"{there.closed_on:%-d %B %Y}")
        return there
    if CODE.fullmatch(code) is None:
        raise errors.NotACode(code=code[:20])
    if not name.strip():
        raise errors.SuccessorNeedsAName(code=code)
    if len(name.strip()) > LONGEST_NAME:
        raise errors.NameTooLong(length=f"{len(name.strip()):,}", most=LONGEST_NAME)
    new = Organisation.objects.create(code=code, name=name.strip(), kind=olds[0].kind, opened_on=starts_on)
    were_part_of = {
        each.to_id
        for old in olds
        for each in _of_kind(old.id, Kind.PART_OF)
        if rules.holds(each, rules.day_before(starts_on))
    }
    if len(were_part_of) == 1:
        _write(new.id, Kind.PART_OF, were_part_of.pop(), starts_on, None, now=now)
    return new


def _related_to(old: Organisation, new: Organisation, starts_on: date, *, now: datetime) -> list[int]:
    """What others were to the old organisation they are to the new from the day on; returns the others."""
    going_on = list(
        OrganisationRelation.objects.filter(to=old, withdrawn_at=None)
        .filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
        .exclude(kind=Kind.SUCCEEDED_BY)
    )
    going_on_ids = [each.id for each in going_on]
    _withdraw_or_end(OrganisationRelation.objects.filter(id__in=going_on_ids), before=starts_on, now=now)
    OrganisationRelation.objects.bulk_create(
        OrganisationRelation(
            organisation_id=each.organisation_id,
            kind=each.kind,
            to=new,
            starts_on=max(each.starts_on, starts_on),
            ends_on=each.ends_on,
            source=HERE,
            recorded_at=now,
        )
        for each in going_on
        if each.organisation_id != new.id
    )
    return [each.organisation_id for each in going_on]


def _end_with(of: Organisation, last_day: date, *, now: datetime) -> list[int]:
    """End what an organisation is, and what others are to it, with its last day; returns whom that touches."""
    ending = OrganisationRelation.objects.filter(
        Q(organisation=of) | Q(to=of), Q(ends_on=None) | Q(ends_on__gt=last_day), withdrawn_at=None
    ).exclude(kind=Kind.SUCCEEDED_BY)
    touched = list(ending.values_list("organisation_id", flat=True))
    _withdraw_or_end(ending, before=rules.day_after(last_day), now=now)
    Organisation.objects.filter(id=of.id).update(closed_on=last_day, closing_recorded_at=now)
    return touched


def _withdraw_or_end(relations: QuerySet[OrganisationRelation], *, before: date, now: datetime) -> None:
    """Relations end the day before; one that would not have begun by then is withdrawn."""
    ids = list(relations.values_list("id", "starts_on"))
    begun = [id_ for id_, starts_on in ids if starts_on < before]
    others = [id_ for id_, starts_on in ids if starts_on >= before]
    every = OrganisationRelation.objects
    every.filter(id__in=begun).update(ends_on=rules.day_before(before), source=HERE, recorded_at=now)
    every.filter(id__in=others).update(withdrawn_at=now, in_force=False)


def _of_kind(organisation: int, kind: str) -> QuerySet[OrganisationRelation]:
    return OrganisationRelation.objects.filter(organisation_id=organisation, kind=kind, withdrawn_at=None)


def _write(organisation: int, kind: str, to: int, starts_on: date, ends_on: date | None, *, now: datetime) -> None:
    OrganisationRelation.objects.create(
        organisation_id=organisation,
        kind=kind,
        to_id=to,
        starts_on=starts_on,
        ends_on=ends_on,
        source=HERE,
        recorded_at=now,
    )


def _within_reach(day: date) -> None:
    """Days before and after it are counted with, in London's and in universal time."""
    if not EARLIEST <= day <= LATEST:
        raise errors.DayOutOfReach(day=_words(day), first=_words(EARLIEST), last=_words(LATEST))


def _words(day: date) -> str:
    return f"{day:%-d %B} {day.year}"


def _in_order(starts_on: date, ends_on: date | None) -> None:
    _within_reach(starts_on)
    if ends_on is not None:
        _within_reach(ends_on)
    if ends_on is not None and ends_on < starts_on:
        raise errors.EndsBeforeItStarts(starts=f"{starts_on:%-d %B %Y}", ends=f"{ends_on:%-d %B %Y}")


def _contradiction(code: str, there: OrganisationRelation) -> errors.RelationsContradict:
    return errors.RelationsContradict(
        code=code,
        kind=there.get_kind_display().lower(),
        other=there.to.code,
        starts=f"{there.starts_on:%-d %B %Y}",
        ends=f"{there.ends_on:%-d %B %Y}" if there.ends_on else "now on",
    )


def _keep_the_safety_net(of: Organisation) -> None:
    """What nobody else owns falls to a board's surveillance team: the last board that has one stays."""
    boards = Team.objects.filter(
        organisation__kind=Organisation.Kind.INTEGRATED_CARE_BOARD, duty="surveillance", closed_at=None
    )
    if boards.filter(organisation=of).exists() and not boards.exclude(organisation=of).exists():
        raise errors.TheSafetyNetStays(duty="surveillance")


def _alone() -> None:
    """One at a time: what is checked here must still hold when it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisations'))")
