"""`openprotect role`: bring in roles from a file, and list them."""

from pathlib import Path

import click

from openprotect.governance import shipped_roles


@click.group()
def role() -> None:
    """Bring in roles, and list them."""


@role.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
def load(file: Path | None) -> None:
    """Define the roles of FILE, or those that ship. A role of the same name holds what the file says from then on."""
    roles = shipped_roles.read(file or shipped_roles.SHIPPED)
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import actions, clock, scope

        now = clock.now()
        by = scope.system("command line", now=now)
        with scope.enter(by):
            for each in roles:
                actions.define_role(name=each.name, label=each.label, permissions=each.permissions, by=by, now=now)
    click.echo(f"{len(roles)} roles are defined: {', '.join(each.name for each in roles)}")


@role.command(name="list")
def list_() -> None:
    """Each role, what it is called and what it holds, one a line."""
    from openprotect.cli.session import ready

    with ready():
        from openprotect.governance import queries

        for each in queries.roles():
            click.echo(f"{each.name}\t{each.label}\t{', '.join(each.permissions)}")
