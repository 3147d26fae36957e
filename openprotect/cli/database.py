"""`openprotect database`: make it, bring it up to date, say how it stands."""

import click

from openprotect.config import database as databases


@click.group()
def database() -> None:
    """Make and migrate the database."""


@database.command()
@click.option("--demo", is_flag=True, help="Mark it for good as a demo, for synthetic people only.")
def create(demo: bool) -> None:
    """Make the database that DATABASE_URL and DATABASE_OWNER_URL name, and its tables."""
    from openprotect.cli.session import ready

    with ready(demo=demo) as urls:
        click.echo(f"{urls.database} is ready{', for a demo' if databases.demo_mark(urls) else ''}.")


@database.command()
def migrate() -> None:
    """Bring the tables up to this version of OpenProtect, as their owner."""
    from openprotect.cli.session import ready

    with ready() as urls:
        databases.migrate(urls)
        click.echo(f"{urls.database} is up to date.")


@database.command()
def status() -> None:
    """Say where the database is, whether it is up to date, and whether it is a demo."""
    from openprotect.cli.session import ready

    with ready(change=False) as urls:
        databases.check(urls)
        click.echo(f"database: {urls.database}")
        click.echo(f"up to date: {'no' if databases.is_behind(urls) else 'yes'}")
        click.echo(f"demo: {'yes' if databases.demo_mark(urls) else 'no'}")
