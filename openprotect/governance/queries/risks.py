"""The register of risks, what they suspend, how long decisions take; documents and who has accepted them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from openprotect.governance.models import (
    DocumentAnswer,
    DocumentAsked,
    DocumentVersion,
    LegalBasis,
    Membership,
    Organisation,
    Risk,
    RiskDocument,
    RiskStep,
)
from openprotect.governance.rules import risks as rules
from openprotect.governance.scope import Scope, require

PAGE = 25


def suspended(kind: str, key: str, *, now: datetime) -> bool:
    """Whether an activity stands still now, to the second: asked where it runs, in any scope."""
    return key in suspended_keys(kind, now=now)


def suspended_keys(kind: str, *, now: datetime) -> frozenset[str]:
    """The keys of a kind of activity that stand still now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_suspended(%s, %s)", [kind, now])
        return frozenset(key for (key,) in cursor.fetchall())


FILTERS = ("open", "decided", "overdue", "all")


def risks(*, scope: Scope, which: str = "all", before: int | None = None) -> Sequence[Risk]:
    """A page of the register and one more, newest first. Needs `see.risks`."""
    require(scope)
    found = Risk.objects.order_by("-id")
    if which == "open":
        found = found.filter(status=rules.OPEN)
    elif which == "decided":
        found = found.exclude(status=rules.OPEN)
    elif which == "overdue":
        found = found.filter(status=rules.GOING, review_by__lte=scope.now)
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found[: PAGE + 1])


@dataclass(frozen=True)
class RiskView:
    """One risk and everything that was decided about it, oldest first."""

    risk: Risk
    steps: Sequence[RiskStep]


def risk(id_: int, *, scope: Scope) -> RiskView | None:
    """One risk with its decisions, reviews and who disagreed. Needs `see.risks`."""
    require(scope)
    found = Risk.objects.select_related("recorded_by").filter(id=id_).first()
    if found is None:
        return None
    steps = found.steps.select_related("by", "basis").prefetch_related("dissents").order_by("id")
    return RiskView(found, list(steps))


def time_to_decision(*, scope: Scope) -> Mapping[str, rules.Taken]:
    """How long decisions took, by kind and under "all"."""
    require(scope)
    rows = Risk.objects.filter(decided_at__isnull=False).values_list("kind", "recorded_at", "decided_at")
    spans = [(kind, decided - recorded) for kind, recorded, decided in rows if decided]
    taken = {
        kind: rules.time_taken(span for of, span in spans if kind in ("all", of))
        for kind in ("all", *rules.settings().kinds)
    }
    return {kind: each for kind, each in taken.items() if each}


@dataclass(frozen=True)
class Stands:
    """Where one organisation stands with a version: its latest answer, None while it waits."""

    organisation: Organisation
    answer: DocumentAnswer | None


@dataclass(frozen=True)
class VersionView:
    """A version, where each organisation that is asked stands, and how many have accepted."""

    version: DocumentVersion
    stands: Sequence[Stands]

    @property
    def accepted(self) -> int:
        """How many accepted, with reservations or without."""
        return sum(each.answer is not None and each.answer.answer != "declined" for each in self.stands)

    def of(self, organisation: int | None) -> Stands | None:
        """Where this organisation stands, if it is asked."""
        return next((each for each in self.stands if each.organisation.id == organisation), None)


@dataclass(frozen=True)
class DocumentView:
    """A document with its versions, the newest first: that one alone can be answered."""

    document: RiskDocument
    versions: Sequence[VersionView]


def documents(*, scope: Scope) -> list[DocumentView]:
    """Every document with its newest version. Needs `see.risks`."""
    require(scope)
    newest = DocumentVersion.objects.order_by("document_id", "-number").distinct("document_id")
    return _views(list(newest.select_related("document", "made_by")))


def document(id_: int, *, scope: Scope) -> DocumentView | None:
    """One document with all its versions."""
    require(scope)
    versions = DocumentVersion.objects.filter(document_id=id_).order_by("-number")
    found = _views(list(versions.select_related("document", "made_by")))
    return found[0] if found else None


def _views(versions: Sequence[DocumentVersion]) -> list[DocumentView]:
    asked: dict[int, list[Organisation]] = {}
    for each in (
        DocumentAsked.objects.filter(version__in=versions).select_related("organisation").order_by("organisation__name")
    ):
        asked.setdefault(each.version_id, []).append(each.organisation)
    latest: dict[tuple[int, int], DocumentAnswer] = {}
    for answer in DocumentAnswer.objects.filter(version__in=versions).select_related("by").order_by("id"):
        latest[answer.version_id, answer.organisation_id] = answer
    views: dict[int, list[VersionView]] = {}
    documents: dict[int, RiskDocument] = {}
    for version in versions:
        stands = [Stands(o, latest.get((version.id, o.id))) for o in asked.get(version.id, [])]
        views.setdefault(version.document_id, []).append(VersionView(version, stands))
        documents[version.document_id] = version.document
    return [DocumentView(documents[key], found) for key, found in views.items()]


def basis_choices(*, scope: Scope) -> list[tuple[int, str]]:
    """The legal bases of the register that have not ended, for a decision to rest on."""
    require(scope)
    bases = LegalBasis.objects.filter(Q(ends_at=None) | Q(ends_at__gt=scope.now))
    return list(bases.order_by("title").values_list("id", "title"))


MOST_ASKED = 200


def organisations_to_ask(*, scope: Scope) -> list[tuple[int, str]]:
    """Organisations in which somebody works now, by name: nobody answers for the others."""
    require(scope)
    works = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=scope.now), starts_at__lte=scope.now)
    found = Organisation.objects.filter(id__in=works.values("organisation_id"))
    return list(found.order_by("name", "id").values_list("id", "name")[:MOST_ASKED])
