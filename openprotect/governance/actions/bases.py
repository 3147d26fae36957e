"""State a legal basis, on a page or from a file, and the organisations under it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from openprotect.governance import basis_errors, errors
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.actions.basis_changes import extend_from_file, open_basis, write_approvals, write_change
from openprotect.governance.facts import law
from openprotect.governance.facts.bases import BasisInFile, BasisStated, Extension, Party
from openprotect.governance.models import (
    BasisApproval,
    BasisChange,
    BasisParty,
    LegalBasis,
    Organisation,
    Role,
    Team,
    User,
)
from openprotect.governance.rules import bases as rules
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done
from openprotect.lib.errors import Fault


def state_basis(
    *, by: Scope, now: datetime, words: str = "", known_since: datetime | None = None, **said: Any
) -> Done[int]:
    """Write down a legal basis, as in `BasisStated`; returns its id. The same from a file again changes nothing.

    What staff state is in force once both approvers have approved it. What the system states, from a file or
    for a demo, is in force as stated: whoever runs the installation answers for it.
    `known_since` is when it was known, where that is earlier than now. Raises BasisHasNoOwner,
    BasisHasNoEnd, BasisEndsTooEarly, UnknownToTheLaw, PowerIsMissing, BasisKeyTaken.
    """
    permit("manage.bases", by=by)
    stated = BasisStated(**said)
    _check(stated)
    before = LegalBasis.objects.filter(key=stated.key).first()
    if before:
        # Nobody types the same again: on a page it is another basis of the same name.
        if by.identity == "staff" or (before.title, before.purpose) != (stated.title, stated.purpose):
            raise basis_errors.BasisKeyTaken(key=before.key, title=before.title)
        return Done(before.id)
    with enter(system("governance", now=now)):
        basis = LegalBasis.objects.create(
            key=stated.key,
            title=stated.title,
            purpose=stated.purpose,
            purposes=list(stated.purposes),
            article_6=stated.article_6,
            article_9=stated.article_9,
            confidence=stated.confidence,
            data_categories=list(stated.data_categories),
            sources=list(stated.sources),
            owner=stated.owner or _owner_in_words(stated),
            owner_user_id=stated.owner_user,
            owner_role_id=stated.owner_role or None,
            owner_team_id=stated.owner_team,
            starts_at=None if by.identity == "staff" else stated.starts_at,
            asked_from=stated.starts_at if by.identity == "staff" else None,
            ends_at=stated.ends_at,
            review_date=stated.review_date,
            privacy_notice=stated.privacy_notice,
            is_direct_care=stated.is_direct_care,
            opt_out_applies=stated.opt_out_applies,
        )
        BasisParty.objects.bulk_create(
            BasisParty(basis=basis, organisation_id=p.organisation, power=p.power, capacity=p.capacity)
            for p in stated.parties
        )
        write_change(basis, BasisChange.What.STATED, words, by=by.actor, at=known_since or now)
    record("basis stated", by=by, of="basis", id=basis.id)
    return Done(basis.id)


def add_party(*, basis: int, organisation: str, power: str, capacity: str, by: Scope, now: datetime) -> Done[None]:
    """Put an organisation, by its code, under a basis: its statutory power, and whether it controls or processes.

    Only while nobody has approved it. Raises UnknownOrganisation, UnknownToTheLaw, PowerIsMissing, PartyAlready,
    PartiesAreApproved, BasisHasEnded.
    """
    permit("manage.bases", by=by)
    found = open_basis(basis, now, by)
    who = Organisation.objects.filter(code__iexact=organisation.strip()).first()
    if who is None:
        raise errors.UnknownOrganisation(code=organisation.strip())
    if capacity not in law.CAPACITIES:
        raise basis_errors.UnknownToTheLaw(read=capacity, what="capacity", expected=", ".join(law.CAPACITIES))
    if not power.strip():
        raise basis_errors.PowerIsMissing(organisation=who.name, title=found.title)
    if BasisParty.objects.filter(basis=found, organisation=who).exists():
        raise basis_errors.PartyAlready(organisation=who.name, title=found.title)
    if found.starts_at is not None or BasisApproval.objects.filter(basis=found).exists():
        raise basis_errors.PartiesAreApproved(organisation=who.name, title=found.title)
    with enter(system("governance", now=now)):
        BasisParty.objects.create(basis=found, organisation=who, power=power.strip()[:200], capacity=capacity)
    record("basis: organisation added", by=by, of="basis", id=basis, why=f"{who.code}, {capacity}")
    return Done(None)


def load_bases(*, bases: Sequence[BasisInFile], by: Scope, now: datetime) -> Done[int]:
    """State the bases of a file, with the extensions that are known by now; returns how many are new.

    All of it or nothing. Loaded again later, it brings in what was announced since. Raises
    BasesHaveFaults where it names people, roles or organisations that are not here.
    """
    permit("manage.bases", by=by)
    users = dict(User.objects.values_list("username", "id"))
    roles = set(Role.objects.values_list("name", flat=True))
    named = {code for each in bases for code, _, _ in each.parties}
    codes = dict(Organisation.objects.filter(code__in=named).values_list("code", "id"))
    faults: list[Fault] = []
    for each in bases:
        where, role = f"basis '{each.said['key']}'", each.said.get("owner_role", "")
        if each.owner_username and each.owner_username not in users:
            faults.append(Fault(each.file, where, "owner_user", each.owner_username, "somebody who works here"))
        if role and role not in roles:
            faults.append(Fault(each.file, where, "owner_role", role, "a role: " + ", ".join(sorted(roles))))
        faults += [
            Fault(each.file, where, "organisation", code, "the code of an organisation that was brought in")
            for code, _, _ in each.parties
            if code not in codes
        ]
    if faults:
        raise basis_errors.BasesHaveFaults(faults)
    new = 0
    for each in bases:
        there = LegalBasis.objects.filter(key=each.said["key"]).exists()
        parties = [Party(codes[code], power, capacity) for code, power, capacity in each.parties]
        said = {**each.said, "owner_user": users.get(each.owner_username), "parties": parties}
        known = min(now, each.said["starts_at"])
        basis = state_basis(**said, words=each.words, known_since=known, by=by, now=now).value
        new += not there
        if not there:
            write_approvals(basis, each.approvals, now=now)
        _extend_as_known(basis, each.extensions, by=by, now=now)
    return Done(new)


def _extend_as_known(basis: int, extensions: Sequence[Extension], *, by: Scope, now: datetime) -> None:
    ended = BasisChange.objects.filter(basis=basis, what=BasisChange.What.ENDED).aggregate(last=Max("at"))["last"]
    for each in extensions:
        found = LegalBasis.objects.get(id=basis)
        # Whoever ended it early did so with all that was known: the same file again does not undo that.
        news = each.known <= now and (ended is None or each.known > ended)
        if news and found.ends_at is not None and each.ends_at > found.ends_at:
            extend_from_file(basis=found, extension=each, by=by, now=now)


def _check(stated: BasisStated) -> None:
    title = stated.title or stated.key
    if not (stated.has_owner or stated.owner.strip()):
        raise basis_errors.BasisHasNoOwner(title=title)
    if stated.ends_at is None and not rules.may_be_without_end(stated):
        raise basis_errors.BasisHasNoEnd(title=title)
    if stated.ends_at is not None and stated.ends_at <= stated.starts_at:
        raise basis_errors.BasisEndsTooEarly(title=title, start=f"{stated.starts_at:%d %B %Y}")
    for what, read, allowed in (
        *(("purpose", purpose, law.PURPOSES) for purpose in (stated.purpose, *stated.purposes)),
        ("condition of Article 6", stated.article_6, law.ARTICLE_6),
        ("condition of Article 9", stated.article_9, law.ARTICLE_9),
        ("way to meet the duty of confidence", stated.confidence, law.CONFIDENCE),
        *(("capacity", party.capacity, law.CAPACITIES) for party in stated.parties),
    ):
        if read not in allowed and (read or what in ("purpose", "capacity")):
            raise basis_errors.UnknownToTheLaw(read=read, what=what, expected=", ".join(allowed))

    nameless = next((party.organisation for party in stated.parties if not party.power.strip()), None)
    if nameless is not None:
        name = Organisation.objects.values_list("name", flat=True).get(id=nameless)
        raise basis_errors.PowerIsMissing(organisation=name, title=title)


def _owner_in_words(stated: BasisStated) -> str:
    if stated.owner_user:
        return User.objects.values_list("name", flat=True).get(id=stated.owner_user)
    if stated.owner_role:
        return Role.objects.values_list("label", flat=True).get(name=stated.owner_role)
    return Team.objects.values_list("name", flat=True).get(id=stated.owner_team or 0)
