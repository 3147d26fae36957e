"""`openprotect demo`: a synthetic population, its days lived, then served."""

import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path

import click

from openprotect.cli.edge import say
from openprotect.cli.session import ready
from openprotect.config import database, environment


@click.command()
@click.option(
    "--people", default=20_000, show_default=True, type=click.IntRange(min=100), help="Size of the population."
)
@click.option("--days", default=21, show_default=True, type=click.IntRange(min=0), help="Days to live through.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed makes the same people and days.")
@click.option("--start", default="2020-03-30", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="On a throw-away database, and end when the days are lived.")
@click.option("--json", "as_json", is_flag=True, help="Print the day-by-day ledger as the last line.")
@click.option("--reset", is_flag=True, help="Forget the demo, so that the next one begins anew.")
def demo(
    people: int, days: int, seed: int, start: datetime, port: int, no_serve: bool, as_json: bool, reset: bool
) -> None:
    """Make a synthetic population, live its days, and serve it."""
    from openprotect.demo import serve

    if reset:
        forget()
        return
    os.environ.setdefault("OPENPROTECT_BASE_URL", f"http://{serve.HOST}:{port}")
    if not no_serve:
        serve.require_free(port)
    say("Starting the database. Synthetic: not for care.")
    with ready(demo=True, throwaway=no_serve):
        from openprotect.demo.life import live

        ledger = live(people=people, days=days, seed=seed, start=start.date())
        if as_json:
            click.echo(json.dumps(ledger, default=date.isoformat))
        if not no_serve:
            serve.serve(port=port, environ=os.environ, say=say)


def forget() -> None:
    """Removes the demo's database and files; a database that is not marked as a demo is left alone."""
    os.environ.setdefault("OPENPROTECT_MODE", "demo")
    settings = environment.read(os.environ, home=Path.home())
    with database.for_this_process() as urls:
        # The embedded one is never anything but a demo, even where its making was interrupted.
        if settings.urls is not None and database.exists(urls):
            database.require_demo(urls)
        database.drop(urls)
    shutil.rmtree(settings.data / "demo", ignore_errors=True)
    say("The demo is forgotten.")
