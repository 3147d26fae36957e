"""Which adaptor fills which port. Start-up calls it; nobody else imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from openprotect.interop.outbox.provider import Outbox
from openprotect.jobs import explaining, tasks
from openprotect.journey import flow
from openprotect.journey.contact import ports
from openprotect.web.sign_in import recording

if TYPE_CHECKING:
    from openprotect.people.population import Population

BANNER = "Synthetic: not for care"


def connect() -> None:
    """Fill every port."""
    ports.connect(
        Outbox(
            folder=settings.DATA / "letters",
            banner="" if settings.MODE == "live" else BANNER,
            sender="OpenProtect",
        )
    )
    flow.connect_jobs(tasks.DEFERRED)
    explaining.connect(_records)
    recording.connect()


def _records() -> tuple[Population, ...]:
    """Where the records of everybody are: those that were imported, and in a demo its own."""
    from openprotect.people.population import Population

    imported = Population(settings.DATA / "population", key=settings.PSEUDONYM_KEY)
    return (imported,) if settings.MODE == "live" else (imported, Population(settings.DATA / "demo" / "population"))
