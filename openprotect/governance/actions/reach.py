"""How far an administrator reaches: their organisation and all below it, and what nobody answers for yet."""

from __future__ import annotations

from django.db.models import Q

from openprotect.governance.errors import OutsideYourOrganisation
from openprotect.governance.models import AccessGrant, Membership, Organisation
from openprotect.governance.queries.staff import covered_by
from openprotect.governance.scope import Scope, enter, system


def may_change(*organisations: int, by: Scope) -> None:
    """Refuse to change what another board answers for: with a merger go its people, its staff and its teams.

    What stands under nobody, where nobody works and which sees nobody, may be taken on by whoever
    keeps organisations: so it comes in from the national extract.
    """
    if by.identity != "staff":
        return
    mine = covered_by(by.organisation) if by.organisation is not None else frozenset()
    if any(_answered_for(each, by) for each in organisations if each not in mine):
        raise OutsideYourOrganisation()


def concerns(*organisations: int, by: Scope) -> None:
    """Refuse to decide about what is between others alone, such as another board's agreement."""
    if is_between_others(*organisations, by=by):
        raise OutsideYourOrganisation()


def is_between_others(*organisations: int, by: Scope) -> bool:
    """Whether something is between others alone. Who may not learn that there is such a thing is told it is not there."""
    return (
        by.identity == "staff"
        and bool(organisations)
        and (by.organisation is None or covered_by(by.organisation).isdisjoint(organisations))
    )


def _answered_for(organisation: int, by: Scope) -> bool:
    if not Organisation.objects.filter(id=organisation, parent=None).exists():
        return True
    below = covered_by(organisation)
    now = Q(ends_at=None) | Q(ends_at__gt=by.now)
    with enter(system("governance", now=by.now)):
        return (
            Membership.objects.filter(now, organisation__in=below).exists()
            or AccessGrant.objects.filter(now, organisation__in=below).exists()
        )
