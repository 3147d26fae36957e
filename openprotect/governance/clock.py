"""The one service clock: code and policies read the same `now`.

In life it is the real time. A demo's clock is set while days are lived and then runs on from
where it stood; the row it stands in can be written in a demo's database alone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from openprotect.governance.models import ServiceClock
from openprotect.governance.scope import enter, system


def now() -> datetime:
    """The service's time, aware, in UTC."""
    real = datetime.now(UTC)
    if settings.MODE == "live":
        return real
    with connection.cursor() as cursor:
        cursor.execute("SELECT service_at, real_at, running FROM governance_serviceclock")
        row = cursor.fetchone()
    if row is None:
        return real
    service_at, real_at, running = row
    return service_at + (real - real_at) if running else service_at


def set_clock(service_at: datetime, *, running: bool) -> None:
    """Set a demo's clock. In any other database the policy of its table refuses."""
    with enter(system("clock", now=service_at)):
        ServiceClock.objects.update_or_create(
            id=1,
            defaults={"service_at": service_at, "real_at": datetime.now(UTC), "running": running},
        )


def mark(moment: datetime) -> None:
    """Remember how far a demo's clock has come, so that it goes on from there when started again."""
    if settings.MODE == "live":
        return
    with enter(system("clock", now=moment)):
        ServiceClock.objects.filter(id=1, running=True).update(service_at=moment, real_at=datetime.now(UTC))


def stood_at() -> datetime:
    """Where a demo's clock was last marked, however long ago that is in real time."""
    return ServiceClock.objects.values_list("service_at", flat=True).get(id=1)
