"""Legal bases: which one carries a use now, what each says, who is warned, what is on hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.facts import law
from openprotect.governance.facts.bases import Change, Option, Term
from openprotect.governance.models import (
    BasisApproval,
    BasisChange,
    BasisExtension,
    BasisParty,
    BasisWarning,
    LegalBasis,
    LegalHold,
    Membership,
    Role,
)
from openprotect.governance.rules import bases as rules
from openprotect.governance.rules.staff import BOARDS
from openprotect.governance.scope import Scope, require


def basis_id(key: str) -> int:
    """The id of the legal basis with this key."""
    return LegalBasis.objects.values_list("id", flat=True).get(key=key)


def find_basis(key: str) -> int | None:
    """The id of the legal basis with this key, if it was stated."""
    return LegalBasis.objects.filter(key=key).values_list("id", flat=True).first()


def basis_titles(ids: Collection[int]) -> dict[int, str]:
    """Titles by id."""
    return dict(LegalBasis.objects.filter(id__in=ids).values_list("id", "title"))


def live_basis(*, purpose: str | None = None, source: str | None = None, now: datetime) -> int | None:
    """The basis that carries a use now: for a purpose, for a source, or both. None where none does.

    Of several in force, the one that holds longest.
    """
    return rules.rests_on(_in_force(now), purpose=purpose, source=source, now=now)


def live_purposes(*, now: datetime) -> frozenset[str]:
    """The purposes for which a basis is in force now."""
    return frozenset(purpose for basis in _in_force(now) for purpose in basis.purposes)


_IN_FORCE = """
SELECT id, ARRAY[purpose] || purposes, sources, starts_at, ends_at FROM governance_legalbasis
WHERE starts_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)
  AND key NOT IN (SELECT governance_suspended('basis', %(now)s))
"""


def _in_force(now: datetime) -> list[Option]:
    """Bases that have begun and not ended, without those that a risk decision suspends.

    Asked by every action: one short statement, and no models made of what it finds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"now": now})
        return [
            Option(id_, frozenset(purposes), frozenset(sources), Term(starts_at, ends_at))
            for id_, purposes, sources, starts_at, ends_at in cursor
        ]


def require_basis(*, purpose: str | None = None, source: str | None = None, now: datetime) -> int:
    """The basis that carries a use now. Raises NoLiveBasis where none does."""
    found = live_basis(purpose=purpose, source=source, now=now)
    if found is None:
        what = [law.PURPOSES.get(purpose, purpose)] if purpose else []
        raise NoLiveBasis(what=", ".join([*what, *([f"the source '{source}'"] if source else [])]))
    return found


def is_live(basis: int, *, now: datetime) -> bool:
    """Whether this basis is in force."""
    found = LegalBasis.objects.filter(id=basis).first()
    return found is not None and rules.is_live(term_of(found), now)


def successor(basis: int, *, now: datetime) -> int | None:
    """What carries on after a basis that has ended: what replaces it, or else what serves its purpose now.

    Nothing of other controllers alone: whoever is seen under a basis of one board is not seen under another's.
    """
    ended = LegalBasis.objects.select_related("replaced_by").get(id=basis)
    options = _in_force(now)
    who = controllers([basis, *(each.id for each in options), *filter(None, [ended.replaced_by_id])])
    if ended.replaced_by and rules.is_live(term_of(ended.replaced_by), now):
        next_ = ended.replaced_by.id
        return next_ if rules.may_carry_on(who[basis], who[next_]) else None
    own = [each for each in options if rules.may_carry_on(who[basis], who[each.id])]
    return rules.rests_on(own, purpose=ended.purpose, source=None, now=now)


def version_of(basis: int) -> str:
    """As `BasisView.version`."""
    changes = BasisChange.objects.filter(basis=basis).values_list("id", flat=True)
    return _version(changes, BasisParty.objects.filter(basis=basis).count())


def _version(changes: Iterable[int], parties: int) -> str:
    return f"{max(changes, default=0)}-{parties}"


