"""What two versions of a definition say differently, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openprotect.journey.identify.english import first_terms, read_definition, rule_lines
from openprotect.journey.identify.facts import Change, DefinitionRead, RuleRead
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.definitions.cohort import Cohort

Definition = tuple[Cohort, Mapping[str, CodeList]]


def compare(before: Definition, after: Definition) -> tuple[Change, ...]:
    """What the one says and the other does not, from the exclusions to the lists; nothing where they say the same."""
    said, says = read_definition(*before), read_definition(*after)
    return (
        *_told("exclusion", _named(said.exclusions), _named(says.exclusions)),
        *_told("group", _named(said.groups), _named(says.groups)),
        *_rules(said, says),
        *_lists(before[1], after[1]),
    )


def change_lines(change: Change) -> tuple[str, ...]:
    """A change as lines of text."""
    name = f"{change.what} {change.name}"
    begins = f"{change.what.capitalize()} {change.name}"
    if change.what == "list" and change.how == "changed":
        return (f"{begins} has other codes.", *(f"  {line}" for line in change.says))
    if change.how == "added":
        return (f"New {name}:", *(f"  {line}" for line in change.says))
    if change.how == "removed":
        return (f"Gone, {name}. It said:", *(f"  {line}" for line in change.said))
    changed = f"{begins} gives its reason in other words" if change.how == "reworded" else f"Changed, {name}"
    return (
        f"{changed}. It said:",
        *(f"  {line}" for line in change.said),
        "It says:",
        *(f"  {line}" for line in change.says),
    )


def _rules(said: DefinitionRead, says: DefinitionRead) -> Iterable[Change]:
    was, now = ({rule.id: rule for rule in each.rules} for each in (said, says))
    for key in [*was, *(key for key in now if key not in was)]:
        if key not in now:
            yield Change("rule", "removed", key, said=rule_lines(was[key]))
        elif key not in was:
            yield Change("rule", "added", key, says=rule_lines(now[key]))
        elif was[key] != now[key]:
            if _same_people(was[key], now[key]):
                yield Change("rule", "reworded", key, (was[key].reason,), (now[key].reason,))
            else:
                yield Change("rule", "changed", key, rule_lines(was[key]), rule_lines(now[key]))


def _same_people(was: RuleRead, now: RuleRead) -> bool:
    return (was.when, was.unless, was.group) == (now.when, now.unless, now.group)


def _lists(was: Mapping[str, CodeList], now: Mapping[str, CodeList]) -> Iterable[Change]:
    for key in [*was, *(key for key in now if key not in was)]:
        before, after = (each[key].codes if key in each else () for each in (was, now))
        had, has = dict(before), dict(after)
        more = [(code, term) for code, term in after if code not in had]
        fewer = [(code, term) for code, term in before if code not in has]
        told = tuple(
            f"{len(codes):,} {'code' if len(codes) == 1 else 'codes'} {word}: {_terms(codes)}"
            for codes, word in ((more, "more"), (fewer, "fewer"))
            if codes
        )
        name = key.replace("_", " ")
        if key not in now:
            yield Change("list", "removed", name, said=told)
        elif key not in was:
            yield Change("list", "added", name, says=told)
        elif told:
            yield Change("list", "changed", name, says=told)


def _terms(codes: list[tuple[str, str]]) -> str:
    shown = first_terms(codes)
    more = f", and {len(codes) - len(shown):,} more" if len(codes) > len(shown) else ""
    return f"{'; '.join(shown)}{more}"


def _told(what: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterable[Change]:
    for key in [*was, *(key for key in now if key not in was)]:
        said, says = ((each[key],) if key in each else () for each in (was, now))
        if said != says:
            yield Change(what, "added" if not said else "changed" if says else "removed", key, said, says)


def _named(told: Mapping[str, str]) -> dict[str, str]:
    return dict(told)
