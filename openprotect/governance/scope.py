"""Who is asking, and what PostgreSQL lets them see.

A scope is made once per request, job or command and entered once: `enter` opens the
transaction and tells the database who is asking; the row-level security policies
(`row_security.py`) read nothing else. Settings are local to the transaction, because a
session-level one leaks to the next user of a pooled connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

Identity = Literal["staff", "person", "partner", "system", "nobody"]
SIGN_IN = "sign-in"


@dataclass(frozen=True)
class Scope:
    """Who acts (`by`) and what they may see (`scope`), at one moment of the service clock.

    `organisations` are the ids of the organisations this actor works for now;
    `permissions` the names behind their role; `person` and `referral` the one record that a
    personal or partner link opens. `membership` is the one that a member of staff acts under,
    `basis` the legal basis that a job says it rests on. `emergency` is the one person outside their
    organisations whose record a member of staff has open in an emergency, where the page is about
    that person: it widens nothing by itself, the table of emergency accesses does. `now` is aware
    and in UTC.
    """

    identity: Identity
    actor: str
    now: datetime
    organisations: tuple[int, ...] = ()
    permissions: frozenset[str] = frozenset()
    person: UUID | None = None
    referral: UUID | None = None
    role: str = ""
    organisation: int | None = None
    membership: int | None = None
    basis: int | None = None
    emergency: UUID | None = None

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission; the system actor holds them all."""
        return self.identity == "system" or permission in self.permissions


class ScopeNotEntered(RuntimeError):
    """A query or action ran outside the scope it was given: a fault of ours, never the user's."""


_entered: ContextVar[Scope | None] = ContextVar("entered_scope", default=None)


def system(name: str, *, now: datetime) -> Scope:
    """The scope of a named system actor, such as `worker` or `flow`."""
    return Scope(identity="system", actor=f"system:{name}", now=now)


def nobody(*, now: datetime) -> Scope:
    """The scope of somebody who has not been proven to be anybody: sees no rows."""
    return Scope(identity="nobody", actor="nobody", now=now)


def signing_in(*, now: datetime) -> Scope:
    """Nobody, in the pages that find out who somebody is: the only ones that may read secrets of accounts."""
    return Scope(identity="nobody", actor=SIGN_IN, now=now)


def entered() -> Scope | None:
    """The scope this thread is in, if any."""
    return _entered.get()


def require(scope: Scope) -> None:
    """Refuse to run a query under another scope than the one it was given.

    Raises ScopeNotEntered.
    """
    if _entered.get() != scope:
        raise ScopeNotEntered(f"{scope.actor} is not the scope that was entered")


@contextmanager
def enter(scope: Scope, *, to_the_end: bool = False) -> Iterator[Scope]:
    """Run the block in one transaction as `scope`.

    Inside another scope the block belongs to the same transaction, and the outer scope is
    restored afterwards: this is how what follows from a person's answer is written by the
    system actor together with the answer. `to_the_end` says that nothing of the outer scope comes
    after this block, so that the database need not be told again.
    """
    outer = _entered.get()
    if outer == scope:
        yield scope
        return
    with transaction.atomic() if outer is None else nullcontext():
        _tell_database(scope)
        token = _entered.set(scope)
        try:
            yield scope
        finally:
            _entered.reset(token)
            if outer is not None and not to_the_end and not _broken():
                _tell_database(outer)


def _broken() -> bool:
    status = connection.connection.info.transaction_status
    return status in (TransactionStatus.INERROR, TransactionStatus.UNKNOWN)


def at(scope: Scope, now: datetime) -> Scope:
    """The same actor at another moment."""
    return replace(scope, now=now)


def _tell_database(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('openprotect.identity', %s, true),"
            " set_config('openprotect.actor', %s, true),"
            " set_config('openprotect.organisations', %s, true),"
            " set_config('openprotect.permissions', %s, true),"
            " set_config('openprotect.person', %s, true),"
            " set_config('openprotect.referral', %s, true),"
            " set_config('openprotect.role', %s, true),"
            " set_config('openprotect.organisation', %s, true),"
            " set_config('openprotect.membership', %s, true),"
            " set_config('openprotect.basis', %s, true),"
            " set_config('openprotect.emergency', %s, true),"
            " set_config('openprotect.now', %s, true)",
            [
                scope.identity,
                scope.actor,
                "{" + ",".join(str(o) for o in scope.organisations) + "}",
                "{" + ",".join(sorted(scope.permissions)) + "}",
                str(scope.person or ""),
                str(scope.referral or ""),
                scope.role,
                str(scope.organisation or ""),
                str(scope.membership or ""),
                str(scope.basis or ""),
                str(scope.emergency or ""),
                scope.now.isoformat(),
            ],
        )
