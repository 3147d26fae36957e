"""Nothing stays with an organisation that may no longer see the person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from openprotect.governance.actions import permit
from openprotect.governance.queries import access_stop, owner_team
from openprotect.governance.scope import Scope
from openprotect.journey.act.actions.referring import OPEN, write_step
from openprotect.journey.act.actions.working import move
from openprotect.journey.act.models import CallToAction, Referral
from openprotect.lib.done import Done

STOPPED = "Access to this person was stopped. Somebody else goes on with it."


def hand_over(*, stop: int, by: Scope, now: datetime) -> Done[int]:
    """Hand what a stopped organisation has open to teams that see the people; returns how much that was.

    Referrals to it come back first. What it had accepted is to be accepted anew: until then the
    safety net answers for it.
    """
    permit("raise.calls_to_action", by=by)
    organisation = access_stop(stop, scope=by).organisation_id
    referrals = Referral.objects.select_for_update().filter(organisation_id=organisation, status__in=OPEN)
    for referral in referrals.extra(where=["op_stopped(%s, act_referral.person_id)"], params=[organisation]):
        referral.status, referral.settled_at = Referral.Status.HANDED_BACK, now
        referral.save(update_fields=["status", "settled_at"])
        write_step(referral, "hand back", STOPPED, by=by, now=now)
        move(CallToAction.objects.select_for_update().get(id=referral.call_to_action_id), "take back", by=by, now=now)
    held = CallToAction.objects.select_for_update(of=("self",)).filter(owner_team__organisation_id=organisation)
    calls = (
        held.exclude(status=CallToAction.Status.CLOSED)
        .extra(where=["op_stopped(%s, act_calltoaction.person_id)"], params=[organisation])
        .select_related("owner_team", "person")
        .order_by("id")
    )
    handed = list(calls)
    for call in _with_another_team(handed):
        call.accepted_by, call.accepted_at = "", None
        call.save(update_fields=["owner_team"])
        move(call, "hand over", by=by, now=now, detail=call.owner_team.organisation.code)
    return Done(len(handed))


def _with_another_team(calls: Iterable[CallToAction]) -> Iterable[CallToAction]:
    for call in calls:
        call.owner_team = owner_team(
            duty=call.owner_team.duty,
            practice=call.person.practice_id,
            locality=call.person.locality_id,
            person=call.person_id,
        )
        yield call
