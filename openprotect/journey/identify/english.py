"""What the definition of a cohort says, to be read aloud and signed."""

from __future__ import annotations

from collections.abc import Mapping

from openprotect.journey.identify.facts import DefinitionRead, ListRead, RuleRead
from openprotect.journey.identify.words import in_words
from openprotect.programmes.codelists import CodeList, plain_term
from openprotect.programmes.definitions.cohort import Cohort, Exclusion, Rule
from openprotect.programmes.definitions.conditions import Condition, Counted, parts_of

FIRST_TERMS = 5
SYSTEMS = {
    "snomed": "SNOMED CT",
    "dmd": "dm+d",
    "icd10": "ICD-10",
    "opcs4": "OPCS-4",
    "ods": "practice",
    "lsoa": "area",
}
_COLUMNS = {
    "date_of_death": "the date of death",
    "date_of_birth": "the date of birth",
    "registration_started": "the start of their registration with a practice",
    "registration_ended": "the end of their registration with a practice",
}
_COMPARED = {"before": "before", "on_or_before": "on or before", "after": "after", "on_or_after": "on or after"}


def read_definition(cohort: Cohort, lists: Mapping[str, CodeList]) -> DefinitionRead:
    """Every part of it in words, in the order of the file."""
    return DefinitionRead(
        name=cohort.name,
        exclusions={one.id: _exclusion(one) for one in cohort.exclusions},
        groups={group.key: group.label for group in cohort.groups.values()},
        rules=tuple(_rule(rule, cohort) for rule in cohort.rules),
        lists=tuple(_list(name, lists[name], cohort) for name in cohort.lists if name in lists),
    )


def first_terms(terms: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> tuple[str, ...]:
    """The terms of the first codes, each as people read it and with its code."""
    return tuple(f"{plain_term(term)} ({code})" if term else code for code, term in terms[:FIRST_TERMS])


def rule_lines(rule: RuleRead) -> tuple[str, ...]:
    """A rule as lines of text: conditions one under the other, parts further in."""
    lines = [f'{rule.id} puts a person into "{rule.group}" where', *_indented(rule.when)]
    if rule.unless:
        lines += ["  unless", *_indented(rule.unless)]
    return (*lines, f'  The reason they are given: "{rule.reason}"')


def list_line(codes: ListRead) -> str:
    """A list as one sentence."""
    noun = "code" if codes.codes == 1 else "codes"
    more = f", and {codes.codes - len(codes.first_terms):,} more" if codes.codes > len(codes.first_terms) else ""
    terms = "; ".join(codes.first_terms)
    return f"{_plain(codes.name)}: {codes.codes:,} {SYSTEMS.get(codes.system, codes.system)} {noun}: {terms}{more}."


def as_text(definition: DefinitionRead, version: str, pinned: str = "") -> str:
    """The whole as a page of text; `pinned` is a sentence on which files these are."""
    lines = [
        f"{definition.name}, version {version}: who is in it, and why",
        *([pinned] if pinned else []),
        "",
        "Every window counts back from the day of the run, and that day counts.",
        "What is recorded after that day does not exist. What is not known is not true.",
    ]
    if definition.exclusions:
        lines += ["", "Left out before any rule is asked:"]
        lines += [f"  {_plain(key)}: {says}" for key, says in definition.exclusions.items()]
    count = len(definition.rules)
    lines += ["", "One rule that is true is enough to be in:" if count > 1 else "The one rule:"]
    for rule in definition.rules:
        lines += ["", *rule_lines(rule)]
    lines += ["", "Code lists, with the first terms of each:"]
    lines += [f"  {list_line(codes)}" for codes in definition.lists]
    return "\n".join(lines)


def _exclusion(one: Exclusion) -> str:
    column = _COLUMNS.get(one.column, _plain(one.column))
    return f"{column} is {_COMPARED.get(one.comparison, _plain(one.comparison))} the day of the run"


def _rule(rule: Rule, cohort: Cohort) -> RuleRead:
    label = cohort.groups[rule.group].label
    return RuleRead(
        id=rule.id,
        group=label,
        when=_lines(rule.when, cohort, 0),
        unless=() if rule.unless is None else _lines(rule.unless, cohort, 0),
        reason=rule.reason or label,
    )


def _lines(condition: Condition, cohort: Cohort, depth: int) -> tuple[tuple[int, str], ...]:
    says = in_words(condition, cohort)
    if isinstance(condition, Counted) and condition.distinct == "date" and " day" not in says:
        says = f"{says}, those of one day counted once"
    found = [(depth, says)]
    for each in parts_of(condition):
        found += _lines(each, cohort, depth + 1)
    return tuple(found)


def _list(name: str, codes: CodeList, cohort: Cohort) -> ListRead:
    use = cohort.lists[name]
    file = use.file if use.file and codes.name != use.full else f"{use.wanted}.csv"
    return ListRead(name, codes.system, len(codes.codes), first_terms(codes.codes), file, codes.sha256)


def _indented(lines: tuple[tuple[int, str], ...]) -> list[str]:
    return [f"{'  ' * (depth + 2)}{says}" for depth, says in lines]


def _plain(name: str) -> str:
    return name.replace("_", " ")
