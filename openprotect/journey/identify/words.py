"""A condition of a cohort in words, for explanations; the words in which a rule gives its reason."""

from collections.abc import Mapping

from openprotect.programmes.definitions.cohort import Cohort, Rule
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Age,
    Anchor,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Located,
    Not,
    OnList,
    Recorded,
    Service,
    Several,
    Sex,
    Then,
    Value,
    Window,
    unit_of,
)

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NOUNS = {"snomed": "record", "dmd": "issue", "icd10": "admission", "opcs4": "operation"}


def in_words(condition: Condition, cohort: Cohort) -> str:
    """What the condition asks, as a phrase; the parts of `all`, `any`, `of` and `not` are not in it.

    Nor is other evidence that it comes before or after: that is "this".
    """
    match condition:
        case Recorded(lists, window, evidence):
            first = "first " if evidence == "first" else ""
            return f"{first}{lists_in_words(lists)} recorded {window_in_words(window)}"
        case Counted(lists, at_least, window):
            noun = counted_noun(condition, cohort, at_least)
            return f"at least {number(at_least)} {noun} of {lists_in_words(lists)} {window_in_words(window)}"
        case LatestOf(lists, wanted):
            return f"the latest of {lists_in_words(lists, 'and')} is {_name(wanted)}"
        case Value(lists):
            return f"the latest {lists_in_words(lists)} {window_in_words(condition.window)} is {_range(condition)}"
        case Then(lists, after, within):
            by = f", within {within} of it" if within else ""
            return f"{lists_in_words(lists)} recorded {_bound('after', after)}{by}; the first"
        case Age(at_least, under):
            low = f"{at_least} or older" if at_least is not None else ""
            high = f"under {under}" if under is not None else ""
            return f"aged {' and '.join(part for part in (low, high) if part)}"
        case Sex(among):
            return f"sex {' or '.join(among)}"
        case Deprivation(at_most, edition):
            return f"deprivation decile {at_most} or lower, by the index of {edition}"
        case Located(by, among, lists):
            place = {"practice": "registered at practice", "locality": "in locality", "lsoa": "living in area"}[by]
            return f"{place} {' or '.join([*among, *(_name(one) for one in lists)])}"
        case Admitted(lists, window):
            of = f" with {lists_in_words(lists)}" if lists else ""
            return f"admitted to hospital{of}{_nights(condition)} {window_in_words(window)}"
        case OnList(name, version):
            return f"on the list {name}" + (f", version {version}" if version else "")
        case Service(among):
            return f"receives {' or '.join(_name(service) for service in among)}"
        case Several(at_least, parts):
            if at_least == len(parts):
                return "all of these"
            return "any of these" if at_least == 1 else f"at least {number(at_least)} of these"
        case Not():
            return "not this"


def window_in_words(window: Window) -> str:
    """The window as a phrase."""
    parts = [
        f"within {window.within if window.within.length else '0 days'}" if window.within else "",
        _bound("after", window.after) if window.after else "",
        _bound("before", window.before) if window.before else "",
    ]
    return " and ".join(part for part in parts if part) or "ever"


def _bound(word: str, bound: object) -> str:
    if isinstance(bound, Anchor):
        return f"{word} this" if bound.condition else f"{word} the evidence"
    return f"{word} {day(bound)}"


def _range(condition: Value) -> str:
    low, high, under, unit = condition.at_least, condition.at_most, condition.under, condition.unit
    if low is not None and high is not None:
        return f"from {amount(low)} to {amount(high)} {unit}"
    parts = [
        f"{amount(low)} or more" if low is not None else "",
        f"{amount(high)} or less" if high is not None else "",
        f"under {amount(under)}" if under is not None else "",
    ]
    return f"{' and '.join(part for part in parts if part)} {unit}"


def _nights(condition: Admitted) -> str:
    low, under = condition.nights_at_least, condition.nights_under
    if low is None and under is None:
        return ""
    parts = [
        f"at least {nights(low)}" if low is not None else "",
        f"under {nights(under)}" if under is not None else "",
    ]
    return f" for {' and '.join(part for part in parts if part)}"


def nights(count: int) -> str:
    """A number of nights in words."""
    return f"{number(count)} night{'' if count == 1 else 's'}"


def amount(value: float) -> str:
    """A value as it is written: 42, 6.5."""
    return f"{value:.15g}"


def lists_in_words(lists: tuple[str, ...], joint: str = "or") -> str:
    """Names of lists as a phrase."""
    names = [_name(one) for one in lists]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joint} {names[-1]}"


def counted_noun(condition: Counted, cohort: Cohort, times: int) -> str:
    """What is counted: issues of a medicine, records, admissions; or the days that have them."""
    systems = {cohort.lists[name].system for name in condition.lists}
    noun = _NOUNS[systems.pop()] if len(systems) == 1 else "record"
    plural = "" if times == 1 else "s"
    return f"{noun} day{plural}" if condition.distinct == "date" and noun != "issue" else f"{noun}{plural}"


def number(value: int) -> str:
    """A number as it is written in a sentence."""
    return _NUMBERS[value] if value < len(_NUMBERS) else str(value)


def day(date: object) -> str:
    """A date as it is written in a sentence: 5 March 2020."""
    return f"{date:%-d %B %Y}"


def _name(key: str) -> str:
    return key.replace("_", " ")


def template_of(cohort: Cohort, rule: Rule) -> str:
    """The words in which a rule gives its reason."""
    template = rule.reason or cohort.groups[rule.group].label
    unit = unit_of(rule.when)
    return template.replace("{value}", f"{{value}} {unit}") if unit else template


def tables_left_out(left_out: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence about each table that was not read, by its source."""
    return tuple(
        f"Left out: {table}, because no legal basis in force for finding people covers {source}."
        for table, source in left_out.items()
    )
