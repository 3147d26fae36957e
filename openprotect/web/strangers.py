"""How many refusals of strangers are written down singly, so that nobody fills the audit trail from outside.

Kept in the memory of the process: what is counted is written with the next request of anybody after the minute,
and lost where the process ends before. Whoever is signed in, or ever was in this session, is never counted here.
"""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from pathlib import Path
from threading import Lock

from django.http import HttpRequest

from openprotect.governance.scope import Scope
from openprotect.web.identity import is_stranger

_FILE = Path(__file__).with_name("strangers.toml")
_MINUTE = 60
_OTHERS = "others"


class Strangers:
    """Counts refusals by address within a minute."""

    def __init__(self, *, events: int, addresses: int) -> None:
        self.events, self.addresses = events, addresses
        self._lock = Lock()
        self._minute = 0
        self._refused: Counter[str] = Counter()
        self._counted = 0
        self._due = 0

    def is_written(self, address: str, *, second: float) -> bool:
        """Whether the refusal of this address now is written down singly; if not, it has been counted."""
        with self._lock:
            self._turn(second)
            if address not in self._refused and len(self._refused) >= self.addresses:
                address = _OTHERS
            self._refused[address] += 1
            written = self._refused[address] <= self.events
            self._counted += not written
            return written

    def due(self, *, second: float) -> int:
        """How many of the minutes before were counted and are to be written down now, in one event."""
        with self._lock:
            if not (self._counted or self._due):
                return 0
            self._turn(second)
            due, self._due = self._due, 0
            return due

    def again(self, number: int) -> None:
        """What `due` gave could not be written: it is still due."""
        with self._lock:
            self._due += number

    def forget(self) -> None:
        """As after a start."""
        with self._lock:
            self._refused.clear()
            self._counted = self._due = 0

    def _turn(self, second: float) -> None:
        minute = int(second // _MINUTE)
        if minute != self._minute:
            self._due += self._counted
            self._minute, self._counted = minute, 0
            self._refused.clear()


def written_singly(request: HttpRequest, scope: Scope) -> bool:
    """Whether the refusal of whoever asks now is an event of its own; where it is not, it has been counted."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return not is_stranger(request, scope) or STRANGERS.is_written(address, second=time.monotonic())


STRANGERS = Strangers(**tomllib.loads(_FILE.read_text(encoding="utf-8")))
