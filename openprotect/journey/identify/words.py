"""A condition of a cohort in words, for explanations."""

from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.conditions import (
    Admitted,
    Age,
    Condition,
    Counted,
    Deprivation,
    LatestOf,
    Not,
    OnList,
    Recorded,
    Service,
    Several,
    Sex,
    Window,
)

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NOUNS = {"snomed": "record", "dmd": "issue", "icd10": "admission", "opcs4": "operation"}


def in_words(condition: Condition, cohort: Cohort) -> str:
    """What the condition asks, as a phrase; the parts of `all`, `any`, `of` and `not` are not in it."""
    match condition:
        case Recorded(lists, window, evidence):
            first = "first " if evidence == "first" else ""
            return f"{first}{lists_in_words(lists)} recorded {window_in_words(window)}"
        case Counted(lists, at_least, window):
            noun = counted_noun(condition, cohort, at_least)
            return f"at least {number(at_least)} {noun} of {lists_in_words(lists)} {window_in_words(window)}"
        case LatestOf(lists, wanted):
            return f"the latest of {lists_in_words(lists, 'and')} is {_name(wanted)}"
        case Age(at_least, under):
            low = f"{at_least} or older" if at_least is not None else ""
            high = f"under {under}" if under is not None else ""
            return f"aged {' and '.join(part for part in (low, high) if part)}"
        case Sex(among):
            return f"sex {' or '.join(among)}"
        case Deprivation(at_most):
            return f"deprivation decile {at_most} or lower"
        case Admitted(window):
            return f"admitted to hospital {window_in_words(window)}"
        case OnList(name):
            return f"on the list {name}"
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
        f"within {window.within}" if window.within else "",
        f"after {day(window.after)}" if window.after else "",
        f"before {day(window.before)}" if window.before else "",
        "after the evidence" if window.after_evidence else "",
    ]
    return " and ".join(part for part in parts if part) or "ever"


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
