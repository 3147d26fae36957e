"""What is overdue and the reader has to answer: requests about records, letters, reviews of legal bases."""

from __future__ import annotations

from dataclasses import dataclass

from openprotect.governance import queries as governance
from openprotect.governance.queries import LetterOverdue, ReviewOverdue
from openprotect.governance.scope import Scope, require
from openprotect.people import rights


@dataclass(frozen=True)
class FoundOverdue:
    """Each kind on its own; empty where the reader has nothing to do with it."""

    requests: tuple[rights.Overdue, ...]
    letters: tuple[LetterOverdue, ...]
    reviews: tuple[ReviewOverdue, ...]


def found_overdue(scope: Scope) -> FoundOverdue:
    """What this member of staff must answer: of their organisation's requests, and of the bases that they own."""
    require(scope)
    works = scope.may("act.rights")
    return FoundOverdue(
        tuple(rights.overdue(scope=scope)) if works else (),
        tuple(governance.letters_overdue(scope=scope)) if works else (),
        tuple(each for each in governance.reviews_overdue(scope=scope) if int(scope.actor) in each.owners),
    )
