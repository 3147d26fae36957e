"""A process that dies in the middle of writing files, as by `kill -9`, at a step that a test chooses."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


class Steps:
    """How often a file was put in place or flushed to the disk so far; in place of step `at` the process dies."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0

    def watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                os.kill(os.getpid(), 9)
            return real(*given, **named)

        return called


def die_at(step: int) -> Steps:
    """This process dies in place of its `step`th `os.replace` or `os.fsync`; 0 is never."""
    steps = Steps(step)
    os.replace, os.fsync = steps.watched(os.replace), steps.watched(os.fsync)
    return steps
