"""The jobs of the queue. Each loads ids and makes one call.

A job is a doorbell: what is owed stands in a row, and the sweeper finds it where no bell rang.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from procrastinate.contrib.django import app

from openprotect.governance import clock
from openprotect.jobs import explaining, exports, retention, sending


@app.task(name="send_referral_link", queue="default")
def send_referral_link(referral: str) -> None:
    """Send a partner the link to a referral at once."""
    sending.send_referral_link(referral=UUID(referral), now=clock.now())


@app.task(name="make_export", queue="default")
def make_export(export: str) -> None:
    """Make a file that somebody asked for at once."""
    exports.make(export=UUID(export), now=clock.now())


@app.task(name="answer_why", queue="default")
def answer_why(question: str) -> None:
    """Read the records for somebody who asked, at once."""
    explaining.answer(question=UUID(question), now=clock.now())


@app.task(name="remove_letters", queue="default")
def remove_letters(letters: list[str]) -> None:
    """Remove letters to somebody whose record was erased."""
    retention.remove_letters([UUID(each) for each in letters])


DEFERRED: Mapping[str, Callable[..., object]] = {
    "send_referral_link": send_referral_link.defer,
    "make_export": make_export.defer,
    "answer_why": answer_why.defer,
    "remove_letters": remove_letters.defer,
}
