"""Steps that do not depend on each other: what one could not do keeps no other from being done."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from django.db import close_old_connections

Value = TypeVar("Value")
log = structlog.get_logger(__name__)


class Steps:
    """Runs steps one after the other and remembers what went wrong."""

    def __init__(self) -> None:
        self.failed: list[Exception] = []

    def run(self, name: str, step: Callable[[], Value]) -> Value | None:
        """What the step returns; None where it failed, which is logged once."""
        try:
            return step()
        except ExceptionGroup as several:  # of steps within this one, which have been logged
            self.failed.extend(several.exceptions)
        except Exception as failure:
            tell(name, failure)
            self.failed.append(failure)
            close_old_connections()  # the next one does not inherit a broken connection
        return None


@contextmanager
def independent() -> Iterator[Steps]:
    """Steps to be run; at the end raises all that went wrong, as one ExceptionGroup."""
    steps = Steps()
    yield steps
    if steps.failed:
        raise ExceptionGroup("not every step could be done", steps.failed)


def tell(step: str, failure: Exception) -> None:
    """Log where a step failed. Not its message, which may quote what somebody said."""
    where = "".join(traceback.format_tb(failure.__traceback__))
    log.error("step_failed", step=step, error=type(failure).__name__, where=where)
