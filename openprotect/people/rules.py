"""Pure decisions about opt-outs and about what people ask of their records."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from openprotect.lib.periods import Period
from openprotect.lib.working_days import bank_holidays, is_working_day

_HERE = Path(__file__).parent


@cache
def opt_out_limit(name: str) -> Period:
    """A length of time from `opt_out.toml`."""
    return Period.parse(tomllib.loads((_HERE / "opt_out.toml").read_text(encoding="utf-8"))[name])


@dataclass(frozen=True)
class OptOutChange:
    """What a cleaned list changes: who opted out now, and who did before and does not any more."""

    opted_out: frozenset[str]
    newly: frozenset[str]
    no_longer: frozenset[str]


def opt_out_change(*, sent: Set[str], cleaned: Set[str], before: Set[str]) -> OptOutChange:
    """Whoever was sent and is not in the cleaned list has opted out; whoever is in it has not, or not any more.

    Of those who were not sent nothing is learnt: they stay as they were.
    """
    opted_out = frozenset(sent - cleaned)
    return OptOutChange(opted_out, opted_out - before, frozenset(before & cleaned))


@dataclass(frozen=True)
class Route:
    """How one kind of request is worked: whose it is, by when, and what can come of it."""

    kind: str
    label: str
    owner: str
    answer: Period
    extend: Period | None
    acknowledge: int | None
    identity: bool
    source: str
    outcomes: Mapping[str, str]


@cache
def routes() -> Mapping[str, Route]:
    """Every kind of request, from `rights.toml`."""
    read = tomllib.loads((_HERE / "rights.toml").read_text(encoding="utf-8"))
    return {
        kind: Route(
            kind=kind,
            label=given["label"],
            owner=given["owner"],
            answer=Period.parse(given["answer"]),
            extend=Period.parse(given["extend"]) if "extend" in given else None,
            acknowledge=given.get("acknowledge_working_days"),
            identity=given["identity"],
            source=given["source"],
            outcomes=given["outcomes"],
        )
        for kind, given in read.items()
    }


def due(route: Route, received_on: date) -> date:
    """The last day on which a request may be answered: the same day of a later month, or the working day after it."""
    return _working_day(route.answer.after(received_on))


def extended(route: Route, received_on: date) -> date | None:
    """The last day after an extension, where the law knows one: counted from receipt, as the law counts."""
    if route.extend is None:
        return None
    return _working_day(route.extend.after(route.answer.after(received_on)))


def acknowledge_by(route: Route, received_on: date) -> date | None:
    """The last day on which receipt may be acknowledged, where that has a clock; the day of receipt does not count."""
    if route.acknowledge is None:
        return None
    day = received_on
    for _ in range(route.acknowledge):
        day = _working_day(day + timedelta(days=1))
    return day


def _working_day(day: date) -> date:
    while not is_working_day(day, bank_holidays()):
        day += timedelta(days=1)
    return day


def too_old(sent_at: datetime | None, limit: Period, *, now: datetime) -> bool:
    """Whether an exchange lies back further than a limit, or there was none."""
    return sent_at is None or sent_at < limit.before(now)


def objects(latest: Mapping[str, str], purposes: Collection[str]) -> bool:
    """Whether a person whose latest words by purpose are these objects to a use for any of some purposes.

    Taking back an objection to one purpose does not take back that to every use.
    """
    return any(latest.get(purpose) == "objects" for purpose in ("", *purposes))
