"""Reads of act: one call to action, one referral; the worklist is in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from openprotect.governance import queries as governance
from openprotect.governance.facts.teams import Opening
from openprotect.governance.models import Organisation
from openprotect.governance.scope import Scope, require
from openprotect.journey.act import rules
from openprotect.journey.act.facts import OpenedLink
from openprotect.journey.act.models import CallToAction, Note, Referral, ReferralLink, ReferralStep, Step
from openprotect.journey.act.worklist import PAGE, WorklistRow, category_of, key_of, partners_of, row_of
from openprotect.journey.act.worklist import open_needs as open_needs
from openprotect.journey.act.worklist import worklist as worklist
from openprotect.journey.check_in import queries as check_in
from openprotect.journey.triage import queries as triage
from openprotect.people.models import ContactPoint, Need, Person, PersonIdentity
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.act import Category
from openprotect.programmes.rules import CARING


@dataclass(frozen=True)
class CallToActionView:
    """A call to action with all that its reader may see: RLS empties what they may not."""

    row: WorklistRow
    person: UUID
    restricted: bool
    category: Category
    possible: frozenset[str]
    contact_points: Sequence[ContactPoint]
    needs: Sequence[Need]
    answered: check_in.Answered | None
    explained: triage.Explained | None
    steps: Sequence[Step]
    notes: Sequence[Note]
    referrals: Sequence[Referral]
    referral_steps: Mapping[UUID, Sequence[ReferralStep]]
    partners: Sequence[Organisation]
    outcome_label: str
    advice: str
    opening: Opening


def call_to_action(id_: UUID, *, scope: Scope) -> CallToActionView | None:
    """One call to action in scope, with its answers, the rule behind it and its history."""
    require(scope)
    found = CallToAction.objects.select_related("owner_team__organisation").filter(id=id_).first()
    if found is None:
        return None
    pack = programmes.pack(found.pack_version_id)
    category = category_of(found)
    explained = triage.explain(UUID(found.source_id), scope=scope) if found.source == "decision" else None
    referrals = list(found.referrals.select_related("organisation").order_by("sent_at"))
    steps: dict[UUID, list[ReferralStep]] = {}
    for step in ReferralStep.objects.filter(referral__in=referrals).order_by("id"):
        steps.setdefault(step.referral_id, []).append(step)
    advice = [
        pack.act.advice.get(str(row["advice"]), "")
        for row in (explained.fired if explained else [])
        if row["category"] == found.category
    ]
    identity = PersonIdentity.objects.filter(person_id=found.person_id).first()
    return CallToActionView(
        row=row_of(found, identity, partners_of([found]).get(found.id, ""), scope.now),
        person=found.person_id,
        restricted=Person.objects.filter(id=found.person_id, restricted=True).exists(),
        category=category,
        possible=rules.possible(found.status),
        contact_points=list(ContactPoint.objects.filter(person_id=found.person_id, ends_at=None).order_by("kind")),
        needs=list(Need.objects.filter(person_id=found.person_id).order_by("kind")),
        answered=check_in.answered(explained.answer_set, scope=scope) if explained else None,
        explained=explained,
        steps=list(found.steps.order_by("id")),
        notes=list(found.notes.order_by("id")),
        referrals=referrals,
        referral_steps=steps,
        partners=list(Organisation.objects.filter(kind__in=category.refer_to, closed_at=None).order_by("name")),
        outcome_label=next((o.label for o in category.outcomes if o.code == found.outcome), ""),
        advice=" ".join(dict.fromkeys(filter(None, advice))),
        opening=governance.team_opening(found.owner_team, scope=scope),
    )


@dataclass(frozen=True)
class ReferralView:
    """A referral as the partner sees it: nothing but the referral."""

    referral: Referral
    organisation_name: str
    possible: frozenset[str]
    outcomes: Sequence[tuple[str, str]]
    outcome_label: str
    steps: Sequence[ReferralStep]
    phone: str
    phone_hours: str


def referral(id_: UUID, *, scope: Scope) -> ReferralView | None:
    """One referral in scope, while the basis for direct care is in force."""
    require(scope)
    found = Referral.objects.select_related("organisation").filter(id=id_).first()
    if found is None or programmes.basis_for(found.pack_version_id, CARING, now=scope.now) is None:
        return None
    pack = programmes.pack(found.pack_version_id)
    outcomes = [(o.code, o.label) for o in pack.act.partner_outcomes]
    return ReferralView(
        referral=found,
        organisation_name=found.organisation.name,
        possible=frozenset(v for s, v in rules.REFERRAL_TRANSITIONS if s == found.status),
        outcomes=outcomes,
        outcome_label=dict(outcomes).get(found.outcome, ""),
        steps=list(found.steps.order_by("id")),
        phone=pack.programme.phone,
        phone_hours=pack.programme.phone_hours,
    )


def link_opens(*, scope: Scope, **which: str | UUID) -> OpenedLink | None:
    """What a partner's link opens now, by its hash or its reference; None where it opens nothing. System scope only.

    A link opens while it has not run out, the partner is there and not stopped from seeing the person, and the
    basis for direct care is in force. It is asked of the link when it is followed, and at every request after.
    """
    require(scope)
    link = (
        ReferralLink.objects.select_related("referral__organisation")
        .filter(expires_at__gt=scope.now, **which)
        .extra(where=["NOT op_stopped(act_referral.organisation_id, act_referral.person_id)"])
        .first()
    )
    if link is None:
        return None
    found = link.referral
    closed_at = found.organisation.closed_at
    if closed_at is not None and closed_at <= scope.now:
        return None
    if programmes.basis_for(found.pack_version_id, CARING, now=scope.now) is None:
        return None
    return OpenedLink(link.reference, found.id, found.organisation_id, found.person_id)


@dataclass(frozen=True)
class ReferralRow:
    """One line of a partner's list."""

    id: UUID
    person: UUID
    name: str
    category_label: str
    due_at: datetime
    accepted: bool


