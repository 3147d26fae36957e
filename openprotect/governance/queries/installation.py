"""What this database is."""

from __future__ import annotations

from openprotect.governance.models import Installation


def is_demo() -> bool:
    """Whether this database was marked as a demo when it was created."""
    return Installation.objects.filter(demo=True).exists()
