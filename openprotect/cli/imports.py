"""`openprotect import`: what other bodies send is brought in."""

import click

from openprotect.cli.lists import people_list
from openprotect.cli.records import records


@click.group(name="import")
def imports() -> None:
    """Bring in a list or records."""


imports.add_command(people_list)
imports.add_command(records)
