"""Letters as PDF: tagged (PDF/UA-1), in large print for those who need it, made by Typst."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import typst

from openprotect.journey.contact.ports import OutgoingMessage
from openprotect.lib.london import today

TEMPLATE = Path(__file__).with_name("letter.typ")


@cache
def _compiler() -> typst.Compiler:
    # Typst's own fonts, so that a letter is the same page on every machine.
    return typst.Compiler(TEMPLATE, ignore_system_fonts=True)


def render(message: OutgoingMessage, *, banner: str, sender: str) -> bytes:
    """The letter as a PDF; `banner` stands at the head of each page (empty in life)."""
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
    compiled = _compiler().compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"letter": json.dumps(letter)})
    if not isinstance(compiled, bytes):
        raise TypeError("Typst made no single file")
    return compiled
