"""What may stand on a line: a name, a username, a title."""

from __future__ import annotations

from openprotect.governance.errors import DoesNotFit


def fits(what: str, text: str, most: int, *, empty: bool = False) -> None:
    """Raise DoesNotFit where a text is empty, too long, or holds what cannot be read on a line."""
    if (not text.strip() and not empty) or len(text) > most or not text.isprintable():
        raise DoesNotFit(what=what, length=f"{len(text):,}", most=most)