def controllers(bases: Collection[int]) -> dict[int, frozenset[int]]:
    """Who controls under each of these bases, by their ids: of those that were merged, what they became.

    Where no controller is stated, the boards among its organisations.
    """
    found: dict[int, list[BasisParty]] = {basis: [] for basis in bases}
    for party in BasisParty.objects.filter(basis__in=bases).select_related("organisation"):
        found[party.basis_id].append(party)
    return {basis: _controllers(parties) for basis, parties in found.items()}


def _controllers(parties: Collection[BasisParty]) -> frozenset[int]:
    control = [each for each in parties if each.capacity in law.CONTROLLERS]
    answer = control or [each for each in parties if each.organisation.kind in BOARDS]
    return frozenset(each.organisation.successor_id or each.organisation_id for each in answer)


def end_in_force(basis: int, moment: datetime) -> datetime | None:
    """The end that this basis had at a past moment. LookupError before it was stated."""
    rows = BasisChange.objects.filter(basis_id=basis).order_by("at", "id").values_list("at", "ends_at")
    return rules.end_in_force([Change(*row) for row in rows], moment)


def term_of(basis: LegalBasis) -> Term:
    """From when until when."""
    return Term(basis.starts_at, basis.ends_at)


@dataclass(frozen=True)
class BasisView:
    """A basis as its page shows it. `changes` are its history, oldest first.

    `approvals` are those of the basis itself; those of `extension`, which waits, are `extension_approvals`.
    """

    basis: LegalBasis
    state: str
    days_left: int | None
    parties: Sequence[BasisParty]
    approvals: Sequence[BasisApproval]
    changes: Sequence[BasisChange]
    extension: BasisExtension | None
    extension_approvals: Sequence[BasisApproval]

    @property
    def version(self) -> str:
        """Which state of the basis this is: whoever approves says which they read."""
        return _version([change.id for change in self.changes], len(self.parties))

    def may_carry_on(self, other: BasisView) -> bool:
        """Whether this basis may go on with what rests on another: it is for the same, and somebody controls under both."""
        return (
            self.basis.id != other.basis.id
            and other.basis.purpose in (self.basis.purpose, *self.basis.purposes)
            and rules.may_carry_on(_controllers(other.parties), _controllers(self.parties))
        )


def basis_register(*, scope: Scope) -> list[BasisView]:
    """The register: those in force first, the next to end on top; then those that await approval or are to come,
    then the ended.
    """
    require(scope)
    order = {rules.LIVE: 0, rules.AWAITING: 1, rules.NOT_YET: 2, rules.ENDED: 3}
    views = [_view(basis, scope.now) for basis in _with_all(LegalBasis.objects.order_by("ends_at", "id"))]
    return sorted(views, key=lambda view: order[view.state])


def basis(id_: int, *, scope: Scope) -> BasisView | None:
    """One basis with everything it says."""
    require(scope)
    found = next(iter(_with_all(LegalBasis.objects.filter(id=id_))), None)
    return _view(found, scope.now) if found else None


def _with_all(found: QuerySet[LegalBasis]) -> list[LegalBasis]:
    return list(
        found.select_related("replaced_by").prefetch_related(
            Prefetch("parties", BasisParty.objects.select_related("organisation").order_by("id")),
            Prefetch("approvals", BasisApproval.objects.order_by("id")),
            Prefetch("extensions", BasisExtension.objects.filter(settled_at=None)),
            Prefetch("changes", BasisChange.objects.select_related("replaced_by").order_by("at", "id")),
        )
    )


def _view(basis: LegalBasis, now: datetime) -> BasisView:
    term = term_of(basis)
    extension = next(iter(basis.extensions.all()), None)
    return BasisView(
        basis=basis,
        state=rules.state(term, now),
        days_left=rules.days_left(term, now),
        parties=list(basis.parties.all()),
        approvals=[each for each in basis.approvals.all() if each.extension_id is None],
        changes=list(basis.changes.all()),
        extension=extension,
        extension_approvals=[each for each in basis.approvals.all() if extension and each.extension_id == extension.id],
    )


