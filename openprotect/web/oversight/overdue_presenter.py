"""What is overdue, as lines that lead to it."""

from __future__ import annotations

from django.urls import reverse

from openprotect.journey.learn.overdue import FoundOverdue
from openprotect.web.shown import shown_date


def lines(found: FoundOverdue) -> list[dict[str, str]]:
    """One line for each thing that is overdue; one for all letters, which name nobody."""
    requests = [
        {
            "text": f"A request about records was to be {each.what} by {shown_date(each.due_on)}",
            "href": reverse("oversight:request", args=[each.request]),
        }
        for each in found.requests
    ]
    number = len(found.letters)
    letters = [
        {
            "text": f"{number} letter{'' if number == 1 else 's'} about who saw a record: not left yet",
            "href": reverse("oversight:who_saw_letter"),
        }
    ]
    reviews = [
        {
            "text": f"{each.title} was to be reviewed by {shown_date(each.review_date)}",
            "href": reverse("oversight:basis", args=[each.basis]),
        }
        for each in found.reviews
    ]
    return [*requests, *(letters if number else ()), *reviews]
