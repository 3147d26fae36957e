"""What becomes of what rests on a legal basis when it ends, in the words of its page."""

from __future__ import annotations

from collections.abc import Mapping

from openprotect.governance.facts.retention import RULES
from openprotect.governance.queries import BasisView
from openprotect.web.shown import shown_date

_KEPT = f"{RULES['health_record'].period} after the last entry"
_THEY = "rest on no other basis in force, have nothing open and no request unanswered, and are on no hold"
_LONGER = (
    "Then everything that rests on it goes on until the new last day, and a decision to delete is undone: decide anew."
)
MEANS: Mapping[str, str] = {
    "extend": "Of a basis that is approved this asks: the SIRO and the Caldicott guardian both approve it, and until they "
    "have, the old last day holds. What was asked before, and not approved, is dropped. " + _LONGER,
    "approve_extension": "With the second approval it ends on the later day. " + _LONGER,
    "replace": "When this one ends, access goes on under the other one from the same second.",
    "end": "At that second what rests on it alone stops, and what is open is handed over. Records stay for "
    f"{_KEPT}, unless it is decided below to delete them: decide first, since afterwards nothing can be.",
    "stop_and_delete": "At its end what rests on it alone stops, and what is open is handed over. From the day that "
    f"you give, people who rested on it are erased once they {_THEY}: their record goes as a whole, and the audit "
    f"trail keeps that it went. Without a day, records stay for {_KEPT}. The files of records in the data folder, "
    "from which people were found, are not touched: remove them by hand.",
    "archive_on_hold": "A legal hold begins now: nothing of anybody who rests or rested on it is deleted until "
    "somebody lifts it. At its end what rests on it alone stops, and nobody sees the records by it any more.",
}


def decided(view: BasisView) -> str:
    """What happens at its end, by the last decision; empty where it has no end and nothing is decided."""
    last = next((change for change in reversed(view.changes) if change.what in _DECISIONS), None)
    what = last.what if last else ""
    if what == "stop_and_delete" and last is not None and last.delete_on is not None:
        return f"{_STOPS}. From {shown_date(last.delete_on)}, people are erased once they {_THEY}"
    if what == "archive_on_hold":
        return f"{_STOPS}. A legal hold keeps the records until it is lifted"
    if view.basis.replaced_by is not None:
        return f"Access goes on under {view.basis.replaced_by.title}"
    if view.basis.ends_at is None and what != "stop_and_delete":
        return ""
    return f"{'' if what == 'stop_and_delete' else 'Nothing is decided. '}{_STOPS}. Records stay for {_KEPT}"


_STOPS = "What rests on it alone stops"
_DECISIONS = ("extend", "replace", "stop_and_delete", "archive_on_hold")
