"""Days that are given to a command."""

from datetime import datetime

import click

from openprotect.lib.dates import EARLIEST, LATEST


class Day(click.DateTime):
    """A day of the calendar, not so early or late that no window could be counted from it."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        found: datetime = super().convert(value, param, ctx)
        if not EARLIEST <= found.date() <= LATEST:
            self.fail(f"read '{value}', expected a day from {EARLIEST} to {LATEST}", param, ctx)
        return found
