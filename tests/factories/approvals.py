"""Legal bases and their extensions, approved by the two who approve them."""

from __future__ import annotations

from datetime import datetime

from openprotect.governance import actions as governance
from openprotect.governance.scope import Scope
from openprotect.journey import flow
from tests.factories.seen import one
from tests.factories.small_service import BEGINS, staff

BOTH = ("siro", "caldicott-guardian")


def approve(basis: int, *who: str, now: datetime = BEGINS) -> None:
    """The SIRO and the Caldicott guardian approve a basis, or those of them that are named."""
    for each in who or BOTH:
        flow.perform(governance.approve_basis, basis=basis, words="Seen and agreed", by=staff(each, now), now=now)


def approve_extension(basis: int, *who: str, now: datetime) -> None:
    """They approve the extension of a basis that waits."""
    query = "SELECT id FROM governance_basisextension WHERE basis_id = %s AND settled_at IS NULL"
    asked = {"basis": basis, "extension": one(query, basis), "words": "Seen and agreed"}
    for each in who or BOTH:
        flow.perform(governance.approve_extension, **asked, by=staff(each, now), now=now)


def extend(basis: int, ends_at: datetime, by: Scope) -> None:
    """Somebody asks that a basis ends later, and both approve it."""
    words = "The work goes on"
    flow.perform(governance.extend_basis, basis=basis, ends_at=ends_at, words=words, by=by, now=by.now)
    approve_extension(basis, now=by.now)
