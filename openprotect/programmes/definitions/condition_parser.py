"""From a node of 1-cohort.yaml to a condition; whatever could only ever find nobody is a fault."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
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
    has_evidence,
    walk,
)
from openprotect.programmes.definitions.never import why_never
from openprotect.programmes.document import Node

SEXES = ("male", "female", "other", "unknown")

# What may stand beside the word that says which condition it is.
_WINDOW = ("ever", "within", "after", "before")
HEADS: Mapping[str, tuple[str, ...]] = {
    "any": (*_WINDOW, "evidence"),
    "none": _WINDOW,
    "count": (*_WINDOW, "at_least", "distinct"),
    "latest_of": ("is",),
    "latest": (*_WINDOW, "unit", "between", "at_least", "under"),
    "then": (),
    "age": (),
    "sex": (),
    "practice": (),
    "locality": (),
    "lsoa": (),
    "imd_decile": (),
    "admitted": (*_WINDOW, "nights"),
    "on_list": ("version",),
    "service": (),
    "all": (),
    "of": ("at_least",),
    "not": (),
}

# Which lists a condition may read, and what they are called.
CLINICAL = ("snomed", "dmd", "icd10", "opcs4")
HOSPITAL = ("icd10", "opcs4")
VALUED = ("snomed",)
_KINDS = {
    CLINICAL: "a list of codes: snomed, dmd, icd10 or opcs4",
    HOSPITAL: "a list of icd10 or opcs4, which is what admissions are coded in",
    VALUED: "a list of snomed: no other record carries a value",
    ("ods",): "a list with system ods, of practice codes",
    ("lsoa",): "a list with system lsoa",
}
_PLACES = {
    "practice": (re.compile(r"[A-Z0-9]{3,10}"), "an ODS code in quotes, such as 'A81001'"),
    "locality": (re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}"), "the code of an organisation in quotes"),
    "lsoa": (re.compile(r"[A-Z][0-9]{8}"), "an LSOA in quotes, such as 'E01000001'"),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SERVICE = re.compile(r"[a-z][a-z_]*")  # as the records of services are imported
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)  # no record is earlier: none is imported
LONGEST = 150  # years: longer than anybody lives, and still within the calendar from any of these days
NOTHING: Condition = Several(0, ())  # stands where a fault was found


class ConditionParser:
    """Reads conditions; `systems` are the declared code lists with the system of each."""

    def __init__(self, file: str, systems: Mapping[str, str], faults: list[Fault]) -> None:
        self.file = file
        self.systems = systems
        self.faults = faults
        self.never: set[Condition] = {NOTHING}

    def condition(self, node: Node, evidence: bool = False) -> Condition:
        """`evidence`: whether this stands in an `unless` that can refer to the rule's evidence."""
        if not node.is_mapping:
            return Recorded((self.known(node, CLINICAL),))
        heads = [key for key, _ in node.items() if key in HEADS]
        if len(heads) != 1:
            read = " and ".join(heads) or "no condition"
            self.fault(node, read, f"one condition in each pair of braces: {', '.join(HEADS)}")
            return NOTHING
        head = heads[0]
        for key, child in node.items():
            if key != head and key not in HEADS[head]:
                beside = ", ".join(HEADS[head]) or "nothing"
                self.fault(child, key, f"beside '{head}': {beside}")
        before = len(self.faults)
        condition = self.kind(head, node, evidence)
        if len(self.faults) > before:
            self.never.add(condition)  # what is wrong with it is said; what was read of it may be nonsense
        if not self.never.intersection(walk(condition)) and (why := why_never(condition)):
            self.never.add(condition)  # what it stands in is said to be no more than that
            self.fault(node, why, "a condition that somebody can meet: these are never true together")
        return condition

    def kind(self, head: str, node: Node, evidence: bool) -> Condition:
        child = node[head]
        match head:
            case "any" | "none" if child.is_mapping or (child.is_list and any(part.is_mapping for part in child)):
                for key, beside in node.items():
                    if key in _WINDOW:
                        self.fault(beside, key, f"a window inside the braces: beside '{head}' it goes with lists alone")
                several = Several(1, self.parts(child, evidence))
                return several if head == "any" else Not(several)
            case "any":
                first = "evidence" in node and node["evidence"].value == "first"
                names, window = self.names(child, CLINICAL), self.window(node, evidence)
                return Recorded(names, window, "first" if first else "latest")
            case "none":
                return Not(Recorded(self.names(child, CLINICAL), self.window(node, evidence)))
            case "count":
                return self.counted(node, evidence)
            case "latest_of":
                return self.latest_of(node)
            case "latest":
                return self.value(node, evidence)
            case "then":
                return self.then(child, evidence)
            case "age":
                return self.age(child)
            case "sex":
                return self.sex(child)
            case "practice" | "locality" | "lsoa":
                return self.located(head, child)
            case "imd_decile":
                return Deprivation(child["at_most"].value, child["edition"].value)
            case "admitted":
                return self.admitted(node, evidence)
            case "on_list":
                return OnList(child.value, node["version"].value if "version" in node else None)
            case "service":
                return self.service(child)
            case "not":
                return Not(self.condition(child, evidence))
            case _:
                return self.several(head, node, evidence)

    def several(self, head: str, node: Node, evidence: bool) -> Several:
        parts = self.parts(node[head], evidence)
        if head == "all":
            return Several(len(parts), parts)
        at_least = self.whole(node, head)
        if at_least > len(parts):
            self.fault(node["at_least"], str(at_least), f"at most {len(parts)}, the number of parts")
        return Several(at_least, parts)

    def counted(self, node: Node, evidence: bool) -> Counted:
        at_least = self.whole(node, "count")
        days = "distinct" in node and node["distinct"].value == "date"
        window = self.window(node, evidence)
        if days and window.within and most_days(window.within) + 1 < at_least:
            self.fault(node["within"], _written(node), f"a window of at least {at_least} days")
        if days and isinstance(window.after, date) and isinstance(window.before, date):
            there = (window.before - window.after).days - 1
            if 0 < there < at_least:
                read = f"after {window.after}, before {window.before}"
                self.fault(
                    node["before"], read, f"a window of at least {at_least} days: there are {there} between them"
                )
        return Counted(self.names(node["count"], CLINICAL), at_least, window, "date" if days else "record")

    def latest_of(self, node: Node) -> LatestOf:
        names = self.names(node["latest_of"], CLINICAL)
        wanted = node["is"].value if "is" in node else ""
        if wanted not in names:
            place = node["is"] if wanted else node
            self.fault(place, wanted or "no 'is'", f"'is' with one of: {', '.join(names)}")
        if len(names) < 2:
            self.fault(node, ", ".join(names), "two lists or more: with one, write 'any'")
        return LatestOf(names, wanted)

    def value(self, node: Node, evidence: bool) -> Value:
        names = self.names(node["latest"], VALUED)
        if "unit" not in node:
            self.fault(node, "latest", "'unit' beside 'latest', as the records write it, such as 'unit: mmol/mol'")
        unit = node["unit"].value if "unit" in node else ""
        low, high = node["between"].value if "between" in node else (None, None)
        at_least, under = (node[key].value if key in node else None for key in ("at_least", "under"))
        if "between" in node and (at_least is not None or under is not None):
            self.fault(node["between"], "between", "'between' alone, or 'at_least' and 'under'")
        elif low is None and at_least is None and under is None:
            self.fault(node, "latest", "'between', 'at_least' or 'under' beside 'latest'")
        if low is not None and low > high:
            self.fault(node["between"], f"[{low}, {high}]", f"the lower bound first: [{high}, {low}]")
        if at_least is not None and under is not None and at_least >= under:
            self.fault(node, f"at least {at_least}, under {under}", "a range in which a value can be")
        window = self.window(node, evidence)
        return Value(names, unit, _number(low if at_least is None else at_least), _number(high), _number(under), window)

    def then(self, node: Node, evidence: bool) -> Then:
        names = self.names(node["first"], CLINICAL)
        within = self.period(node) if "within" in node else None
        anchor = self.bound(node, "after", evidence)
        if not isinstance(anchor, Anchor):
            self.fault(node["after"], str(node["after"].value), "evidence that comes first, such as {any: LIST}")
            anchor = Anchor()
        if within is not None and not within.length:
            self.fault(node["within"], _written(node), "a day or more: the day of the evidence itself does not count")
        return Then(names, anchor, within)

    def admitted(self, node: Node, evidence: bool) -> Admitted:
        child = node["admitted"]
        names = () if child.value == "any" else self.names(child, HOSPITAL)
        low = high = None
        if nights := node.get("nights"):
            low, high = (nights[key].value if key in nights else None for key in ("at_least", "under"))
        if low is not None and high is not None and low >= high:
            self.fault(node["nights"], f"at least {low}, under {high}", "a span in which a number of nights can be")
        window = self.window(node, evidence)
        if low is not None and window.within and most_days(window.within) < low:
            expected = f"a longer window: a stay that began within {_written(node)} has not lasted {low} nights yet"
            self.fault(node["within"], _written(node), expected)
        return Admitted(names, window, low, high)

    def located(self, by: Literal["practice", "locality", "lsoa"], node: Node) -> Located:
        shape, expected = _PLACES[by]
        codes, lists = [], []
        for part in node if node.is_list else [node]:
            named = str(part.value)
            if named in self.systems or (not named[:1].isupper() and not named[:1].isdigit()):
                if by == "locality":
                    self.fault(part, named, f"{expected}; a list of its practices goes with 'practice'")
                else:
                    lists.append(self.known(part, ("ods",) if by == "practice" else ("lsoa",)))
            elif shape.fullmatch(named):
                codes.append(named)
            else:
                self.fault(part, named, expected)
        return Located(by, tuple(codes), tuple(lists))

    def sex(self, node: Node) -> Sex:
        among = _texts(node)
        for one in among:
            if one not in SEXES:
                self.fault(node, one, f"one of: {', '.join(SEXES)}")
        return Sex(among)

    def service(self, node: Node) -> Service:
        among = _texts(node)
        for one in among:
            if not _SERVICE.fullmatch(one):
                self.fault(node, one, "the code of a service in small letters, as records name it, such as home_care")
        return Service(among)

    def age(self, node: Node) -> Age:
        low, high = (node[key].value if key in node else None for key in ("at_least", "under"))
        if low is None and high is None:
            self.fault(node, "age", "'at_least' or 'under' or both")
        if low is not None and high is not None and low >= high:
            self.fault(node, f"at least {low}, under {high}", "a span of ages in which somebody can be")
        return Age(low, high)

    def whole(self, node: Node, head: str) -> int:
        """`at_least` beside a condition that counts."""
        value = node["at_least"].value if "at_least" in node else None
        if value is None:
            self.fault(node, head, f"'at_least' beside '{head}'")
        elif not isinstance(value, int) or value < 1:
            self.fault(node["at_least"], str(value), "a whole number, 1 or more")
        return value if isinstance(value, int) else 1

    def window(self, node: Node, evidence: bool) -> Window:
        within = self.period(node) if "within" in node else None
        if "ever" in node and (len([key for key in _WINDOW if key in node]) > 1 or not node["ever"].value):
            self.fault(node["ever"], "ever", "'ever: true' alone, or a window without it")
        after, before = (self.bound(node, key, evidence) for key in ("after", "before"))
        if isinstance(after, date) and isinstance(before, date) and (before - after).days < 2:
            self.fault(node["before"], f"after {after}, before {before}", "a window with a day in it")
        if isinstance(after, Anchor) and after == before:
            self.fault(node["before"], "after and before the same evidence", "a window with a day in it")
        return Window(within, after, before)

    def period(self, node: Node) -> Period | None:
        within = Period.parse(node["within"].value)
        if within.hours or within.minutes:
            self.fault(node["within"], _written(node), "days, weeks, months or years")
            return None
        if within.length.days > 366 * LONGEST:
            self.fault(node["within"], _written(node), f"at most {LONGEST} years; for ever, leave 'within' out")
            return None
        return within

    def bound(self, node: Node, key: str, evidence: bool) -> date | Anchor | None:
        """A date, the evidence of the rule, or that of another condition."""
        if key not in node:
            return None
        child = node[key]
        if child.is_mapping or child.value in self.systems:
            condition = self.condition(child, evidence)
            if condition != NOTHING and not has_evidence(condition):
                self.fault(child, key, "a condition that always has evidence, which an age or a 'not' has not")
            return Anchor(condition)
        if child.value == "evidence":
            if not evidence:
                expected = f"'{key}: evidence' inside 'unless', of a rule that always has evidence"
                self.fault(child, f"{key}: evidence", expected)
            return Anchor()
        return self.day(child, key)

    def day(self, node: Node, key: str) -> date | None:
        """A date that there can be records after, or before."""
        written = str(node.value)
        try:
            day = date.fromisoformat(written if _DAY.fullmatch(written) else "")
        except ValueError:
            expected = "a date as YYYY-MM-DD, or 'evidence', or a list, or a condition in braces"
            self.fault(node, written, expected)
            return None
        first = FIRST_DAY + timedelta(days=key == "before")
        if first <= day <= LAST_DAY:
            return day
        expected = f"a date from {first} to {LAST_DAY}; to have no such bound, leave '{key}' out"
        if day < first:
            expected += f": there is no record of before {FIRST_DAY}"
        self.fault(node, written, expected)
        return min(
            max(day, FIRST_DAY), LAST_DAY
        )  # in a version that was published before this was asked: the same people

    def parts(self, node: Node, evidence: bool) -> tuple[Condition, ...]:
        return tuple(self.condition(part, evidence) for part in (node if node.is_list else [node]))

    def names(self, node: Node, systems: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.known(part, systems) for part in (node if node.is_list else [node]))

    def known(self, node: Node, systems: tuple[str, ...]) -> str:
        name = str(node.value)
        if name not in self.systems:
            self.fault(node, name, f"a code list that is declared: {', '.join(self.systems)}")
        elif self.systems[name] not in systems:
            self.fault(node, f"{name}, of {self.systems[name]}", _KINDS[systems])
        return name

    def fault(self, node: Node, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, f"line {node.line}", "", read, expected))


def most_days(period: Period) -> int:
    """How many days it may be at the most, from any day of the calendar."""
    return 366 * period.years + 31 * period.months + 7 * period.weeks + period.days


def _written(node: Node) -> str:
    return str(node["within"].value)


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(str(part.value) for part in (node if node.is_list else [node]))


def _number(value: int | float | None) -> float | None:
    return None if value is None else float(value)
