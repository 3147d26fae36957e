"""Every command, where it is, and what it does, so that help and checks need no database."""

from importlib import import_module
from typing import NamedTuple

import click


class Command(NamedTuple):
    target: str
    help: str


COMMANDS = {
    "demo": Command("openprotect.cli.demo:demo", "Make a synthetic population, live its days, and serve it."),
    "synthesise": Command("openprotect.cli.synthesise:synthesise", "Write the files of a synthetic population."),
    "import": Command("openprotect.cli.imports:imports", "Bring in a list, records or organisations."),
    "organisation": Command(
        "openprotect.cli.organisation:organisation", "Merge and close organisations, and say who could see whom."
    ),
    "cohort": Command("openprotect.cli.cohort:cohort", "Find who is in a programme, and say why."),
    "opt-outs": Command(
        "openprotect.cli.opt_outs:opt_outs", "Exchange NHS numbers with the national data opt-out service."
    ),
    "pack": Command("openprotect.cli.pack:pack", "Check and publish a programme's files."),
    "basis": Command("openprotect.cli.basis:basis", "State legal bases, and list them."),
    "role": Command("openprotect.cli.role:role", "Bring in roles, and list them."),
    "staff": Command("openprotect.cli.staff:staff", "Appoint people who work here, and let them sign in."),
    "database": Command("openprotect.cli.database:database", "Make and migrate the database."),
    "audit": Command("openprotect.cli.audit:audit", "Verify and export the sealed audit trail."),
    "hold": Command("openprotect.cli.hold:hold", "Say whether sending is on hold, and lift it."),
    "worker": Command("openprotect.cli.worker:worker", "Do the jobs and the timetable until stopped."),
}


class LazyGroup(click.Group):
    """Imports a command's module when the command is used, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openprotect")
def openprotect() -> None:
    """Find the people most at risk, reach every one of them, ask how they are, act, and learn."""
