"""Organisations and the teams that do their duties."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from openprotect.governance.models import Organisation, Team


def organisation_names(ids: Sequence[int]) -> dict[int, str]:
    """Names by id."""
    return dict(Organisation.objects.filter(id__in=ids).values_list("id", "name"))


def organisations(kind: str) -> list[Organisation]:
    """The organisations of a kind, by name."""
    return list(Organisation.objects.filter(kind=kind).order_by("name"))


def organisation_codes(ids: Sequence[int]) -> dict[int, str]:
    """Codes by id."""
    return dict(Organisation.objects.filter(id__in=ids).values_list("id", "code"))


def localities_of_practices() -> dict[str, str]:
    """The code of the locality each practice belongs to now, by the practice's code."""
    practices = Organisation.objects.filter(kind="practice", parent__kind="locality")
    return dict(practices.values_list("code", "parent__code"))


def organisation_by_code(code: str) -> Organisation | None:
    """The organisation with an ODS code, written in capitals or not."""
    return Organisation.objects.filter(code__iexact=code).first()


def owner_team(*, duty: str, practice: int | None, locality: int | None, person: UUID | None = None) -> Team:
    """The team that does a duty for a person: the practice's, else the locality's, else the
    integrated care board's, else the board's surveillance team. Never nobody, and never an
    organisation whose access to the person is stopped.
    """
    candidates = {
        (team.organisation_id, team.duty): team
        for team in Team.objects.filter(
            Q(organisation__in=[o for o in (practice, locality) if o is not None])
            | Q(organisation__kind=Organisation.Kind.INTEGRATED_CARE_BOARD),
            closed_at=None,
        )
        .extra(where=["%s::uuid IS NULL OR NOT op_stopped(governance_team.organisation_id, %s)"], params=[person] * 2)
        .select_related("organisation")
        .order_by("id")
    }
    for organisation in (practice, locality):
        if organisation is not None and (organisation, duty) in candidates:
            return candidates[organisation, duty]
    central = [t for t in candidates.values() if t.organisation.kind == "icb"]
    for wanted in (duty, "surveillance"):
        for team in central:
            if team.duty == wanted:
                return team
    raise LookupError("no surveillance team: the safety net is not set up")
