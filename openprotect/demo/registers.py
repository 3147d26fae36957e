"""What stands in the demo's registers of agreements, risks and documents. Through the actions, by those who would."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openprotect.governance import actions, queries
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.facts.law import DIRECT_CARE as FOR_CARE
from openprotect.governance.scope import Scope, enter
from openprotect.journey import flow
from openprotect.lib.periods import Period

FILE = Path(__file__).with_name("registers.toml")


def fill(*, now: datetime) -> None:
    """Write the registers once, for the organisations that there are."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    lead, guardian = _as("ig-lead", now), _as("caldicott-guardian", now)
    with enter(lead):
        if queries.documents(scope=lead):
            return
        boards, councils = queries.organisations("icb"), queries.organisations("council")
        asked = [
            queries.staff_member(user, now=now) for user in sorted(queries.users_who_may("ask.access_stop", now=now))
        ]
    if councils:
        _agree(told["agreement"], boards[0].id, councils[0].id, lead, now)
    for risk in told["risks"]:
        _risk(risk, lead, guardian, now)
    _document(told["document"], lead, [manager.scope for manager in asked if manager], now)


def _as(username: str, now: datetime) -> Scope:
    user = queries.user_id_of(username)
    member = queries.staff_member(user, now=now) if user else None
    if member is None:
        raise LookupError(f"nobody works here as {username}")
    return member.scope


def _agree(told: Mapping[str, Any], board: int, council: int, lead: Scope, now: datetime) -> None:
    agreement = flow.perform(
        actions.state_agreement,
        by=lead,
        now=now,
        title=told["title"],
        giver=board,
        receiver=council,
        basis=queries.find_basis(DIRECT_CARE),
        purpose=FOR_CARE,
        fields=told["fields"],
        owner=told["owner"],
        starts_at=now,
        ends_at=Period.parse(told["lasts"]).after(now),
        review_on=Period.parse(told["reviewed_after"]).after(now).date(),
    )
    for signature in told["signatures"]:
        flow.perform(actions.sign_agreement, by=lead, now=now, agreement=agreement, signed_on=now.date(), **signature)


def _risk(told: Mapping[str, Any], lead: Scope, guardian: Scope, now: datetime) -> None:
    risk = flow.perform(
        actions.record_risk, by=lead, now=now, said=told, kind=told["kind"], activity_kind="none", activity_key=""
    )
    if "outcome" in told:
        flow.perform(
            actions.decide_risk,
            by=guardian,
            now=now,
            risk=risk,
            outcome=told["outcome"],
            words=told["words"],
            without_basis=told["without_basis"],
            review_by=Period.parse(told["reviewed_after"]).after(now),
            dissents=[actions.Dissent(**each) for each in told["dissents"]],
        )


def _document(told: Mapping[str, Any], lead: Scope, managers: Sequence[Scope], now: datetime) -> None:
    asked = [manager.organisation for manager in managers if manager.organisation is not None]
    if not asked:
        return
    said = {key: told[key] for key in ("title", "kind", "label", "what_changed")}
    document = flow.perform(actions.publish_document, by=lead, now=now, organisations=asked, **said)
    with enter(lead):
        shown = queries.document(document, scope=lead)
    version = shown.versions[0].version.id if shown else 0
    for manager in managers[told["unanswered"] :]:
        flow.perform(actions.answer_document, by=manager, now=now, version=version, answer="accepted", words="")
