"""What happens in governance that other parts follow."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from openprotect.governance.facts.organisations import Move, Succession


@dataclass(frozen=True)
class AccessStopped:
    """The access of an organisation to a practice's patients, or to one of them, was stopped."""

    stop: int


@dataclass(frozen=True)
class BasisEnded:
    """A legal basis has ended, and the access that rested on it. What carries on has its own basis."""

    basis: int


@dataclass(frozen=True)
class ExportAsked:
    """Somebody asked for a file of people, or for what is held about one."""

    export: UUID


@dataclass(frozen=True)
class OrganisationsReorganised:
    """Organisations were succeeded by others, went to another parent, or closed without a successor.

    Only those that may see somebody are named: the others have nobody who follows.
    """

    successions: tuple[Succession, ...]
    moves: tuple[Move, ...]
    closed: tuple[int, ...]


@dataclass(frozen=True)
class TeamsClosed:
    """Teams are there no more: what they hold needs an owner."""

    teams: tuple[int, ...]
