"""`openprotect synthesise`: the files of a population that nobody belongs to."""

import time
from datetime import datetime
from pathlib import Path

import click
from tqdm import tqdm

from openprotect.cli.edge import say

_PACK = Path(__file__).parents[2] / "packs" / "covid-protect" / "2026.1"


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--people", default=20_000, show_default=True, type=click.IntRange(min=1), help="Size of the population.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed makes the same files.")
@click.option("--start", default="2020-03-30", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option(
    "--pack",
    default=_PACK,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The version of a pack whose code lists are drawn from.  [default: covid-protect]",
)
def synthesise(out: Path, people: int, seed: int, start: datetime, pack: Path) -> None:
    """Write records, an organisation table and two versions of a shielded list into the folder OUT.

    Synthetic: not for care. The same people, seed and start give the same bytes.
    """
    from openprotect.demo.synthesise.population import synthesise as make

    began = time.monotonic()
    # Nothing is shown of what is over in two seconds.
    with tqdm(total=people, unit=" people", unit_scale=True, delay=2, leave=False) as bar:
        made = make(
            out, people=people, seed=seed, start=start.date(), codelists=pack / "codelists", progress=bar.update
        )
    say(
        f"{made.people:,} people, {made.at_risk:,} of them at high risk, {made.listed:,} on the list,"
        f" written to {out} in {time.monotonic() - began:.1f} s. Synthetic: not for care."
    )
