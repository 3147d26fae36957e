"""3-check-in.json: a FHIR R4 Questionnaire, in the stated subset.

Types: group, display, boolean, decimal, integer, date, time, dateTime, string, text, url, choice,
open-choice. Read besides: required, repeats, answerOption, initial, maxLength, enableWhen with
enableBehavior, nested groups, and the extensions named below. A top-level group is a page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node

HL7 = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION = HL7 + "translation"
MIN_VALUE, MAX_VALUE = HL7 + "minValue", HL7 + "maxValue"
OPTION_EXCLUSIVE = HL7 + "questionnaire-optionExclusive"
ITEM_CONTROL = HL7 + "questionnaire-itemControl"
# Ours: an option that shows the 999 page at once, and a question put only to the person alone.
EMERGENCY = "urn:openprotect:emergency"
PRIVATE = "urn:openprotect:private"

TYPES = (
    "group", "display", "boolean", "decimal", "integer", "date", "time", "dateTime", "string",
    "text", "url", "choice", "open-choice",
)  # fmt: skip
CHOICES = ("choice", "open-choice")
OPERATORS = ("exists", "=", "!=", ">", "<", ">=", "<=")
# How answer[x] of enableWhen, valueX of answerOption and of initial are written.
_PLAIN = ("Boolean", "Decimal", "Integer", "Date", "DateTime", "Time", "String", "Uri")


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen. `code` is what is stored."""

    code: str
    display: str
    emergency: bool = False
    exclusive: bool = False  # "none of these": chosen alone
    translations: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        return self.translations.get(language, self.display)


@dataclass(frozen=True)
class EnableWhen:
    """A condition under which an item is asked."""

    question: str
    operator: str
    answer: Any


@dataclass(frozen=True)
class Item:
    """A question, a group of items, or a text to read. `help` is a hint below a question."""

    link_id: str
    text: str
    type: str
    required: bool = False
    repeats: bool = False
    options: tuple[Option, ...] = ()
    enable_when: tuple[EnableWhen, ...] = ()
    enable_behavior: Literal["any", "all"] = "all"
    items: "tuple[Item, ...]" = ()
    help: str = ""
    private: bool = False
    max_length: int | None = None
    min_value: float | str | None = None
    max_value: float | str | None = None
    initial: Any = None
    translations: Mapping[str, str] = field(default_factory=dict)
    help_translations: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_question(self) -> bool:
        return self.type not in ("group", "display")

    def in_language(self, language: str) -> str:
        return self.translations.get(language, self.text)

    def help_in(self, language: str) -> str:
        return self.help_translations.get(language, self.help)

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)

    def within(self) -> "Iterator[Item]":
        """This item and everything inside it, in the order of the questionnaire."""
        yield self
        for item in self.items:
            yield from item.within()


@dataclass(frozen=True)
class Page:
    """What is asked on one page. `group` is the top-level item it was made from."""

    id: str
    title: str
    items: tuple[Item, ...]
    group: Item

    def title_in(self, language: str) -> str:
        return self.group.in_language(language) if self.title else ""


@dataclass(frozen=True)
class Questionnaire:
    """The check-in as pages of questions. `raw` is the FHIR resource as it stands in the pack."""

    raw: Mapping[str, Any]
    pages: tuple[Page, ...]
    title: str
    language: str
    languages: tuple[str, ...]  # its own first, then every one it is translated into

    def items(self) -> Iterator[Item]:
        """Every item, groups and texts too, in order."""
        for page in self.pages:
            yield from page.group.within()

    def questions(self) -> Iterator[Item]:
        """Every question, in order."""
        return (item for item in self.items() if item.is_question)

    def item(self, link_id: str) -> Item | None:
        return next((item for item in self.items() if item.link_id == link_id), None)


def parse_questionnaire(document: Node, file: str, faults: list[Fault]) -> Questionnaire:
    """The questionnaire in a document that has the shape of its schema."""
    parser = _Parser(file, faults)
    groups = [parser.item(node, inside_private=False) for node in _items(document)]
    raw = document.value
    own = raw.get("language", "en")
    return Questionnaire(
        raw=raw,
        pages=tuple(
            Page(group.link_id, group.text, group.items, group)
            if group.type == "group"
            else Page(group.link_id, "", (group,), group)
            for group in groups
        ),
        title=raw.get("title", ""),
        language=own,
        languages=(own, *sorted(parser.languages - {own})),
    )


def _items(node: Node) -> tuple[Node, ...]:
    return tuple(node["item"]) if "item" in node else ()