@dataclass(frozen=True)
class ReferralPage:
    """A page of what waits for a partner, the first due first; `after` opens the next page."""

    rows: Sequence[ReferralRow]
    after: str


def referrals_here(*, scope: Scope, after: str = "") -> ReferralPage:
    """What is referred to the organisations of this actor and not settled."""
    require(scope)
    waiting = Referral.objects.filter(
        organisation_id__in=scope.organisations, status__in=[Referral.Status.SENT, Referral.Status.ACCEPTED]
    ).order_by("due_at", "id")
    key = key_of(f"0~{after}")
    if key:
        waiting = waiting.extra(where=["(due_at, id) > (%s, %s)"], params=list(key[1:]))
    found = list(waiting[: PAGE + 1])
    rows = [
        ReferralRow(
            each.id,
            each.person_id,
            each.name,
            each.category_label,
            each.due_at,
            each.status == Referral.Status.ACCEPTED,
        )
        for each in found[:PAGE]
    ]
    return ReferralPage(rows, f"{rows[-1].due_at.isoformat()}~{rows[-1].id}" if len(found) > PAGE else "")


def with_partners(references: Sequence[UUID], *, scope: Scope) -> set[UUID]:
    """Those of these messages whose link opens a referral that is not settled. System scope only."""
    require(scope)
    links = ReferralLink.objects.filter(reference__in=references, expires_at__gt=scope.now, referral__settled_at=None)
    return set(links.values_list("reference", flat=True))


def what_follows(*, scope: Scope) -> tuple[str, ...]:
    """What a person is told will happen for them, in the pack's public words, once each."""
    require(scope)
    calls = CallToAction.objects.filter(person_id__in=[scope.person]).exclude(status=CallToAction.Status.CLOSED)
    labels = (category_of(call).public_label for call in calls.order_by("-rank", "category"))
    return tuple(dict.fromkeys(labels))


@dataclass(frozen=True)
class HeldNeed:
    """A call to action that an organisation has for a person: with a team of its own, or referred to it."""

    id: UUID
    person: UUID
    name: str
    category_label: str
    urgency: str
    due_at: datetime
    overdue: bool
    referred: bool


MOST_HELD = 500


def held_by(organisation: int, *, people: Sequence[UUID], scope: Scope) -> list[HeldNeed]:
    """What an organisation has open for these people, the most urgent first; of those in scope."""
    require(scope)
    referred = Exists(
        Referral.objects.filter(
            call_to_action=OuterRef("pk"),
            organisation_id=organisation,
            status__in=[Referral.Status.SENT, Referral.Status.ACCEPTED],
        )
    )
    found = list(
        CallToAction.objects.exclude(status=CallToAction.Status.CLOSED)
        .annotate(referred=referred)
        .filter(Q(owner_team__organisation_id=organisation) | Q(referred=True))
        .extra(where=["act_calltoaction.person_id = ANY(%s)"], params=[list(people)])
        .order_by("-rank", "due_at", "id")[:MOST_HELD]
    )
    names = {i.person_id: i for i in PersonIdentity.objects.filter(person_id__in={c.person_id for c in found})}
    return [
        HeldNeed(
            call.id,
            call.person_id,
            f"{names[call.person_id].given_name} {names[call.person_id].family_name}"
            if call.person_id in names
            else "",
            category_of(call).label,
            call.urgency,
            call.due_at,
            call.due_at < scope.now,
            call.referred,
        )
        for call in found
    ]
