"""The worklist: what is to be done, most urgent first, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openprotect.governance.models import Team
from openprotect.governance.scope import Scope, require
from openprotect.journey.act.models import CallToAction, Referral
from openprotect.people.models import PersonIdentity
from openprotect.programmes import queries as programmes
from openprotect.programmes.definitions.act import Category

Key = tuple[int, datetime, UUID]  # rank, due, id: of the last row of a page


@dataclass(frozen=True)
class WorklistRow:
    """One line of the worklist."""

    id: UUID
    person: UUID
    name: str
    nhs_number: str
    date_of_birth: object
    category_label: str
    urgency: str
    rank: int
    why: str
    raised_at: datetime
    due_at: datetime
    overdue: bool
    status: str
    team_name: str
    held_by: str


@dataclass(frozen=True)
class Worklist:
    """A page of calls to action, most urgent first; `after` opens the next page. No count is beyond MOST_COUNTED + 1."""

    rows: Sequence[WorklistRow]
    after: str
    open: int
    overdue: int
    unaccepted: int


PAGE = 25
HIGHEST_RANK = 32_767  # what its column holds
MOST_COUNTED = 200  # beyond it a number says no more than that there is more: each row is asked whether it is seen
# Each team's own first rows in the order of its index, so that none is asked whether it is seen but those shown.
_OF_TEAMS = """
SELECT c.* FROM unnest(%s::bigint[]) AS team CROSS JOIN LATERAL (
    SELECT * FROM act_calltoaction
    WHERE owner_team_id = team AND NOT (status = 'closed') AND {after}
    ORDER BY rank DESC, due_at, id LIMIT %s
) c ORDER BY c.rank DESC, c.due_at, c.id LIMIT %s
"""
# In comparisons that tell nothing of a row but their answer: PostgreSQL asks these before the policies, and others after.
_AFTER = "rank <= %s::smallint AND (rank < %s::smallint OR (due_at, id) > (%s::timestamptz, %s::uuid))"


def worklist(*, scope: Scope, after: str = "") -> Worklist:
    """What is to be done by the teams of this actor's organisations, most urgent first.

    Who watches over others (`see.every_need`: surveillance, a locality's lead) has the needs of
    everybody in their scope, whichever team holds them.
    Pages go by key (rank, due, id), so that the last page costs what the first does. `after` is
    what the page before gave; anything else starts at the beginning. A count above MOST_COUNTED is one more than it.
    """
    require(scope)
    mine = CallToAction.objects.exclude(status=CallToAction.Status.CLOSED)
    key = key_of(after)
    if scope.may("see.every_need"):
        found = _of_everybody(mine, key)
    else:
        teams = Team.objects.filter(organisation_id__in=scope.organisations).select_related("organisation").in_bulk()
        mine = mine.filter(owner_team_id__in=list(teams))
        found = _of_teams(teams, key)
    names = {i.person_id: i for i in PersonIdentity.objects.filter(person_id__in=[c.person_id for c in found])}
    partners = partners_of(found)
    rows = [row_of(c, names.get(c.person_id), partners.get(c.id, ""), scope.now) for c in found[:PAGE]]
    more = (
        f"{found[PAGE - 1].rank}~{found[PAGE - 1].due_at.isoformat()}~{found[PAGE - 1].id}" if len(found) > PAGE else ""
    )
    return Worklist(
        rows=rows,
        after=more,
        open=_counted(mine),
        overdue=_counted(mine.filter(due_at__lt=scope.now)),
        unaccepted=_counted(mine.filter(status=CallToAction.Status.OPEN)),
    )


def _of_everybody(mine: QuerySet[CallToAction], key: Key | None) -> list[CallToAction]:
    page = mine.order_by("-rank", "due_at", "id").select_related("owner_team__organisation")
    if key:
        rank, due_at, last = key
        due_later = Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=last)
        page = page.filter(Q(rank__lt=rank) | due_later, rank__lte=rank)
    return list(page[: PAGE + 1])


def _of_teams(teams: Mapping[int, Team], key: Key | None) -> list[CallToAction]:
    where, values = (_AFTER, [key[0], *key]) if key else ("true", [])
    found = list(CallToAction.objects.raw(_OF_TEAMS.format(after=where), [list(teams), *values, PAGE + 1, PAGE + 1]))
    for call in found:
        call.owner_team = teams[call.owner_team_id]
    return found


def _counted(calls: QuerySet[CallToAction]) -> int:
    return calls[: MOST_COUNTED + 1].count()


def open_needs(person: UUID, *, scope: Scope) -> list[WorklistRow]:
    """What is to be done for one person in scope, whichever team holds it, most urgent first."""
    require(scope)
    calls = CallToAction.objects.exclude(status=CallToAction.Status.CLOSED).filter(person_id=person)
    found = list(calls.order_by("-rank", "due_at", "id").select_related("owner_team__organisation"))
    identity = PersonIdentity.objects.filter(person_id=person).first()
    partners = partners_of(found)
    return [row_of(call, identity, partners.get(call.id, ""), scope.now) for call in found]


def key_of(after: str) -> Key | None:
    try:
        rank, due_at, last = after.split("~")
        key = int(rank), datetime.fromisoformat(due_at), UUID(last)
    except ValueError:
        return None
    return key if 0 <= key[0] <= HIGHEST_RANK and key[1].tzinfo else None


def partners_of(calls: Sequence[CallToAction]) -> dict[UUID, str]:
    """Call to action -> the partner who has accepted it and not yet reported."""
    accepted = Referral.objects.filter(call_to_action__in=calls, status=Referral.Status.ACCEPTED)
    return dict(accepted.values_list("call_to_action_id", "organisation__name"))


def row_of(call: CallToAction, identity: PersonIdentity | None, partner: str, now: datetime) -> WorklistRow:
    return WorklistRow(
        id=call.id,
        person=call.person_id,
        name=f"{identity.given_name} {identity.family_name}" if identity else "",
        nhs_number=identity.nhs_number if identity else "",
        date_of_birth=identity.date_of_birth if identity else None,
        category_label=category_of(call).label,
        urgency=call.urgency,
        rank=call.rank,
        why=call.why,
        raised_at=call.raised_at,
        due_at=call.due_at,
        overdue=call.due_at < now and call.status != CallToAction.Status.CLOSED,
        status=call.status,
        team_name=f"{call.owner_team.organisation.name}: {call.owner_team.name}",
        held_by=_held_by(call, partner),
    )


def _held_by(call: CallToAction, partner: str) -> str:
    """Clinical responsibility passes when it is accepted, never when it is sent."""
    if partner:
        return partner
    if call.accepted_at:
        return f"{call.owner_team.organisation.name}: {call.owner_team.name}"
    return "Surveillance team, until it is accepted"


def category_of(call: CallToAction) -> Category:
    return programmes.pack(call.pack_version_id).act.categories[call.category]
