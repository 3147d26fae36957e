"""Write down a risk, decide on it, review it, suspend what nobody reviewed; documents and who accepts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openprotect.governance.actions.audit import permit, record
from openprotect.governance.errors import NotThere
from openprotect.governance.models import (
    DocumentAnswer,
    DocumentAsked,
    DocumentVersion,
    LegalBasis,
    Risk,
    RiskDissent,
    RiskDocument,
    RiskStep,
)
from openprotect.governance.risk_errors import (
    NotAsked,
    RiskHasMovedOn,
    RiskIsIncomplete,
)
from openprotect.governance.rules import risks as rules
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done

SAID = ("what", "why_now", "who_harmed", "mitigations", "stop_rule")
_NHS_NUMBER = "Take the NHS number out: this register is about nobody in particular"


@dataclass(frozen=True)
class Dissent:
    """Who disagreed, and what they said."""

    name: str
    role: str
    words: str


def record_risk(
    *,
    said: Mapping[str, str],
    kind: str,
    activity_kind: str,
    activity_key: str,
    amount: Decimal | None = None,
    cap: Decimal | None = None,
    carried_by: str = "",
    by: Scope,
    now: datetime,
) -> Done[int]:
    """Write down a risk that wants a decision; returns its id. Raises RiskIsIncomplete, which names the field."""
    permit("record.risks", by=by)
    for field in SAID:
        _say(field, said.get(field, ""), enough=True)
    if kind not in rules.settings().kinds:
        raise RiskIsIncomplete("kind", "Select what kind of risk it is")
    if kind == "financial" and not (amount and cap and 0 < amount <= cap and carried_by.strip()):
        raise RiskIsIncomplete("amount", "Give the amount, a cap that is no less, and who carries it")
    if activity_kind not in rules.settings().activities or (activity_kind == "none") != (not activity_key.strip()):
        raise RiskIsIncomplete("activity_key", "Say what the decision lets go on, by its key, or that it is nothing")
    _say("carried_by", carried_by)
    _say("activity_key", activity_key)
    with enter(system("risks", now=now)):
        risk = Risk.objects.create(
            **{field: said[field].strip() for field in SAID},
            kind=kind,
            amount=amount if kind == "financial" else None,
            cap=cap if kind == "financial" else None,
            carried_by=carried_by.strip() if kind == "financial" else "",
            activity_kind=activity_kind,
            activity_key=activity_key.strip(),
            recorded_by_id=int(by.actor),
            recorded_at=now,
        )
    record("risk recorded", by=by, of="risk", id=risk.id)
    return Done(risk.id)


def decide_risk(
    *,
    risk: int,
    outcome: str,
    words: str,
    review_by: datetime | None,
    basis: int | None = None,
    without_basis: str = "",
    dissents: Sequence[Dissent] = (),
    by: Scope,
    now: datetime,
) -> Done[None]:
    """Decide on a risk: on which legal basis, or why on none; who disagreed. Raises RiskIsIncomplete, RiskHasMovedOn."""
    permit("decide.risks", by=by)
    if outcome not in rules.DECISIONS:
        raise RiskIsIncomplete("outcome", "Select what you decide")
    if basis is None and not without_basis.strip():
        raise RiskIsIncomplete("basis", "Select the legal basis it rests on, or say why it rests on none")
    if basis is not None and not LegalBasis.objects.filter(id=basis).exists():
        raise RiskIsIncomplete("basis", "Select a legal basis of the register")
    _say("without_basis", without_basis)
    step = RiskStep(what="decided", outcome=outcome, basis_id=basis, without_basis=without_basis.strip())
    _take(risk, (rules.OPEN,), step, words, review_by, dissents, rules.after_decision(outcome), by, now)
    return Done(None)


def review_risk(
    *,
    risk: int,
    outcome: str,
    words: str,
    review_by: datetime | None,
    dissents: Sequence[Dissent] = (),
    by: Scope,
    now: datetime,
) -> Done[None]:
    """Look at a decision again: go on until another day, stop, or call it over. Lifts a suspension."""
    permit("decide.risks", by=by)
    if outcome not in rules.REVIEWS:
        raise RiskIsIncomplete("outcome", "Select what you found")
    step = RiskStep(what="reviewed", outcome=outcome)
    going = (rules.GOING, rules.STOPPED)
    _take(risk, going, step, words, review_by, dissents, rules.after_review(outcome), by, now)
    return Done(None)


def _take(
    risk: int,
    states: Sequence[str],
    step: RiskStep,
    words: str,
    review_by: datetime | None,
    dissents: Sequence[Dissent],
    status: str,
    by: Scope,
    now: datetime,
) -> None:
    _say("words", words, enough=True)
    if status == rules.GOING and (review_by is None or not rules.review_in_bounds(review_by, now)):
        within = rules.settings().review_within
        raise RiskIsIncomplete(
            "review_by", f"Give the day by which it is reviewed, later than today and within {within}"
        )
    for each in dissents:
        if not (each.name.strip() and each.role.strip() and each.words.strip()):
            raise RiskIsIncomplete("dissents", "Whoever disagreed: give their name, their role and what they said")
        _say("dissents", f"{each.name} {each.role} {each.words}")
    with enter(system("risks", now=now)):
        found = Risk.objects.select_for_update().filter(id=risk).first()
        if found is None:
            raise NotThere
        if found.status not in states:
            raise RiskHasMovedOn
        step.risk, step.by_id, step.words, step.at = found, int(by.actor), words.strip(), now
        step.review_by = review_by if status == rules.GOING else None
        step.save()
        RiskDissent.objects.bulk_create(RiskDissent(step=step, **vars(each)) for each in dissents)
        found.status, found.review_by, found.suspension_noted_at = status, step.review_by, None
        found.decided_at = found.decided_at or now
        found.save(update_fields=["status", "review_by", "suspension_noted_at", "decided_at"])
    record(f"risk {step.what}", by=by, of="risk", id=risk, why=step.outcome)


def note_suspensions(*, by: Scope, now: datetime) -> Done[int]:
    """Write down, once, each decision that nobody reviewed in time. What it let go on stood still since that second."""
    permit("manage.programmes", by=by)
    overdue = list(
        Risk.objects.select_for_update().filter(status=rules.GOING, review_by__lte=now, suspension_noted_at=None)
    )
    for risk in overdue:
        RiskStep.objects.create(risk=risk, what="suspended", at=now)
        risk.suspension_noted_at = now
        risk.save(update_fields=["suspension_noted_at"])
        record("risk: not reviewed, suspended", by=by, of="risk", id=risk.id, why=risk.activity_kind)
    return Done(len(overdue))


def publish_document(
    *,
    title: str,
    kind: str,
    label: str,
    what_changed: str,
    organisations: Sequence[int],
    by: Scope,
    now: datetime,
    document: int | None = None,
) -> Done[int]:
    """A document, or a new version of one, that these organisations are asked to accept; returns the document's id.

    A new version begins acceptance anew: nobody has accepted what they have not seen.
    """
    permit("record.risks", by=by)
    if document is None and not title.strip():
        raise RiskIsIncomplete("title", "Give the document's title")
    if document is None and kind not in rules.settings().documents:
        raise RiskIsIncomplete("kind", "Select what kind of document it is")
    if document is None and RiskDocument.objects.filter(title=title.strip()).exists():
        raise RiskIsIncomplete("title", "A document has this title: open it and add a version")
    if not label.strip():
        raise RiskIsIncomplete("label", "Give the version, as it stands on the document")
    if not what_changed.strip():
        raise RiskIsIncomplete("what_changed", "Say what the version says, or what changed")
    if not organisations:
        raise RiskIsIncomplete("organisations", "Select which organisations are asked")
    for field, text in (("title", title), ("label", label), ("what_changed", what_changed)):
        _say(field, text)
    with enter(system("risks", now=now)):
        by_whom = {"made_by_id": int(by.actor), "made_at": now}
        found = (
            RiskDocument.objects.create(title=title.strip(), kind=kind, **by_whom)
            if document is None
            else RiskDocument.objects.filter(id=document).first()
        )
        if found is None:
            raise NotThere
        version = DocumentVersion.objects.create(
            document=found,
            number=found.versions.count() + 1,
            label=label.strip(),
            what_changed=what_changed.strip(),
            **by_whom,
        )
        DocumentAsked.objects.bulk_create(
            DocumentAsked(version=version, organisation_id=each) for each in sorted(set(organisations))
        )
    record("document version published", by=by, of="document version", id=version.id)
    return Done(found.id)


def answer_document(*, version: int, answer: str, words: str, by: Scope, now: datetime) -> Done[None]:
    """Accept a version for the actor's organisation, with reservations or without, or decline it. Raises NotAsked."""
    permit("see.risks", by=by)
    if answer not in rules.ANSWERS:
        raise RiskIsIncomplete("answer", "Select what your organisation says")
    if answer != "accepted" and not words.strip():
        raise RiskIsIncomplete("words", "Say what your reservations are, or why you decline")
    _say("words", words)
    with enter(system("risks", now=now)):
        asked = DocumentAsked.objects.filter(version_id=version, organisation=by.organisation)
        found = asked.select_related("version").first()
        if found is None:
            raise NotAsked
        newer = DocumentVersion.objects.filter(document=found.version.document_id, number__gt=found.version.number)
        if newer.exists():
            raise NotAsked
        DocumentAnswer.objects.create(
            version_id=version,
            organisation_id=found.organisation_id,
            answer=answer,
            words=words.strip(),
            by_id=int(by.actor),
            at=now,
        )
    record("document answered", by=by, of="document version", id=version, why=answer)
    return Done(None)


def _say(field: str, text: str, *, enough: bool = False) -> None:
    if enough and not rules.enough(text):
        words = rules.settings().words_at_least
        raise RiskIsIncomplete(field, f"Write at least {words} words: whoever reads this later was not there")
    if rules.names_somebody(text):
        raise RiskIsIncomplete(field, _NHS_NUMBER)
