"""How long each table is kept, from `retention.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).parents[1] / "retention.toml"


@dataclass(frozen=True)
class RetentionRule:
    """How long, counted from what, on which basis, and what happens then: erase, delete, cut or keep."""

    key: str
    title: str
    does: str
    counted_from: str
    basis: str
    source: str
    years: int = 0
    days: int = 0
    child_until_age: int = 0
    child_until_age_if_17: int = 0

    @property
    def period(self) -> str:
        """The period in words."""
        if self.does == "keep":
            return "kept"
        return f"{self.years} years" if self.years else f"{self.days} day{'' if self.days == 1 else 's'}"

    def before(self, now: datetime) -> datetime:
        """What is older than this has outlived the period; 29 February counts as the 28th."""
        if self.days:
            return now - timedelta(days=self.days)
        day = 28 if (now.month, now.day) == (2, 29) else now.day
        return now.replace(year=now.year - self.years, day=day)


def _rules() -> Mapping[str, RetentionRule]:
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))["rules"]
    return MappingProxyType(
        {key: RetentionRule(key=key, counted_from=rule.pop("from"), **rule) for key, rule in read.items()}
    )


RULES = _rules()
TABLES: Mapping[str, RetentionRule] = MappingProxyType({
    table: RULES[rule] for table, rule in tomllib.loads(_FILE.read_text(encoding="utf-8"))["tables"].items()
})  # fmt: skip
