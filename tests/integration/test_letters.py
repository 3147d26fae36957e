"""A letter that no font can set is refused alone: every other message of its batch leaves."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from openprotect.interop.letters import pdf
from openprotect.interop.outbox.provider import Outbox
from openprotect.journey.contact.ports import OutgoingMessage

UNKNOWN_GLYPH = "\u0378"  # not assigned in Unicode: no font has it


def message(channel: str, name: str) -> OutgoingMessage:
    return OutgoingMessage(
        reference=uuid4(),
        channel=channel,
        to=f"{name}\n1 High Street\nZM1 1AA",
        subject="How are you?",
        body=f"Dear {name}\n\nPlease ring us.",
        person=None,
        language="en",
        at=datetime(2020, 4, 1, 9, tzinfo=UTC),
    )


@pytest.mark.django_db
def test_one_letter_that_cannot_be_set_keeps_no_other_message(tmp_path: Path) -> None:
    text, letter, refused = message("sms", "Joan"), message("letter", "Joan"), message("letter", UNKNOWN_GLYPH)
    outbox = Outbox(folder=tmp_path, banner="Synthetic: not for care", sender="OpenProtect")
    assert outbox.send([refused, text, letter]) == {text.reference, letter.reference}
    assert [path.name for path in tmp_path.iterdir()] == [f"{letter.reference}.pdf"]


def test_what_no_font_has_is_said() -> None:
    with pytest.raises(pdf.CannotBeSet):
        pdf.render(message("letter", UNKNOWN_GLYPH), banner="", sender="OpenProtect")
