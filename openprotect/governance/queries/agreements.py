"""Sharing agreements, and the exports asked for under them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openprotect.governance.models import Export, LegalBasis, Organisation, SharingAgreement
from openprotect.governance.rules.agreements import Resting, Standing, standing
from openprotect.governance.scope import Scope, require
from openprotect.lib.london import today

PAGE = 100


@dataclass(frozen=True)
class Agreement:
    """An agreement and where it stands at the moment that was asked about."""

    row: SharingAgreement
    standing: Standing
    beyond_care: bool
    signed: tuple[str, ...]


def agreements(*, scope: Scope) -> list[Agreement]:
    """The register: those that end first come first."""
    require(scope)
    return [_seen(row, scope.now) for row in _rows().order_by("ends_at", "id")]


def agreement(id_: int, *, scope: Scope) -> Agreement | None:
    """One agreement."""
    require(scope)
    row = _rows().filter(id=id_).first()
    return _seen(row, scope.now) if row else None


def agreements_to_export(*, scope: Scope) -> list[Agreement]:
    """The agreements in force in which an organisation of the reader gives."""
    return [each for each in agreements(scope=scope) if each.standing == "live" and each.row.giver_id in
            scope.organisations]  # fmt: skip


def exports(*, scope: Scope, agreement: int | None = None) -> list[Export]:
    """The latest exports of people that this reader may see, newest first."""
    require(scope)
    found = Export.objects.filter(request=None).select_related("agreement", "asked_by", "agreement__receiver")
    if agreement is not None:
        found = found.filter(agreement_id=agreement)
    return list(found.order_by("-asked_at", "id")[:PAGE])


def exports_of_requests(requests: Iterable[UUID], *, scope: Scope) -> list[Export]:
    """The files that were made for people's own requests, newest first."""
    require(scope)
    return list(Export.objects.filter(request__in=list(requests)).order_by("-asked_at", "id"))


def waiting_exports(*, scope: Scope) -> list[Export]:
    """What was asked for and is not made. System scope."""
    require(scope)
    return list(Export.objects.filter(state=Export.State.ASKED).order_by("asked_at", "id"))


def export_by_id(id_: UUID, *, scope: Scope) -> Export | None:
    """One export, if the reader may see it."""
    require(scope)
    return Export.objects.filter(id=id_).first()


@dataclass(frozen=True)
class ToChoose:
    """The first organisations that a text finds, by name, and whether there are more."""

    rows: Sequence[Organisation]
    more: bool


CHOICES = 20


def organisations_to_choose(text: str, *, scope: Scope, chosen: int | None = None) -> ToChoose:
    """Organisations that are there now and whose name has a text or whose code begins with it; `chosen` always.

    Without a text all of them, where they are few enough to choose from, and otherwise none: a national extract
    has 15,000.
    """
    require(scope)
    there = Organisation.objects.filter(Q(closed_on=None) | Q(closed_on__gte=today(scope.now)))
    found = there.filter(Q(code__istartswith=text) | Q(name__icontains=text)) if text else there
    rows = list(found.order_by("name", "id")[: CHOICES + 1])
    more = len(rows) > CHOICES
    rows = rows[:CHOICES] if text or not more else []
    if chosen is not None and chosen not in {each.id for each in rows}:
        rows = [*there.filter(id=chosen), *rows]
    return ToChoose(rows, more)


def bases_to_agree_on(*, scope: Scope) -> list[LegalBasis]:
    """The legal bases that an agreement could rest on, by title."""
    require(scope)
    approved = LegalBasis.objects.filter(starts_at__isnull=False)
    return [each for each in approved.order_by("title") if each.ends_at is None or each.ends_at > scope.now]


def use_under(basis: int, *, scope: Scope) -> Resting:
    """What a basis says to a use that rests on it."""
    require(scope)
    return resting_on(LegalBasis.objects.get(id=basis))


def resting_on(basis: LegalBasis) -> Resting:
    """What a basis says to those that rest on it."""
    return Resting(
        purposes=(basis.purpose, *basis.purposes),
        starts_at=basis.starts_at,
        ends_at=basis.ends_at,
        beyond_care=not basis.is_direct_care,
        opt_out_applies=basis.opt_out_applies,
    )


def _rows() -> QuerySet[SharingAgreement]:
    return SharingAgreement.objects.select_related("basis", "giver", "receiver").prefetch_related("signatures")


def _seen(row: SharingAgreement, now: datetime) -> Agreement:
    basis = resting_on(row.basis)
    signed = tuple(sorted(each.side for each in row.signatures.all()))
    stands = standing(
        starts_at=row.starts_at, ends_at=row.ends_at, ended_at=row.ended_at, signed=signed, basis=basis, now=now
    )
    return Agreement(row, stands, basis.beyond_care, signed)
