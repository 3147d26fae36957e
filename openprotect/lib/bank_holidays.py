"""The bank holidays of England and Wales, from `bank_holidays.toml`."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path


@cache
def bank_holidays() -> frozenset[date]:
    """Every one that is known. In a year that is not, only weekends are left out: a limit ends too early, never late."""
    years = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, days in years.items() for day in days)
