"""The demo in the place of the national data opt-out service: it answers what is sent."""

from __future__ import annotations

import hashlib
from datetime import datetime

from openprotect.governance.scope import enter, system
from openprotect.journey import flow
from openprotect.people import opt_outs
from openprotect.people.facts import Exchanged, NumberList
from openprotect.people.population import Population

# Of a thousand people, how many opted out: in England 5.4% had in 2024 (NHS England, National Data Opt-out).
OPTED_OUT = 54


def exchange(population: Population, *, now: datetime, of_a_thousand: int = OPTED_OUT) -> Exchanged:
    """Send the numbers of everybody and take in the answer. The same people opt out every time."""
    by = system("demo", now=now)
    with enter(by):
        numbers = opt_outs.numbers_held(scope=by) | population.nhs_numbers()
        content = flow.perform(opt_outs.send, by=by, now=now, numbers=numbers)
        sent = _list("sent.txt", content)
        cleaned = _list("cleaned.txt", "".join(f"{n}\n" for n in sent.lines if _of(n) >= of_a_thousand).encode())
        return flow.perform(opt_outs.receive, by=by, now=now, sent=sent, cleaned=cleaned)


def _of(number: str) -> int:
    return int(hashlib.sha256(number.encode()).hexdigest()[:12], 16) % 1000


def _list(name: str, content: bytes) -> NumberList:
    lines = {number: at for at, number in enumerate(content.decode().split(), start=1)}
    return NumberList(name, hashlib.sha256(content).hexdigest(), lines)
