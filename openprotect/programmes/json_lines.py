"""Reads the JSON of a pack, keeping the line of every value."""

import json
import re
from bisect import bisect_right

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node, Scalar

DEEPEST = 60

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def read(text: str, file: str, faults: list[Fault]) -> Node | None:
    """The document in `text`; None, and one more fault, where it is no JSON or repeats a key.

    Never raises for anything that can stand in a file.
    """
    reader = _Reader(text)
    try:
        return reader.document()
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1 : error.lineno] or [""]
        where = f"line {error.lineno}"
        faults.append(Fault(file, where, "", line[0].strip()[:60], f"JSON: {error.msg}"))
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]

    def document(self) -> Node:
        node, at = self.node(self.space(0), 0)
        if at != len(self.text):
            raise self.wrong("nothing after the last bracket", at)
        return node

    def node(self, at: int, depth: int) -> tuple[Node, int]:
        """What begins at `at`, and the place after it and the space behind it."""
        if depth > DEEPEST:
            raise self.wrong(f"at most {DEEPEST} levels, one inside the other", at)
        line = bisect_right(self.starts, at)
        sign = self.text[at : at + 1]
        content: dict[str, Node] | tuple[Node, ...] | Scalar
        if sign == "{":
            content, at = self.mapping(at + 1, depth)
        elif sign == "[":
            content, at = self.sequence(at + 1, depth)
        elif sign == '"':
            content, at = self.string(at)
        elif number := _NUMBER.match(self.text, at):
            content, at = json.loads(number[0][:400]), number.end()
        else:
            word = next((word for word in _WORDS if self.text.startswith(word, at)), None)
            if word is None:
                raise self.wrong("a value: text in double quotes, a number, true or false", at)
            content, at = _WORDS[word], at + len(word)
        return Node(content, line), self.space(at)

    def string(self, at: int) -> tuple[str, int]:
        text, end = _DECODER.raw_decode(self.text, at)
        assert isinstance(text, str)
        return text, end

    def mapping(self, at: int, depth: int) -> tuple[dict[str, Node], int]:
        content: dict[str, Node] = {}
        at = self.space(at)
        while not self.text.startswith("}", at):
            start = at
            if not self.text.startswith('"', at):
                raise self.wrong("a key in double quotes (and no comma before '}')", at)
            key, at = self.string(at)
            if key in content:
                raise self.wrong(f"each key once: '{key}' is repeated; take one out", start)
            at = self.space(self.expect(":", self.space(at)))
            value, at = self.node(at, depth + 1)
            content[key] = Node(value.content, bisect_right(self.starts, start))
            at = self.next_entry("}", at)
        return content, at + 1

    def sequence(self, at: int, depth: int) -> tuple[tuple[Node, ...], int]:
        content = []
        at = self.space(at)
        while not self.text.startswith("]", at):
            value, at = self.node(at, depth + 1)
            content.append(value)
            at = self.next_entry("]", at)
        return tuple(content), at + 1

    def next_entry(self, end: str, at: int) -> int:
        if self.text.startswith(end, at):
            return at
        at = self.space(self.expect(",", at))
        if self.text.startswith(end, at):
            raise self.wrong(f"no comma before '{end}'", at)
        return at

    def expect(self, sign: str, at: int) -> int:
        if not self.text.startswith(sign, at):
            raise self.wrong(f"'{sign}' here", at)
        return at + 1

    def space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def wrong(self, message: str, at: int) -> json.JSONDecodeError:
        return json.JSONDecodeError(message, self.text, at)
