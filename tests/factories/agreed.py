"""A sharing agreement between the board and the council of the small service, stated and signed by its own actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from openprotect.governance import actions, queries
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.scope import Scope, system
from openprotect.journey import flow
from tests.factories.small_service import BEGINS, staff

FIELDS = ("nhs_number", "given_name", "family_name", "address", "telephone", "mind", "needs_action")


def terms(now: datetime = BEGINS, **changed: Any) -> dict[str, Any]:
    """What the two agree on, but for what is changed."""
    return {
        "title": "Food parcels in the county",
        "giver": organisation("icb"),
        "receiver": organisation("council"),
        "basis": queries.find_basis(DIRECT_CARE),
        "purpose": "direct_care",
        "fields": FIELDS,
        "owner": "Martin Cole",
        "starts_at": now,
        "ends_at": now + timedelta(days=90),
        "review_on": (now + timedelta(days=60)).date(),
        **changed,
    }


def agreed(
    now: datetime = BEGINS, *, sides: Sequence[str] = ("giver", "receiver"), by: Scope | None = None, **changed: Any
) -> int:
    """An agreement that both sides have signed, by the board's officer or `by`; returns its id."""
    by = by or staff("ig-lead", now)
    made: int = flow.perform(actions.state_agreement, **terms(now, **changed), by=by, now=now)
    for side in sides:
        sign(made, side, now, by)
    return made


def sign(agreement: int, side: str, now: datetime = BEGINS, by: Scope | None = None) -> None:
    """One side signs."""
    words = {"name": "Dr Amina Yusuf", "post": "Caldicott guardian", "words": "We give this and no more."}
    flow.perform(
        actions.sign_agreement, agreement=agreement, side=side, signed_on=date(2020, 4, 6), **words,
        by=by or staff("ig-lead", now), now=now,
    )  # fmt: skip


def basis(
    key: str, *, purpose: str, now: datetime = BEGINS, ends_at: datetime | None = None, opt_out_applies: bool = False
) -> int:
    """Another legal basis."""
    stated: int = flow.perform(
        actions.state_basis, key=key, title=key.replace("-", " ").capitalize(), purpose=purpose,
        owner="Caldicott guardian", starts_at=now,
        ends_at=ends_at or now + timedelta(days=200), opt_out_applies=opt_out_applies, by=system("test", now=now), now=now,
    )  # fmt: skip
    return stated


def organisation(kind: str) -> int:
    """The first organisation of a kind."""
    return queries.organisations(kind)[0].id
