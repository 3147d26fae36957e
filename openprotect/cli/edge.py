"""The edge of the command line: a refusal is a sentence and 2, a failure of ours is 1 and goes into a log."""

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from openprotect.cli.commands import openprotect
from openprotect.lib.errors import BadInput, Refusal

DONE, FAILED, REFUSED, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
SHOWN_FAULTS = 200
# A terminal that is closed sends SIGHUP.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    listen()
    sys.exit(run(openprotect, sys.argv[1:] if arguments is None else arguments))


def listen() -> None:
    """From here on a signal ends the process in good order."""
    for number in SIGNALS:
        # A shell starts what is in the background with SIGINT ignored, and it has to end all the same; nohup
        # ignores SIGHUP, and is meant.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> None:
    """As an exception, so that what was started is stopped; a second one must not interrupt that."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(TERMINATED)


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Runs a command and returns the exit code, having said on standard error what went wrong."""
    # What the shell handed over may be bytes; nothing that is written down or asked for is.
    if any("\udc80" <= letter <= "\udcff" for each in arguments for letter in each):
        say("What was given holds bytes that are no characters of UTF-8. Type it again.")
        return REFUSED
    try:
        result = command.main(args=list(arguments), prog_name="openprotect", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return REFUSED
    except BadInput as bad:
        more = len(bad.faults) - SHOWN_FAULTS
        say(*(str(fault) for fault in bad.faults[:SHOWN_FAULTS]))
        say(*([f"And {more:,} more like these."] if more > 0 else []), str(bad))
        return REFUSED
    except Refusal as refusal:
        say(str(refusal))
        return REFUSED
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; nothing more can be said, and that is no failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as failure:
        say(f"OpenProtect failed: {type(failure).__name__}. What happened is written in {_keep_traceback()}.")
        return FAILED
    # Not in standalone mode click returns what `ctx.exit` was given, as after --help.
    return result if isinstance(result, int) else DONE


def say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)


def _keep_traceback() -> Path:
    """In a file of the user's own, because a traceback may quote what was read."""
    handle, name = tempfile.mkstemp(prefix="openprotect-failure-", suffix=".log")
    with open(handle, "w") as log:
        traceback.print_exc(file=log)
    return Path(name)
