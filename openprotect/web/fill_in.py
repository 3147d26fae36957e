"""Filling in a form of a page that is made already, whatever form it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

_TICKED = ("checkbox", "radio")
_LEFT = ("hidden", "submit", "button", "image", "reset", "file", "password")


def filled(html: str, *, action: str, here: str, fields: Sequence[tuple[str, str]]) -> str | None:
    """The page with the values in its form that is sent to `action`; None where it has no such form.

    A form that names no address is sent to `here`. What unfolds around it is open.
    """
    filler = _Filler(action, here, fields)
    filler.feed(html)
    filler.close()
    return "".join(filler.written) if filler.found else None


class _Filler(HTMLParser):
    def __init__(self, action: str, here: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.action, self.here = action, here
        self.values: dict[str, list[str]] = {}
        for name, value in fields:
            self.values.setdefault(name, []).append(value)
        self.written: list[str] = []
        self.found = self.inside = False
        self.select = self.textarea = ""
        self.details: list[int] = []  # where in `written` those begin that are not closed yet

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "details":
            self.details.append(len(self.written))
        elif tag == "form":
            self._form(given)
        elif self.inside and tag == "input" and name in self.values:
            given = self._input(given, name)
        elif self.inside and tag == "select":
            self.select = name
        elif self.inside and tag == "option" and self.select in self.values:
            given = self._marked(given, "selected", given.get("value") in self.values[self.select])
        if dict(attrs) != given:
            self.written.append(_tag(tag, given))
        else:
            self.written.append(self.get_starttag_text() or "")
        if self.inside and tag == "textarea" and name in self.values:
            self.textarea = name
            self.written.append(f"\n{escape(self.values[name][0])}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "details" and self.details:
            self.details.pop()
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._text(data)

    def handle_entityref(self, name: str) -> None:
        self._text(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._text(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.written.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.written.append(f"<!{decl}>")

    def _text(self, text: str) -> None:
        if not self.textarea:
            self.written.append(text)

    def _form(self, given: dict[str, str | None]) -> None:
        posts = (given.get("method") or "").lower() == "post"
        self.inside = posts and (given.get("action") or self.here) == self.action
        self.found = self.found or self.inside
        if self.inside:
            for start in self.details:
                self.written[start] = self.written[start].replace("<details", "<details open", 1)

    def _input(self, given: dict[str, str | None], name: str) -> dict[str, str | None]:
        kind = (given.get("type") or "text").lower()
        if kind in _TICKED:
            return self._marked(given, "checked", (given.get("value") or "on") in self.values[name])
        if kind in _LEFT:
            return given
        return {**given, "value": self.values[name][0]}

    def _marked(self, given: dict[str, str | None], mark: str, on: bool) -> dict[str, str | None]:
        without = {key: value for key, value in given.items() if key != mark}
        return {**without, mark: None} if on else without


def _tag(name: str, attributes: dict[str, str | None]) -> str:
    written = [key if value is None else f'{key}="{escape(value)}"' for key, value in attributes.items()]
    return f"<{' '.join([name, *written])}>"
