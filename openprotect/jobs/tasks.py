"""The jobs of the queue. Each loads ids and makes one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from procrastinate.contrib.django import app

from openprotect.governance import clock
from openprotect.governance.scope import system
from openprotect.jobs import sending
from openprotect.journey import flow
from openprotect.journey.act import actions as act


@app.task(name="send_referral_link", queue="default")
def send_referral_link(referral: str) -> None:
    """Send a partner the link to a referral."""
    now = clock.now()
    messages = flow.perform(act.send_referral_link, by=system("worker", now=now), now=now, referral=UUID(referral))
    sending.hand_over(messages)


DEFERRED: Mapping[str, Callable[..., object]] = {
    "send_referral_link": send_referral_link.defer,
}
