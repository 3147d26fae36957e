"""Set the demo up: organisations, teams, roles, people who work, legal bases. Through the actions."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openprotect.governance as governance_package
from openprotect.demo import crowd
from openprotect.governance import actions as governance
from openprotect.governance import shipped_roles
from openprotect.governance.facts.bases import Party
from openprotect.governance.facts.law import COMMUNICABLE_DISEASE
from openprotect.governance.queries import live_basis
from openprotect.governance.scope import system
from openprotect.interop.feeds.legal_bases import read_bases
from openprotect.journey import flow
from openprotect.lib.periods import Period
from openprotect.programmes.definitions import Pack

WHO_WORKS = Path(__file__).with_name("who_works.toml")
BASES = Path(__file__).with_name("legal_bases.toml")
NOTICES = Path(governance_package.__file__ or "").parent / "examples" / "copi-notices.toml"
NOTICE = "copi-general"
KINDS = {"central": "icb"}  # what the file of made-up organisations calls a board


Row = Mapping[str, str]
BOARD: tuple[Row, ...] = (
    {
        "code": "ZZI01",
        "name": "Demo integrated care board",
        "kind": "icb",
        "parent": "",
        "telephone": "01632 960000",
        "email": "board@example.org",
    },
)


def set_up(*, organisations: Path, pack: Pack, now: datetime) -> dict[str, int]:
    """Bring in the organisations of a file, give each the teams that the pack asks for, and
    appoint the demo's people. Run again it changes nothing. Returns organisation ids by code.
    """
    with organisations.open(encoding="utf-8", newline="") as file:
        rows = [
            {
                "code": row["code"],
                "name": row["name"],
                "kind": KINDS.get(row["kind"], row["kind"]),
                "parent": row["parent"],
                "telephone": row["phone"],
                "email": f"{row['code'].lower()}@example.org",
            }
            for row in csv.DictReader(file)
        ]
    return _bring_in(rows, pack, now)


def set_up_board(*, now: datetime) -> None:
    """The least that people can be cared for by: a board with its safety net, and a legal basis."""
    _bring_in(BOARD, None, now)


def _bring_in(rows: Sequence[Row], pack: Pack | None, now: datetime) -> dict[str, int]:
    by = system("demo", now=now)

    def perform(action: Any, **arguments: Any) -> Any:
        return flow.perform(action, by=by, now=now, **arguments)

    who = tomllib.loads(WHO_WORKS.read_text(encoding="utf-8"))
    ids: dict[str, int] = perform(governance.register_organisations, rows=rows)
    for row in rows:
        for duty in sorted(_duties(pack, row["kind"])):
            name = f"{duty.replace('_', ' ').capitalize()} team"
            team = perform(governance.form_team, organisation=ids[row["code"]], duty=duty, name=name)
            if hours := who["hours"].get(row["kind"]):
                there = [(day, hours["opens"], hours["closes"]) for day in hours["days"]]
                always = hours.get("bank_holidays", False)
                perform(governance.set_hours, team=team, hours=there, open_on_bank_holidays=always)
    for each in shipped_roles.read():
        perform(governance.define_role, name=each.name, label=each.label, permissions=each.permissions)
    firsts: dict[str, str] = {}
    for row in sorted(rows, key=lambda r: r["code"]):
        firsts.setdefault(row["kind"], row["code"])
    for persona in who["personas"]:
        if persona["at"] in firsts:
            at = ids[firsts[persona["at"]]]
            _appoint(perform, persona["username"], persona["name"], persona["role"], at)
    for share in range(1, crowd.PLAYERS):
        _appoint(perform, call_handler(share), f"Call handler {share + 2}", "call_handler", ids[firsts["icb"]])
    for row in rows:
        if row["kind"] in ("practice", "locality"):
            role = "reviewer" if row["kind"] == "practice" else "locality_lead"
            _appoint(perform, worker(row["code"]), f"Reviewer, {row['name']}", role, ids[row["code"]])
    _state_bases(perform, ids[firsts["icb"]], now)
    for row in rows:
        # The first practice's is one of those you can be.
        if pack and row["kind"] == "practice" and row["code"] != firsts["practice"]:
            _appoint(perform, manager(row["code"]), f"Manager, {row['name']}", "practice_manager", ids[row["code"]])
    return ids


def _state_bases(perform: Any, board: int, now: datetime) -> None:
    """What the demo's work rests on: direct care, risk stratification, evaluation, and the notice of 2020
    with the end that was known on the demo's day. After the last of its ends another basis stands in.
    """
    notices = [each for each in read_bases(NOTICES) if each.said["key"] == NOTICE]
    perform(governance.load_bases, bases=[n for n in notices if n.said["starts_at"] <= now])
    bases = tomllib.loads(BASES.read_text(encoding="utf-8"))
    if live_basis(purpose=COMMUNICABLE_DISEASE, now=now):
        bases.pop(COMMUNICABLE_DISEASE)
    party = Party(board, "National Health Service Act 2006", "controller")
    for said in bases.values():
        lasts, reviewed = said.pop("lasts", ""), said.pop("reviewed_after", "")
        perform(
            governance.state_basis,
            **said,
            starts_at=now,
            ends_at=Period.parse(lasts).after(now) if lasts else None,
            review_date=Period.parse(reviewed).after(now).date() if reviewed else None,
            parties=[party],
        )


def call_handler(share: int) -> str:
    """The username of the handler who rings a share of the people while days are lived."""
    return f"call-handler-{share + 2}" if share else "call-handler"


def worker(organisation_code: str) -> str:
    """The username of whoever works the needs of an organisation while days are lived."""
    return f"reviewer-{organisation_code.lower()}"


def manager(practice_code: str) -> str:
    """The username of whoever answers for a practice."""
    return f"manager-{practice_code.lower()}"


def _appoint(perform: Any, username: str, name: str, role: str, organisation: int) -> None:
    perform(
        governance.appoint,
        username=username,
        name=name,
        organisation=organisation,
        role=role,
        team=None,
        ends_at=None,
    )


def _duties(pack: Pack | None, kind: str) -> set[str]:
    """The duties that an organisation of this kind has a team for. The board has all of them."""
    categories = pack.act.categories.values() if pack else ()
    duties = {
        (desk.team, desk.at)
        for category in categories
        for urgency in category.clocks
        for desk in (category.desk(urgency),)
    }
    if kind == "icb":
        return {duty for duty, _ in duties} | {"surveillance", "restricted_records"}
    return {duty for duty, at in duties if at == kind}
