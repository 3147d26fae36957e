"""Writes commands.md from the commands themselves: `python docs/reference/generate_commands.py`."""

from collections.abc import Iterator
from pathlib import Path

import click

from openprotect.cli.commands import openprotect

PAGE = Path(__file__).with_name("commands.md")
INTRODUCTION = """# The openprotect command

Made from the commands in `openprotect/cli`; do not edit it here.

Exit codes: 0 done; 2 refused, with a sentence for each fault on standard error, and nothing changed;
1 a failure of ours, written to a log whose name is said; 130 and 143 interrupted and terminated.
Figures go to standard output, notes to standard error.
"""


def page() -> str:
    """The reference page as it should stand."""
    context = click.Context(openprotect, info_name="openprotect")
    return "\n".join([INTRODUCTION, *_commands(context)])


def _commands(context: click.Context) -> Iterator[str]:
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(click.Context(inner, info_name=name, parent=context))
        return
    arguments = [param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)]
    yield f"## {' '.join([context.command_path, *arguments])}"
    yield ""
    yield "\n".join(line.strip() for line in (command.help or "").strip().splitlines())
    yield ""
    options = [param for param in command.params if isinstance(param, click.Option)]
    if options:
        yield "| option | what it says |"
        yield "|---|---|"
        for option in options:
            names, what = option.get_help_record(context) or ("", "")
            # A bar would end the cell.
            yield f"| `{names.replace('|', ' or ')}` | {' '.join(what.split())} |"
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
