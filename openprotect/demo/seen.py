"""What the demo must know to play its people: read by SQL, as the system, in a demo alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection

from openprotect.governance.scope import Scope, require

Row = TypeVar("Row")

# `key` is the NHS number, or where there is none the id in the source: the same on every machine.


@dataclass(frozen=True)
class LivingMember:
    """A member who is alive."""

    person: UUID
    key: str


@dataclass(frozen=True)
class Asked:
    """Somebody whose check-in is open and who was written to."""

    check_in: UUID
    person: UUID
    key: str
    occurrence: int
    channel: str
    sent_at: datetime


@dataclass(frozen=True)
class InHand:
    """A call that a handler has."""

    key: str
    occurrence: int
    tries: int
    number: int | None
    check_in: UUID | None
    check_in_number: int


@dataclass(frozen=True)
class Need:
    """A call to action that somebody has to work; `worker` is the username of who does."""

    id: UUID
    person: UUID
    key: str
    category: str
    source: str
    status: str
    raised_at: datetime
    due_at: datetime
    referred: bool
    restricted: bool
    worker: str


@dataclass(frozen=True)
class Referred:
    """A referral that a partner has."""

    id: UUID
    key: str
    category: str
    status: str
    sent_at: datetime
    organisation: int


def living_members(*, scope: Scope) -> list[LivingMember]:
    """Members of any programme who are alive."""
    return _rows(
        LivingMember,
        "SELECT m.person_id, coalesce(nullif(i.nhs_number, ''), p.source_id) FROM identify_member m JOIN people_person p ON p.id = m.person_id"
        " JOIN people_personidentity i ON i.person_id = p.id"
        " WHERE m.left_at IS NULL AND p.died_on IS NULL ORDER BY 2",
        scope,
    )


def asked(*, scope: Scope) -> list[Asked]:
    """Whose check-in is open now and has been asked for by at least one message, first one counts."""
    return _rows(
        Asked,
        "SELECT DISTINCT ON (key) c.id, c.person_id, coalesce(nullif(i.nhs_number, ''), p.source_id) AS key, c.occurrence, a.channel, a.claimed_at"
        " FROM check_in_checkin c JOIN contact_intent n ON n.member_id = c.member_id AND n.occurrence = c.occurrence"
        " JOIN contact_attempt a ON a.intent_id = n.id AND a.status = 'sent'"
        " JOIN people_person p ON p.id = c.person_id JOIN people_personidentity i ON i.person_id = p.id"
        " WHERE c.status = 'open' AND c.opens_at <= op_now()"
        " ORDER BY key, a.claimed_at, a.channel",
        scope,
    )


def call(call_id: UUID, *, scope: Scope) -> InHand:
    """The call in hand, as its handler sees it."""
    return _rows(
        InHand,
        "SELECT coalesce(nullif(i.nhs_number, ''), p.source_id), l.occurrence, l.tries,"
        " (SELECT t.id FROM people_contactpoint t WHERE t.person_id = l.person_id AND t.ends_at IS NULL"
        "   AND t.kind IN ('mobile', 'landline') ORDER BY t.kind DESC, t.starts_at DESC, t.value LIMIT 1),"
        " c.id, coalesce(c.occurrence, 0)"
        " FROM contact_call l JOIN people_person p ON p.id = l.person_id"
        " JOIN people_personidentity i ON i.person_id = p.id"
        " LEFT JOIN check_in_checkin c ON c.member_id = l.member_id AND c.status = 'open' AND c.opens_at <= op_now()"
        " WHERE l.id = %s",
        scope,
        call_id,
    )[0]


def needs(*, scope: Scope) -> list[Need]:
    """Calls to action that their owners have to work now."""
    return _rows(
        Need,
        "SELECT a.id, a.person_id, coalesce(nullif(i.nhs_number, ''), p.source_id), a.category, a.source, a.status, a.raised_at, a.due_at,"
        " EXISTS (SELECT 1 FROM act_referral r WHERE r.call_to_action_id = a.id), p.restricted,"
        " CASE o.kind WHEN 'icb' THEN 'surveillance' ELSE 'reviewer-' || lower(o.code) END"
        " FROM act_calltoaction a JOIN governance_team t ON t.id = a.owner_team_id"
        " JOIN governance_organisation o ON o.id = t.organisation_id"
        " JOIN people_person p ON p.id = a.person_id JOIN people_personidentity i ON i.person_id = p.id"
        " WHERE a.status IN ('open', 'acknowledged') ORDER BY 3, a.category, a.raised_at",
        scope,
    )


def referrals(*, scope: Scope) -> list[Referred]:
    """Referrals whose link was sent and that are with a partner."""
    return _rows(
        Referred,
        "SELECT r.id, coalesce(nullif(i.nhs_number, ''), p.source_id), a.category, r.status, r.sent_at, r.organisation_id FROM act_referral r"
        " JOIN act_calltoaction a ON a.id = r.call_to_action_id JOIN act_referrallink l ON l.referral_id = r.id"
        " JOIN people_person p ON p.id = r.person_id JOIN people_personidentity i ON i.person_id = p.id"
        " WHERE r.status IN ('sent', 'accepted') ORDER BY 2, a.category, r.sent_at",
        scope,
    )


def busiest_practice(*, scope: Scope) -> int | None:
    """The practice whose teams have most to accept."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id FROM act_calltoaction a JOIN governance_team t ON t.id = a.owner_team_id"
            " JOIN governance_organisation o ON o.id = t.organisation_id"
            " WHERE a.status = 'open' AND o.kind = 'practice'"
            " GROUP BY o.id, o.code ORDER BY count(*) DESC, o.code LIMIT 1"
        )
        row = cursor.fetchone()
    return row[0] if row else None


def partners(*, scope: Scope) -> dict[str, int]:
    """The first partner organisation of each kind."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT ON (kind) kind, id FROM governance_organisation ORDER BY kind, code")
        return dict(cursor.fetchall())


def _rows(shape: type[Row], statement: str, scope: Scope, *arguments: UUID) -> list[Row]:
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return [shape(*row) for row in cursor.fetchall()]
