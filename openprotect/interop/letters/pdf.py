"""Letters as PDF: tagged (PDF/UA-1), in large print for those who need it, made by Typst."""

from __future__ import annotations

import json
import threading
from functools import cached_property
from pathlib import Path

import typst

from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.london import today

TEMPLATE = Path(__file__).with_name("letter.typ")


class CannotBeSet(Exception):
    """No font here has a character that this letter needs."""


class _Compilers(threading.local):
    """A compiler serves one thread at a time."""

    @cached_property
    def own_fonts(self) -> typst.Compiler:
        return typst.Compiler(TEMPLATE, ignore_system_fonts=True)

    @cached_property
    def all_fonts(self) -> typst.Compiler:
        return typst.Compiler(TEMPLATE, ignore_system_fonts=False)


_compilers = _Compilers()


def render(message: OutgoingMessage, *, banner: str, sender: str) -> bytes:
    """The letter as a PDF; `banner` stands at the head of each page (empty in life).

    Raises CannotBeSet where no font has what the name or the text needs.
    """
    day = today(message.at)
    letter = {
        "address": message.to.split("\n"),
        "banner": banner,
        "date": f"{day.day} {day:%B %Y}",
        "from": sender,
        "language": message.language.split("-")[0],
        "large_print": message.large_print,
        "paragraphs": [p.splitlines() for p in message.body.split("\n\n") if p.strip()],
        "reference": str(message.reference),
        "subject": message.subject,
    }
    inputs = {"letter": json.dumps(letter)}
    # Typst's own fonts first, so that a letter is the same page on every machine; a name in a
    # script that they lack takes the machine's.
    for fonts in ("own_fonts", "all_fonts"):
        try:
            pages = getattr(_compilers, fonts).compile(format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs)
        except typst.TypstError as error:
            refused = error
            continue
        if isinstance(pages, bytes):
            return pages
    raise CannotBeSet(str(message.reference)) from refused
