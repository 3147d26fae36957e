"""Letters as PDF: tagged (PDF/UA-1), in large print for those who need it, made by Typst."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import typst

from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.london import today

TEMPLATE = Path(__file__).with_name("letter.typ")


class CannotBeSet(Exception):
    """No font here has a character that this letter needs."""


@cache
def _compiler(system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(TEMPLATE, ignore_system_fonts=not system_fonts)


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
    for system_fonts in (False, True):
        try:
            pages = _compiler(system_fonts).compile(format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs)
        except typst.TypstError as error:
            refused = error
            continue
        if isinstance(pages, bytes):
            return pages
    raise CannotBeSet(str(message.reference)) from refused
