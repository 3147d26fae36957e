"""Who plays the people of a demo: made alike in every process, before Django is needed."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openprotect.demo.living import Living

PACK = Path(__file__).parents[2] / "packs" / "covid-protect"


def living_of(*, seed: int, files: Path, start: date, share: int = 0, shares: int = 1) -> Living:
    """The behaviour of the people whose files these are.

    `truth.csv` says what is true of each, by NHS number or source id: only the demo knows it.
    """
    from openprotect.demo.living import Living
    from openprotect.programmes.loader import load_pack

    with (files / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["nhs_number"] or row["person_id"]: row for row in csv.DictReader(file)}
    return Living(seed=seed, pack=load_pack(PACK), truth=truth, start=start, share=share, shares=shares)
