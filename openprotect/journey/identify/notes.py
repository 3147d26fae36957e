"""What may be a mistake in a run: nothing comes out empty without a sentence about it."""

from collections.abc import Collection, Iterator

import pyarrow as pa

from openprotect.journey.identify.compile import Place, Plan
from openprotect.journey.identify.words import day, lists_in_words
from openprotect.programmes.definitions.cohort import Cohort, Rule
from openprotect.programmes.definitions.conditions import Located, OnList, walk


def notes(plan: Plan, fired: Collection[str]) -> Iterator[str]:
    """A sentence about each thing that may be a mistake; `fired` are the rules that found somebody."""
    for rule in plan.cohort.rules:
        if rule.id not in fired:
            yield f"Rule {rule.id} found nobody."
        yield from dict.fromkeys(_of_rule(plan, rule))


def _of_rule(plan: Plan, rule: Rule) -> Iterator[str]:
    for part in (part for condition in rule.conditions for part in walk(condition)):
        place = plan.place_of(part)
        if place is not None and place.start is not None and place.start > place.end:
            yield f"Rule {rule.id}: no day is in a window of it on {day(plan.index_date)}, {_span(place)}."
        if isinstance(part, Located) and part.by == "locality" and not plan.localities:
            yield f"Rule {rule.id} asks for a locality, and it is not known here which practice is in which."


def unseen_lists(plan: Plan, rule: Rule, seen: Collection[str]) -> str:
    """A sentence where no record has a code of a list that the rule reads; `seen` are the lists that have one."""
    names = tuple(sorted(lists_read(plan, rule) - set(seen)))
    return f"Rule {rule.id}: no record has a code of {lists_in_words(names)}." if names else ""


def lists_read(plan: Plan, rule: Rule) -> set[str]:
    """The lists whose codes the rule looks for in records."""
    parts = [part for condition in rule.conditions for part in walk(condition)]
    return {name for part in parts if plan.place_of(part) is not None for name in getattr(part, "lists", ())}


def unknown_lists(cohort: Cohort, lists: pa.Table | None) -> Iterator[str]:
    """A sentence about each imported list, or version of one, that a rule asks for and nobody stands on.

    Where no list was looked up, there is nothing to say of them.
    """
    if lists is None:
        return
    versions = lists["version"].to_pylist() if "version" in lists.column_names else [None] * lists.num_rows
    found = set(zip(lists["list"].to_pylist(), versions, strict=True))
    for rule in cohort.rules:
        for part in (part for condition in rule.conditions for part in walk(condition)):
            if isinstance(part, OnList) and (part.name, part.version) not in found:
                version = f"version {part.version} of the" if part.version else "the"
                yield f"Rule {rule.id} asks for {version} list {part.name}, on which there is nobody here."


def _span(place: Place) -> str:
    return f"which would begin on {day(place.start)} and end on {day(place.end)}"
