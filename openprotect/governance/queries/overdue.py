"""What governance owes and has not done in time: reviews of bases, and letters that did not leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openprotect.governance.facts import law
from openprotect.governance.models import LegalBasis, Membership, WhoSawLetter
from openprotect.governance.queries.bases import owners, term_of
from openprotect.governance.rules import bases as rules
from openprotect.governance.scope import Scope, enter, require, system
from openprotect.lib.london import today


@dataclass(frozen=True)
class ReviewOverdue:
    """A basis in force that was to be reviewed by a day that is past. `owners` are users."""

    basis: int
    title: str
    review_date: date
    owners: tuple[int, ...]


@dataclass(frozen=True)
class LetterOverdue:
    """A letter that was to say who saw somebody, and has not left. `asked_by` is a user."""

    reference: UUID
    asked_at: datetime
    asked_by: int


def reviews_overdue(*, scope: Scope) -> list[ReviewOverdue]:
    """The bases in force whose day of review is past, the longest past first."""
    require(scope)
    day = today(scope.now)
    found = LegalBasis.objects.filter(review_date__lt=day).order_by("review_date", "id")
    return [
        ReviewOverdue(each.id, each.title, each.review_date, tuple(owners(each, now=scope.now)))
        for each in found
        if each.review_date and rules.is_to_be_reviewed(term_of(each), each.review_date, scope.now, today=day)
    ]


def letters_overdue(*, scope: Scope) -> list[LetterOverdue]:
    """The letters that wait for longer than `law.toml` allows: for staff, those that their organisation asked for."""
    require(scope)
    with enter(system("governance", now=scope.now)):
        late = WhoSawLetter.objects.filter(sent_at=None, asked_at__lt=law.WHO_SAW_LETTER.before(scope.now))
        found = [
            LetterOverdue(each.reference, each.asked_at, int(each.asked_by))
            for each in late.order_by("asked_at", "reference")
            if each.asked_by.isdecimal()
        ]
        if scope.identity != "staff" or not found:
            return found
        here = set(_works(scope.now).filter(organisation_id__in=scope.organisations).values_list("user_id", flat=True))
    return [each for each in found if each.asked_by in here]


def written_to(users: set[int], *, scope: Scope) -> dict[int, str]:
    """The address of the organisation that each of these users works for now, where it has one."""
    require(scope)
    works = _works(scope.now).filter(user_id__in=users).exclude(organisation__email="")
    return dict(works.order_by("-id").values_list("user_id", "organisation__email"))


def _works(now: datetime) -> QuerySet[Membership]:
    return Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, user__is_active=True)
