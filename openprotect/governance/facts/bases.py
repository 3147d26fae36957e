"""A legal basis and what changed in it, as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Party:
    """An organisation under a basis: its statutory power, and whether it controls or processes."""

    organisation: int
    power: str
    capacity: str


@dataclass(frozen=True)
class BasisStated:
    """All that somebody says when they state a legal basis. Empty text means that it is not said."""

    key: str
    title: str
    purpose: str
    starts_at: datetime
    ends_at: datetime | None
    owner: str = ""
    owner_user: int | None = None
    owner_role: str = ""
    owner_team: int | None = None
    purposes: Sequence[str] = ()
    article_6: str = ""
    article_9: str = ""
    confidence: str = ""
    data_categories: Sequence[str] = ()
    sources: Sequence[str] = ()
    review_date: date | None = None
    privacy_notice: str = ""
    is_direct_care: bool = False
    opt_out_applies: bool = False
    parties: Sequence[Party] = ()

    @property
    def has_owner(self) -> bool:
        return bool(self.owner_user or self.owner_role or self.owner_team)


@dataclass(frozen=True)
class Term:
    """From when until when a basis is in force; without a start it awaits approval."""

    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Change:
    """One change of a basis: when it was written, and the end that was in force from then on."""

    at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Option:
    """A basis among those that might carry a use: what it covers and how long it holds."""

    id: int
    purposes: frozenset[str]
    sources: frozenset[str]
    term: Term


@dataclass(frozen=True)
class Extension:
    """A later end that a file gives, and the day on which it was known."""

    known: datetime
    ends_at: datetime
    words: str


@dataclass(frozen=True)
class Approval:
    """Who approved a basis as what, when and in which words."""

    approver: str
    by: str
    at: datetime
    words: str


@dataclass(frozen=True)
class BasisInFile:
    """A basis as a file states it. People and organisations stand in it by username and ODS code.

    `said` are the arguments of `BasisStated` besides those.
    """

    file: str
    said: Mapping[str, Any]
    words: str
    owner_username: str = ""
    parties: Sequence[tuple[str, str, str]] = ()  # code, power, capacity
    extensions: Sequence[Extension] = ()
    approvals: Sequence[Approval] = ()