class _Parser:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.lines: dict[str, int] = {}
        self.languages: set[str] = set()

    def fault(self, line: int, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, f"line {line}", "", read, expected))

    def item(self, node: Node, *, inside_private: bool) -> Item:
        raw = node.value
        link_id, kind = raw["linkId"], raw["type"]
        line = node["linkId"].line
        if link_id in self.lines:
            expected = f"each linkId once: it stands on line {self.lines[link_id]} too"
            self.fault(line, link_id, expected)
        self.lines.setdefault(link_id, line)
        if kind not in TYPES:
            self.fault(node["type"].line, kind, f"one of the types we ask in: {', '.join(TYPES)}")
        if "answerValueSet" in node:
            expected = "the answers as answerOption: a value set elsewhere is not looked up"
            self.fault(node["answerValueSet"].line, raw["answerValueSet"], expected)
        elif (kind in CHOICES) != bool(raw.get("answerOption")):
            expected = "answerOption for choice and open-choice, and for no other type"
            self.fault(line, f"{link_id}, {kind}", expected)
        if raw.get("repeats") and kind not in CHOICES:
            expected = "repeats for choice and open-choice only: ask again in a question of its own"
            self.fault(node["repeats"].line, f"{link_id}, {kind}", expected)
        extensions = _extensions(raw)
        private = bool(extensions.get(PRIVATE)) or inside_private
        nodes = _items(node)
        hints = [one for one in nodes if _is_help(one.value)]
        for hint in hints:
            self.lines[hint["linkId"].value] = hint["linkId"].line
        return Item(
            link_id=link_id,
            text=raw.get("text", ""),
            type=kind,
            required=raw.get("required", False),
            repeats=raw.get("repeats", False),
            options=self.options(node),
            enable_when=tuple(self.condition(one, link_id) for one in node.get("enableWhen") or ()),
            enable_behavior=raw.get("enableBehavior", "all"),
            items=tuple(self.item(one, inside_private=private) for one in nodes if one not in hints),
            help=" ".join(hint["text"].value for hint in hints),
            private=private,
            max_length=raw.get("maxLength"),
            min_value=extensions.get(MIN_VALUE),
            max_value=extensions.get(MAX_VALUE),
            initial=self.initial(node),
            translations=self.translations(raw.get("_text")),
            help_translations=self.translations(hints[0].value.get("_text")) if hints else {},
        )

    def options(self, node: Node) -> tuple[Option, ...]:
        options: list[Option] = []
        for entry in node.get("answerOption") or ():
            raw = entry.value
            coding = raw.get("valueCoding") or {}
            code = coding.get("code") or _plain(raw, "value")
            if code is None:
                self.fault(entry.line, "an option", "valueCoding with a code, valueString or valueInteger")
                continue
            code = str(code)
            if code in {option.code for option in options}:
                self.fault(entry.line, code, "each option's code once in its question")
            extensions = _extensions(raw)
            options.append(
                Option(
                    code,
                    coding.get("display") or code,
                    bool(extensions.get(EMERGENCY)),
                    bool(extensions.get(OPTION_EXCLUSIVE)),
                    self.translations(coding.get("_display") or raw.get("_valueString")),
                )
            )
        return tuple(options)

    def condition(self, node: Node, link_id: str) -> EnableWhen:
        raw = node.value
        if raw["question"] not in self.lines or raw["question"] == link_id:
            expected = f"the linkId of a question before {link_id}, on which it depends"
            self.fault(node["question"].line, raw["question"], expected)
        coding = raw.get("answerCoding")
        answer = coding.get("code") if coding else _plain(raw, "answer")
        if answer is None:
            self.fault(node.line, raw["question"], "an answer: answerCoding, answerBoolean, ...")
        if raw["operator"] == "exists" and not isinstance(answer, bool):
            self.fault(node.line, str(answer), "answerBoolean with the operator exists")
        return EnableWhen(raw["question"], raw["operator"], answer)

    def initial(self, node: Node) -> Any:
        raw = node.value
        chosen = [option for option in raw.get("answerOption", ()) if option.get("initialSelected")]
        values = [
            (one.get("valueCoding") or {}).get("code") or _plain(one, "value")
            for one in [*raw.get("initial", ()), *chosen]
        ]
        if raw.get("repeats") and raw["type"] in CHOICES:
            return values or None
        return values[0] if values else None

    def translations(self, primitive: Mapping[str, Any] | None) -> dict[str, str]:
        found = {}
        for extension in (primitive or {}).get("extension", ()):
            if extension.get("url") == TRANSLATION:
                parts = {part["url"]: _plain(part, "value") for part in extension.get("extension", ())}
                language = parts.get("lang")
                if isinstance(language, str) and isinstance(parts.get("content"), str):
                    found[language] = parts["content"]
        self.languages.update(found)
        return found


def _plain(raw: Mapping[str, Any], prefix: str) -> Any:
    for kind in (*_PLAIN, "Code", "Markdown"):
        if prefix + kind in raw:
            return raw[prefix + kind]
    return None


def _extensions(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {one["url"]: _plain(one, "value") for one in raw.get("extension", ()) if "url" in one}


def _is_help(raw: Mapping[str, Any]) -> bool:
    """Whether an item is the hint of the question around it (item control `help`)."""
    return raw["type"] == "display" and any(
        coding.get("code") == "help"
        for extension in raw.get("extension", ())
        if extension.get("url") == ITEM_CONTROL
        for coding in extension.get("valueCodeableConcept", {}).get("coding", ())
    )
