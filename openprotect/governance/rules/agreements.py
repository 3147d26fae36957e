"""What a sharing agreement may name, when it holds, and what an export under it may contain."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from openprotect.governance.facts.law import PURPOSES
from openprotect.lib.periods import Period

_LIMITS = Path(__file__).parents[1] / "sharing.toml"
SIDES = ("giver", "receiver")


@dataclass(frozen=True)
class ExportField:
    """One thing about a person that an agreement may name.

    `table` is where it stands, `permission` what somebody needs to see it on screen, and so to
    export it; `category` is what the register shows it under.
    """

    key: str
    label: str
    category: str
    table: str
    permission: str


# Closed: what does not stand here is exported under no agreement. Reasons (what somebody is ill
# with) are a category of their own, so that nobody agrees to them with the address.
FIELDS: Mapping[str, ExportField] = {
    field.key: field
    for field in (
        ExportField("nhs_number", "NHS number", "identity", "people_personidentity", "see.identity"),
        ExportField("given_name", "Given name", "identity", "people_personidentity", "see.identity"),
        ExportField("family_name", "Family name", "identity", "people_personidentity", "see.identity"),
        ExportField("date_of_birth", "Date of birth", "identity", "people_personidentity", "see.identity"),
        ExportField("practice", "GP practice", "registration", "people_person", "see.person"),
        ExportField("locality", "Locality", "registration", "people_person", "see.person"),
        ExportField("address", "Address", "contact", "people_contactpoint", "see.contact_points"),
        ExportField("telephone", "Telephone", "contact", "people_contactpoint", "see.contact_points"),
        ExportField("email", "Email", "contact", "people_contactpoint", "see.contact_points"),
        ExportField("mind", "What to mind", "needs", "people_need", "see.needs"),
        ExportField("needs_action", "Kinds of help needed", "needs", "act_calltoaction", "see.calls_to_action"),
        ExportField("state", "Where they stand", "state", "learn_person_state", "see.person"),
        ExportField("reasons", "Why they are at risk", "reasons", "identify_reason", "see.reasons"),
    )
}
CATEGORIES: Mapping[str, str] = {
    "identity": "Who they are",
    "registration": "Where they are registered",
    "contact": "How to reach them",
    "needs": "What they need",
    "state": "Where they stand in the programme",
    "reasons": "Why they are at risk (diagnoses)",
}


@dataclass(frozen=True)
class Resting:
    """What an agreement needs to know of the basis it rests on.

    `beyond_care` says that it is not the care of those whom it is about, so that their objections
    count; `opt_out_applies` that the national data opt-out does.
    """

    purposes: tuple[str, ...]
    starts_at: datetime | None  # none: it awaits approval
    ends_at: datetime | None
    beyond_care: bool = False
    opt_out_applies: bool = False

    def live(self, now: datetime) -> bool:
        return self.starts_at is not None and self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True)
class Terms:
    """What two organisations agree on."""

    giver: int
    receiver: int
    purpose: str
    fields: tuple[str, ...]
    owner: str
    starts_at: datetime
    ends_at: datetime | None
    review_on: date | None


Standing = Literal["ended", "basis_ended", "unsigned", "not_begun", "live"]
STANDINGS: Mapping[str, str] = {
    "ended": "Ended",
    "basis_ended": "Its legal basis is not in force",
    "unsigned": "Not signed by both",
    "not_begun": "Not begun",
    "live": "In force",
}


def faults_of(terms: Terms, basis: Resting | None, *, now: datetime) -> dict[str, str]:
    """What keeps terms from becoming an agreement, by field; empty where nothing does."""
    faults: dict[str, str] = {}
    if terms.giver == terms.receiver:
        faults["receiver"] = "Choose two different organisations: nobody agrees with themselves"
    if not terms.owner.strip():
        faults["owner"] = "Enter who owns this agreement: a named person answers for it"
    if not terms.fields:
        faults["fields"] = "Choose at least one thing that may be given"
    unknown = [name for name in terms.fields if name not in FIELDS]
    if unknown:
        faults["fields"] = f"'{unknown[0]}' is nothing that can be given: choose from the list"
    if terms.ends_at is None:
        faults["ends_on"] = "Enter when the agreement ends"
    elif terms.ends_at <= terms.starts_at:
        faults["ends_on"] = "The end must be after the beginning"
    elif terms.ends_at <= now:
        faults["ends_on"] = "The end must be in the future"
    if terms.review_on is None:
        faults["review_on"] = "Enter when the agreement is reviewed"
    elif terms.ends_at is not None and terms.review_on > terms.ends_at.date():
        faults["review_on"] = "The review must be before the end"
    return faults | _basis_faults(terms, basis, now)


def _basis_faults(terms: Terms, basis: Resting | None, now: datetime) -> dict[str, str]:
    if basis is None:
        return {"basis": "Choose the legal basis that this rests on"}
    if basis.ends_at is not None and basis.ends_at <= now:
        return {"basis": "This legal basis has ended: choose one that is in force"}
    if basis.starts_at is None:
        return {"basis": "This legal basis awaits approval: choose one that is in force"}
    if terms.starts_at < basis.starts_at:
        return {"starts_on": "The agreement would begin before its legal basis does"}
    if basis.ends_at is not None and terms.ends_at is not None and terms.ends_at > basis.ends_at:
        return {"ends_on": "The agreement would last longer than its legal basis: end it no later than that"}
    if terms.purpose not in basis.purposes:
        return {
            "purpose": f"The legal basis is not for this purpose. It is for: {', '.join(PURPOSES.get(p, p) for p in basis.purposes)}"
        }
    return {}


def standing(
    *,
    starts_at: datetime,
    ends_at: datetime,
    ended_at: datetime | None,
    signed: Collection[str],
    basis: Resting,
    now: datetime,
) -> Standing:
    """Where an agreement stands at `now`: to the second, and the worst reason first."""
    if now >= ends_at or (ended_at is not None and now >= ended_at):
        return "ended"
    if basis.ends_at is not None and now >= basis.ends_at:
        return "basis_ended"
    if not set(SIDES) <= set(signed):
        return "unsigned"
    if now < starts_at:
        return "not_begun"
    return "live" if basis.live(now) else "basis_ended"


def not_for(fields: Sequence[str], permissions: Collection[str]) -> list[ExportField]:
    """The fields that somebody with these permissions may not see, and so not export."""
    return [FIELDS[name] for name in fields if FIELDS[name].permission not in permissions]


@dataclass(frozen=True)
class Totals:
    """What became of everybody an export could have held; each person counts once.

    rows_in = exported + died + restricted + opted_out + objected + not_seen. `not_seen` are
    people whom the asker's role or organisation does not reach, although both sides have a grant.
    """

    rows_in: int = 0
    exported: int = 0
    died: int = 0
    restricted: int = 0
    opted_out: int = 0
    objected: int = 0
    not_seen: int = 0

    @property
    def add_up(self) -> bool:
        left_out = self.died + self.restricted + self.opted_out + self.objected + self.not_seen
        return self.rows_in == self.exported + left_out


LeftOut = Literal["died", "restricted", "opted_out", "objected"]


def left_out(*, died: bool, restricted: bool, opted_out: bool, objected: bool, beyond_care: bool) -> LeftOut | None:
    """Why a person is not in an export, or None: the first that holds, so that each counts once.

    The national data opt-out and objections do not keep anybody from their own care.
    """
    if died:
        return "died"
    if restricted:
        return "restricted"
    if beyond_care and opted_out:
        return "opted_out"
    if beyond_care and objected:
        return "objected"
    return None


@cache
def limit(name: str) -> Period:
    """A length of time from `sharing.toml`."""
    return Period.parse(tomllib.loads(_LIMITS.read_text(encoding="utf-8"))[name])
