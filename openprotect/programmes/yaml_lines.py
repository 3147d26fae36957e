"""Reads the YAML of a pack, keeping the line of every value.

A pack is signed by people, so this is a stricter YAML than YAML:
- a key may stand once in its mapping;
- no anchors, aliases or tags: what stands there is what is meant;
- only `true` and `false` are yes and no; `20:00`, `no`, `0123` and `2026-10-01` are text.
"""

import re

import yaml

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node, Scalar, line_of

__all__ = ["Node", "line_of", "read"]

# Far above any real pack; a file beyond them is a mistake or an attack.
LONGEST = 500_000
DEEPEST = 30

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


def read(text: str, file: str, faults: list[Fault]) -> Node | None:
    """The document in `text`; None, and at least one more fault, where there is none to use.

    Never raises for anything that can stand in a file.
    """
    if len(text) > LONGEST:
        expected = f"a file of at most {LONGEST:,} characters"
        faults.append(Fault(file, "", "", f"{len(text):,} characters", expected))
        return None
    before = len(faults)
    reader = _Reader(text, file, faults)
    try:
        node = reader.document()
    except yaml.MarkedYAMLError as error:
        # What is never closed is found at the end of the file; its beginning is what helps.
        unclosed = "end of stream" in (error.problem or "") and error.context_mark
        mark = unclosed or error.problem_mark
        line = mark.line + 1 if mark else 1
        faults.append(Fault(file, f"line {line}", "", _line(text, line), _advice(error, text, line)))
        return None
    except yaml.YAMLError as error:  # a character that no text file should hold
        faults.append(Fault(file, "", "", str(error).splitlines()[0], "plain text in UTF-8"))
        return None
    except _Refused:
        return None
    return node if len(faults) == before else None


class _Refused(Exception):
    """The fault is recorded; reading on would only repeat it."""


class _Reader:
    def __init__(self, text: str, file: str, faults: list[Fault]) -> None:
        self.events = yaml.parse(text, Loader=yaml.SafeLoader)
        self.file = file
        self.faults = faults

    def document(self) -> Node | None:
        event = self.next()
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            self.fault(event, "an empty file", "keys and values")
            return None
        node = self.node(event, depth=0)
        self.next()  # the end of the document
        if not isinstance(after := self.next(), yaml.StreamEndEvent):
            self.fault(after, "---", "one document in a file: take the '---' out")
        return node

    def next(self) -> yaml.Event:
        return next(self.events)

    def node(self, event: yaml.Event, depth: int) -> Node:
        line = _starts(event)
        if depth > DEEPEST:
            self.fault(event, f"more than {DEEPEST} levels", "fewer levels, one inside the other")
            raise _Refused
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            name = getattr(event, "anchor", "")
            self.fault(event, f"{sign}{name}", "no anchors or aliases: write the value out")
            raise _Refused
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self.fault(event, tag, "no tags: write the value alone")
            raise _Refused
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self.mapping(depth), line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self.sequence(depth), line)
        assert isinstance(event, yaml.ScalarEvent)
        return Node(_scalar(event), line)

    def mapping(self, depth: int) -> dict[str, Node]:
        content: dict[str, Node] = {}
        first: dict[str, int] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                self.fault(event, "a list or mapping as a key", "a single word as a key")
                raise _Refused
            value = self.node(self.next(), depth + 1)
            if event.value in content:
                self.fault(
                    event,
                    event.value,
                    f"each key once: it stands on line {first[event.value]} too; take one out",
                )
                continue
            first[event.value] = key.line
            content[event.value] = Node(value.content, key.line)
        return content

    def sequence(self, depth: int) -> tuple[Node, ...]:
        content = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            content.append(self.node(event, depth + 1))
        return tuple(content)

    def fault(self, event: yaml.Event, read: str, expected: str) -> None:
        self.faults.append(Fault(self.file, f"line {_starts(event)}", "", read, expected))


def _starts(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if event.style is not None:  # quoted, or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text


def _line(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1].strip()[:60] if 0 < line <= len(lines) else ""


def _advice(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    if 0 < line <= len(lines) and "\t" in lines[line - 1]:
        return "spaces, not tabs, at the start of a line"
    problem = error.problem or ""
    if "mapping values are not allowed" in problem:
        return "one 'key: value' on a line: put a text that holds a colon in quotes"
    if "expected <block end>" in problem:
        return "the same indentation as the lines around it"
    return f"YAML: {problem or 'it cannot be read here'}"
