"""Who may be appointed, and on what terms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from openprotect.governance.errors import EndMissing, EndsTooEarly, GrantsToThemselves, NotVouchedFor, ReachesEverywhere
from openprotect.governance.facts.staff import Vouchers
from openprotect.governance.permissions import EVERYWHERE

BOARDS = ("icb", "commissioner")
_WORDS = {"identity": "who they are", "training": "their training", "dbs": "the DBS check"}


def terms(
    *, employer: int, organisation: int, starts_at: datetime, ends_at: datetime | None, vouchers: Vouchers, today: date
) -> None:
    """Refuse terms on which nobody may work here: somebody else's employee has an end and three vouchers."""
    if ends_at is not None and ends_at <= starts_at:
        raise EndsTooEarly()
    if employer == organisation:
        return
    if ends_at is None:
        raise EndMissing()
    missing = [
        words
        for kind, words in _WORDS.items()
        if (vouched := getattr(vouchers, kind)) is None or not vouched.by.strip() or vouched.on > today
    ]
    if missing:
        raise NotVouchedFor(missing=_listed(missing))


def reach(*, kind: str, label: str, permissions: Collection[str]) -> None:
    """Refuse a role that reaches beyond one organisation, unless it is given at a board or a commissioner."""
    if kind not in BOARDS and EVERYWHERE.intersection(permissions):
        raise ReachesEverywhere(role=label)


def definition(*, own: bool, held: Collection[str], wanted: Collection[str]) -> None:
    """Refuse somebody who would put permissions into a role that they hold."""
    if own and set(wanted) - set(held):
        raise GrantsToThemselves()


def _listed(words: list[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