def owners(basis: LegalBasis, *, now: datetime) -> list[int]:
    """The users who are told of its end: the person, those in the role, or those in the team that own it now.

    Where that is nobody, those who may state bases are told, so that somebody is.
    """
    if basis.owner_user_id:
        return [basis.owner_user_id]
    live = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, user__is_active=True)
    found: set[int] = set()
    if basis.owner_role_id:
        found = set(live.filter(role_id=basis.owner_role_id).values_list("user_id", flat=True))
    elif basis.owner_team_id:
        found = set(live.filter(team_id=basis.owner_team_id).values_list("user_id", flat=True))
    if not found:
        found = set(live.filter(role__permissions__contains=["manage.bases"]).values_list("user_id", flat=True))
    return sorted(found)


def basis_owners(*, scope: Scope) -> list[tuple[str, str]]:
    """The roles that may answer for a basis: those whose people may state, approve or see bases. Name and label."""
    require(scope)
    found = Role.objects.filter(permissions__contains=["see.bases"]).order_by("label")
    return list(found.values_list("name", "label"))


def about_to_end(*, now: datetime) -> list[LegalBasis]:
    """Bases in force whose end is near enough for a warning."""
    within = now + timedelta(days=max(law.WARNING_DAYS))
    return list(LegalBasis.objects.filter(starts_at__lte=now, ends_at__gt=now, ends_at__lte=within).order_by("id"))


@dataclass(frozen=True)
class Notice:
    """A warning that stands for a user until somebody has decided what happens."""

    basis: int
    title: str
    days_left: int
    ends_at: datetime


def notices(user: int, *, scope: Scope) -> list[Notice]:
    """What this user was warned of and nobody has decided on since, the nearest end first."""
    require(scope)
    given: Mapping[int, BasisWarning] = {
        warning.basis_id: warning
        for warning in BasisWarning.objects.filter(user_id=user, ends_at__gt=scope.now)
        .select_related("basis")
        .order_by("id")
    }
    decided = {
        change.basis_id: change.at
        for change in BasisChange.objects.filter(basis_id__in=given)
        .exclude(what=BasisChange.What.STATED)
        .order_by("at", "id")
    }
    standing = [
        warning
        for warning in given.values()
        if warning.basis.ends_at == warning.ends_at
        and (warning.basis_id not in decided or decided[warning.basis_id] < warning.at)
    ]
    return [
        Notice(w.basis_id, w.basis.title, rules.days_left(term_of(w.basis), scope.now) or 0, w.ends_at)
        for w in sorted(standing, key=lambda w: w.ends_at)
    ]


@dataclass(frozen=True)
class WarningToSend:
    """A warning as it is written about: to the organisation for which whoever is warned works."""

    id: int
    to: str
    basis: int
    days: int
    ends_at: datetime


def warnings_since(moment: datetime, *, scope: Scope) -> list[WarningToSend]:
    """The warnings given since a moment to those whose organisation has an e-mail address, oldest first."""
    require(scope)
    given = list(BasisWarning.objects.filter(at__gt=moment, ends_at__gt=scope.now).order_by("id"))
    works = Membership.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=scope.now), starts_at__lte=scope.now, user__in={each.user_id for each in given}
    ).exclude(organisation__email="")
    to = dict(works.order_by("-id").values_list("user_id", "organisation__email"))
    return [
        WarningToSend(each.id, to[each.user_id], each.basis_id, each.days, each.ends_at)
        for each in given
        if to.get(each.user_id)
    ]


def on_hold(*, programme: str = "", basis: int | None = None, now: datetime) -> bool:
    """Whether a hold keeps these records: one on everything, on their programme, or on their basis.

    A hold beats deletion, whatever the retention rule says.
    """
    live = LegalHold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    covers = Q(programme="", basis=None)
    if programme:
        covers |= Q(programme=programme)
    if basis is not None:
        covers |= Q(basis_id=basis)
    return live.filter(covers).exists()


def holds(*, scope: Scope) -> list[LegalHold]:
    """Every hold, the open ones first."""
    require(scope)
    return list(LegalHold.objects.select_related("basis").order_by("-ends_at", "id"))
