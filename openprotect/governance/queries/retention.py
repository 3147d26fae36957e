"""What was disposed of, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Sum

from openprotect.governance.models import Disposal
from openprotect.governance.scope import Scope, require


@dataclass(frozen=True)
class Disposed:
    """How many rows of a table went on the last day that any did, and ever."""

    table: str
    last: datetime
    ever: int


def last_disposal(*, scope: Scope) -> Disposal | None:
    """The line that says when disposal was last done."""
    require(scope)
    return Disposal.objects.filter(table="").order_by("-id").first()


def disposals(*, scope: Scope) -> dict[str, Disposed]:
    """What went so far, by table. Needs `see.retention`."""
    require(scope)
    rows = Disposal.objects.exclude(table="").values("table").annotate(last=Max("at"), ever=Sum("rows"))
    return {row["table"]: Disposed(row["table"], row["last"], row["ever"]) for row in rows}
