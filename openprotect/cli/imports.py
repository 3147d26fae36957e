"""`openprotect import`: what other bodies send is brought in."""

import click

from openprotect.cli.lists import people_list
from openprotect.cli.organisation_extract import organisations
from openprotect.cli.records import records


@click.group(name="import")
def imports() -> None:
    """Bring in a list, records or the national extract of organisations."""


imports.add_command(people_list)
imports.add_command(records)
imports.add_command(organisations)
