"""What must hold between the files of a pack, each of which is right by itself."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.definitions.act import EMERGENCY
from openprotect.programmes.definitions.decision_table import NONE, DecisionTable, Input
from openprotect.programmes.definitions.pack import Pack
from openprotect.programmes.definitions.questionnaire import CHOICES, Item
from openprotect.programmes.document import Node, line_of
from openprotect.programmes.worse import TooManyCombinations, lowerings

FILES = (
    "0-programme.yaml",
    "1-cohort.yaml",
    "2-contact.yaml",
    "3-check-in.json",
    "4-triage.yaml",
    "5-act.yaml",
    "6-learn.yaml",
)
PROGRAMME, COHORT, CONTACT, CHECK_IN, TRIAGE, ACT, LEARN = FILES
TABLE = "4-triage.csv"
ENGLISH = "en"
REFERRAL = "referral.new"  # the message to an organisation that is handed a call to action

_TYPES = {"choice": CHOICES, "number": ("integer", "decimal"), "boolean": ("boolean",)}
_PLACEHOLDER = re.compile(r"\(\([^()]*\)\)")


def check(pack: Pack, trees: Mapping[str, Node]) -> list[Fault]:
    """Every fault between the files. `trees` are the YAML and JSON files, for their lines."""
    checker = _Checker(pack, trees)
    return [
        *checker.inputs(),
        *checker.no_values(),
        *checker.rows(),
        *checker.emergencies(),
        *checker.urgency(),
        *checker.contact(),
        *checker.messages(),
        *checker.settings(),
    ]


class _Checker:
    def __init__(self, pack: Pack, trees: Mapping[str, Node]) -> None:
        self.pack = pack
        self.trees = trees
        # Every item, with the conditions under which it is asked: its own and those of its groups.
        self.items = {item.link_id: item for item in pack.questionnaire.items()}
        self.always = {item.link_id for page in pack.questionnaire.pages for item in _always_asked(page.group)}

    def fault(self, file: str, path: list[str | int], read: str, expected: str) -> Fault:
        return Fault(file, f"line {line_of(self.trees[file], path)}", "", read, expected)

    def inputs(self) -> Iterator[Fault]:
        """Each column reads a question that exists, of its type, with its codes."""
        for one in self.pack.triage.inputs:
            path: list[str | int] = ["inputs", one.column]
            item = self.items.get(one.question)
            if item is None or not item.is_question:
                yield self.fault(
                    TRIAGE,
                    [*path, "question"],
                    one.question,
                    f"the linkId of a question of {CHECK_IN}",
                )
            elif item.type not in _TYPES[one.type]:
                kinds = " or ".join(_TYPES[one.type])
                read = f"{one.type}, where {one.question} is {item.type}"
                yield self.fault(TRIAGE, [*path, "type"], read, f"a question of type {kinds}")
            else:
                yield from self._codes(one, item, path)
                if one.required and not (item.required and one.question in self.always):
                    expected = (
                        "a question that is required and always asked; otherwise 'no_value' in place of 'required'"
                    )
                    yield self.fault(TRIAGE, [*path, "required"], one.question, expected)

    def _codes(self, one: Input, item: Item, path: list[str | int]) -> Iterator[Fault]:
        if one.type != "choice":
            return
        codes = [option.code for option in item.options]
        for code in one.worse:
            if code not in codes:
                expected = f"an option of {one.question}: {', '.join(codes)}"
                yield self.fault(TRIAGE, [*path, "worse"], code, expected)
        for code in codes:
            if code not in (*one.worse, *one.no_value):
                expected = f"every option of {one.question} in 'worse' or 'no_value'"
                yield self.fault(TRIAGE, [*path, "worse"], f"no '{code}'", expected)

    def no_values(self) -> Iterator[Fault]:
        """Each ordinary way of having no value is named by a row: somebody has thought of it."""
        table = self.pack.triage
        for one in table.inputs:
            named = {
                word for row in table.rows if (condition := row.conditions.get(one.column)) for word in condition.words
            }
            for word in one.no_value:
                if word not in named:
                    expected = f"a row of {TABLE} that says what '{word}' in {one.column} means"
                    yield self.fault(TRIAGE, ["inputs", one.column, "no_value"], word, expected)

    def rows(self) -> Iterator[Fault]:
        """Each row's category, urgency and advice are known to act, with a clock."""
        act, raised = self.pack.act, {(NONE, NONE): 0}
        for row in self.pack.triage.rows:
            where = f"line {row.line}"
            if row.category not in act.categories and not row.is_else:
                expected = f"a category of {ACT}: {', '.join(act.categories)}"
                yield Fault(TABLE, where, "-> category", row.category, expected)
            elif row.urgency != NONE and row.urgency not in act.categories[row.category].clocks:
                raised.setdefault((row.category, row.urgency), row.line)
            if row.advice and row.advice not in act.advice:
                expected = f"the key of an advice in {ACT}: {', '.join(act.advice)}"
                yield Fault(TABLE, where, "-> advice", row.advice, expected)
        for (category, urgency), line in raised.items():
            if line:
                read, path = f"no '{urgency}'", ["categories", category, "clocks"]
                expected = f"a clock for {urgency}, which {TABLE} line {line} gives"
                yield self.fault(ACT, [*path], read, expected)
        category, urgency = self.pack.triage.cannot_assess
        yield from self._clocked(TRIAGE, "cannot_assess", category, urgency)
        contact = self.pack.contact
        yield from self._clocked(CONTACT, "when_exhausted", contact.exhausted_category, contact.exhausted_urgency)
        yield from self._clocked(CONTACT, "when_worried", contact.worried_category, contact.worried_urgency)

    def _clocked(self, file: str, key: str, category: str, urgency: str) -> Iterator[Fault]:
        categories = self.pack.act.categories
        if category not in categories:
            expected = f"a category of {ACT}: {', '.join(categories)}"
            yield self.fault(file, [key, "category"], category, expected)
        elif urgency not in categories[category].clocks:
            known = ", ".join(categories[category].clocks)
            expected = f"an urgency for which {category} has a clock in {ACT}: {known}"
            yield self.fault(file, [key, "urgency"], urgency, expected)

    def emergencies(self) -> Iterator[Fault]:
        """An answer that shows the 999 page is an emergency of triage too, whatever else is said."""
        table = self.pack.triage
        columns = {one.question: one.column for one in table.inputs}
        alone = {
            (column, word)
            for row in table.rows
            if row.urgency == EMERGENCY and len(row.conditions) == 1
            for column, condition in row.conditions.items()
            for word in condition.words
        }
        for item in self.pack.questionnaire.questions():
            for option in item.options:
                if option.emergency and (columns.get(item.link_id), option.code) not in alone:
                    expected = f"a row with this answer alone and urgency {EMERGENCY}"
                    read = f"no row for '{option.code}' of {item.link_id}"
                    yield Fault(TABLE, "", columns.get(item.link_id, ""), read, expected)

    def urgency(self) -> Iterator[Fault]:
        """A worse answer never lowers the urgency of a category."""
        table: DecisionTable = self.pack.triage
        try:
            for found in lowerings(table):
                row, column = found.row, found.column
                others = "".join(f", {key} {value}" for key, value in found.others.items())
                read = f"{row.id}: {row.category} {row.urgency} with {found.better}"
                expected = f"no less with the worse {column} {found.worse}{others}: widen this cell or add a row for it"
                yield Fault(TABLE, f"line {row.line}", column, read, expected)
        except TooManyCombinations:
            expected = "fewer rows that look at many columns: it is too entangled to be checked"
            yield Fault(TABLE, "", "", f"{len(table.rows)} rows", expected)

    def contact(self) -> Iterator[Fault]:
        """Each message that contact and act send exists in English, and no other does."""
        contact, names = self.pack.contact, {name for name, _ in self.pack.messages}
        sent: dict[str, tuple[str, list[str | int]]] = {}
        for place, step in enumerate(contact.steps):
            for channel in step.channels:
                sent[f"{channel}.{step.message}"] = (CONTACT, ["steps", place, "message"])
        sent[f"sms.{contact.call.text_message}"] = (CONTACT, ["call", "text", "message"])
        sent[f"call.{contact.call.script}"] = (CONTACT, ["call", "script"])
        for key, category in self.pack.act.categories.items():
            if category.refer_to:
                sent.setdefault(REFERRAL, (ACT, ["categories", key, "refer_to"]))
        for name, (file, path) in sent.items():
            if (name, ENGLISH) not in self.pack.messages:
                yield self.fault(file, path, name, f"the file 2-messages/{name}.{ENGLISH}.md")
        for name in sorted(names - set(sent)):
            file = next(f"2-messages/{one}.{lang}.md" for one, lang in self.pack.messages if one == name)
            expected = f"a message that {CONTACT} sends: {', '.join(sent)}"
            yield Fault(file, "", "", name, expected)

    def messages(self) -> Iterator[Fault]:
        """Every message names the phone; a translation fills in what the English does."""
        for (name, language), message in self.pack.messages.items():
            file = f"2-messages/{name}.{language}.md"
            held = set(_PLACEHOLDER.findall(message.body))
            if message.channel in ("sms", "email", "letter") and "((phone))" not in held:
                expected = "((phone)) in it: every way in has an equal way by phone"
                yield Fault(file, "", "", "no ((phone))", expected)
            english = self.pack.messages.get((name, ENGLISH))
            if english and held != (wanted := set(_PLACEHOLDER.findall(english.body))):
                read = ", ".join(sorted(held)) or "no placeholder"
                expected = f"the placeholders of the English: {', '.join(sorted(wanted))}"
                yield Fault(file, "", "", read, expected)

    def settings(self) -> Iterator[Fault]:
        """What localities may adapt exists, and the central value lies in its own range."""
        for place, setting in enumerate(self.pack.programme.settings):
            path: list[str | int] = ["settings", place, "setting"]
            stem, *keys = setting.path.split(".")
            node: Node | None = self.trees.get(f"{stem}.yaml")
            for key in keys:
                node = node.get(key) if node else None
            if node is None:
                expected = "file and keys of a setting of this pack, such as 2-contact.call.tries"
                yield self.fault(PROGRAMME, path, setting.path, expected)
            elif setting.bound == "range":
                low, value, high = map(_size, (setting.lowest, node.value, setting.highest))
                if low is None or value is None or high is None or not low <= value <= high:
                    read = f"{setting.lowest} to {setting.highest}"
                    expected = f"a range with the central value in it, {node.value}"
                    yield self.fault(PROGRAMME, path, read, expected)


def _always_asked(item: Item) -> Iterator[Item]:
    if not item.enable_when:
        yield item
        for child in item.items:
            yield from _always_asked(child)


def _size(value: object) -> timedelta | None:
    """A whole number, a period or a time of day, to be compared with others of its kind."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return timedelta(microseconds=value)
    if re.fullmatch("[0-9]{2}:[0-9]{2}", value):
        return timedelta(hours=int(value[:2]), minutes=int(value[3:]))
    try:
        return Period.parse(value).length
    except ValueError:
        return None
