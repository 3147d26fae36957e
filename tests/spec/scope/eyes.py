"""Whoever may ask the database for something: what the scope tells it of them, and whom they may reach by right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from openprotect.governance import queries as governance
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.scope import Scope
from tests.factories.twins import Twin
from tests.spec.scope.rules import Command, Rule, Staff

Both = tuple[Twin, Twin]
OTHERS = 2  # in the place of a twin: rows about neither
ALL = frozenset({0, 1, OTHERS})
NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Eyes:
    """One asker. The sets hold which of the two twins are theirs: by a live grant to their organisation, as
    their organisation's own row, by a referral to it, because they are that person, or hold the link to that person's referral.
    """

    name: str
    identity: str = ""
    permissions: frozenset[str] = frozenset()
    seen: frozenset[int] = NONE
    own: frozenset[int] = NONE
    board: frozenset[int] = NONE
    referred: frozenset[int] = NONE
    person: frozenset[int] = NONE
    partner: frozenset[int] = NONE
    settings: Mapping[str, str] = field(default_factory=dict)

    def may(self, command: Command, rule: Rule, twin: int) -> bool:
        """Whether the rule lets these eyes do this with the twin's rows."""
        if command in rule.anybody or (self.identity == "system" and command in rule.system):
            return True
        if self.identity == "person":
            return command in rule.person and twin in self.person
        if self.identity == "partner":
            return command in rule.partner and twin in self.partner
        ways = rule.staff.get(command, ()) if self.identity == "staff" else ()
        return any(self._holds(way) and twin in self._whose(way) for way in ways)

    def _holds(self, way: Staff) -> bool:
        return way.permissions <= self.permissions

    def _whose(self, way: Staff) -> frozenset[int]:
        theirs = {"seen": self.seen, "own": self.own, "board": self.board, "referred": self.referred, "any": ALL}
        return theirs[way.whose]


def everybody(two: Both, *, now: datetime, permissions: Iterable[str] = PERMISSIONS) -> Iterator[Eyes]:
    """Everybody who may ask; staff with, and without, each of these permissions."""
    yield from without_account(two, now=now)
    a, b = two
    everything = frozenset(PERMISSIONS)
    council, other_council = (each.id for each in governance.organisations("council"))
    board = governance.organisations("icb")[0].id
    ours = _staff("staff of the one practice", everything, (a.practice,), now, seen={0}, own={0})
    yield ours
    yield _staff("staff of the other practice", everything, (b.practice,), now, seen={1}, own={1})
    yield _staff("staff of the one locality", everything, (a.locality,), now, seen={0})
    yield _staff("staff of both practices", everything, (a.practice, b.practice), now, seen={0, 1}, own={0, 1})
    yield _staff("staff of the board", everything, (board,), now, seen={0, 1}, board={0, 1})
    yield _staff(
        "staff of the board who see people alone", frozenset({"see.person"}), (board,), now, seen={0, 1}, board={0, 1}
    )
    yield _staff("staff of an organisation that is not there", everything, (999_999,), now)
    yield _staff("staff of no organisation", everything, (), now)
    yield _staff("staff of the council", everything, (council,), now, referred={0})
    yield _staff("staff of the council who see alone", frozenset({"see.referrals"}), (council,), now, referred={0})
    yield _staff("staff of the council who act alone", frozenset({"act.referrals"}), (council,), now, referred={0})
    yield _staff("staff of the other council", everything, (other_council,), now, referred={1})
    yield _staff("staff without a permission", frozenset(), (a.practice,), now, seen={0}, own={0})
    yield _staff("staff before the grants began", everything, (a.practice,), now.replace(year=2019), own={0})
    for permission in permissions:
        yield _staff(f"staff with {permission}", frozenset({permission}), (a.practice,), now, seen={0}, own={0})
        yield _staff(f"staff without {permission}", everything - {permission}, (a.practice,), now, seen={0}, own={0})
    yield _staff("exporter of the board", frozenset({"export.people"}), (board,), now, seen={0, 1}, board={0, 1})
    yield _staff("officer of the board", frozenset({"act.rights"}), (board,), now, seen={0, 1}, board={0, 1})
    for permission in ("see.referrals", "act.referrals"):
        yield _staff(f"council without {permission}", everything - {permission}, (council,), now, referred={0})


def without_account(two: Both, *, now: datetime) -> Iterator[Eyes]:
    """Whoever is not staff, and the system. The full hand is everything that any identity is told, at once:
    what is left over from somebody else must open nothing, because the identity alone decides."""
    a, b = two
    hand = _told(
        Scope(
            "nobody",
            actor="nobody",
            now=now,
            organisations=(a.practice, b.practice, *_ids("council"), *_ids("icb")),
            permissions=frozenset(PERMISSIONS),
            person=a.person,
            referral=a.referral,
        )
    )
    yield Eyes("unset")
    yield Eyes("nobody", settings=_told(Scope("nobody", actor="nobody", now=now)))
    for identity in ("", "nobody", "administrator", "SYSTEM", "staff,system"):
        yield Eyes(f"{identity or 'unset'}, with a full hand", settings={**hand, "identity": identity})
    mine: frozenset[int] = frozenset({0})
    yield Eyes("person, with a full hand", "person", person=mine, settings={**hand, "identity": "person"})
    yield Eyes("partner, with a full hand", "partner", partner=mine, settings={**hand, "identity": "partner"})
    for i, twin in enumerate(two):
        of = frozenset({i})
        person = Scope("person", actor="link", now=now, person=twin.person)
        partner = Scope("partner", actor="referral", now=now, referral=twin.referral)
        yield Eyes(f"person {i}", "person", person=of, settings=_told(person))
        yield Eyes(f"partner {i}", "partner", partner=of, settings=_told(partner))
    yield Eyes("person without a link", "person", settings=_told(Scope("person", actor="link", now=now)))
    yield Eyes("partner without a link", "partner", settings=_told(Scope("partner", actor="link", now=now)))
    system = Scope("system", actor="system:probe", now=now)
    yield Eyes("system", "system", settings=_told(system))


def _ids(kind: str) -> list[int]:
    return [each.id for each in governance.organisations(kind)]


def ended(eyes: Eyes) -> Eyes:
    """The same, where no grant is live any more, for whatever reason."""
    return replace(eyes, name=f"{eyes.name}, ended", seen=NONE)


def _staff(
    name: str,
    permissions: frozenset[str],
    organisations: tuple[int, ...],
    now: datetime,
    *,
    seen: Iterable[int] = (),
    own: Iterable[int] = (),
    board: Iterable[int] = (),
    referred: Iterable[int] = (),
) -> Eyes:
    scope = Scope("staff", actor="0", now=now, organisations=organisations, permissions=permissions)
    return Eyes(
        name,
        "staff",
        permissions,
        seen=frozenset(seen),
        own=frozenset(own),
        board=frozenset(board),
        referred=frozenset(referred),
        settings=_told(scope),
    )


def _told(scope: Scope) -> dict[str, Any]:
    return {
        "identity": scope.identity,
        "actor": scope.actor,
        "organisations": "{" + ",".join(map(str, scope.organisations)) + "}",
        "permissions": "{" + ",".join(sorted(scope.permissions)) + "}",
        "person": str(scope.person or ""),
        "referral": str(scope.referral or ""),
        "now": scope.now.isoformat(),
    }
